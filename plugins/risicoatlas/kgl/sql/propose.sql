-- From pg_temp.kgl_voorstel to register.kgl_wijziging. First what no longer holds: proposals that wait, and changes that no
-- publication took in yet (their notice waits for one).
UPDATE register.kgl_wijziging w SET status = 'achterhaald'
WHERE w.status = 'wacht' AND w.gemeentecode = ANY (%(gemeenten)s)
  AND (%(panden)s::text[] IS NULL OR w.pand = ANY (%(panden)s::text[]))
  AND NOT EXISTS (
    SELECT FROM pg_temp.kgl_voorstel v
    WHERE v.pand = w.pand AND v.voorstel = w.voorstel AND w.gemeentecode = ANY (%(handmatig)s));
UPDATE register.kgl_wijziging w SET status = 'achterhaald'
FROM register.kgl_bericht b
WHERE b.gereed_op IS NULL AND b.soort = 'gepubliceerd' AND w.run = b.run AND w.gemeentecode = b.gemeentecode
  AND w.status = 'overgenomen' AND (%(panden)s::text[] IS NULL OR w.pand = ANY (%(panden)s::text[]))
  AND NOT EXISTS (
    SELECT FROM pg_temp.kgl_voorstel v
    WHERE v.pand = w.pand AND v.voorstel = w.voorstel AND w.gemeentecode <> ALL (%(handmatig)s));
DELETE FROM register.kgl_bericht b
WHERE b.gereed_op IS NULL AND NOT EXISTS (
  SELECT FROM register.kgl_wijziging w
  WHERE w.run = b.run AND w.gemeentecode = b.gemeentecode AND w.status = 'overgenomen');

-- A change that stands there already stays as it is, and what was rejected last is not proposed again as long as it is the
-- same.
INSERT INTO register.kgl_wijziging (run, gemeentecode, pand, functie, soort, oude_categorie, nieuwe_categorie, oude_regel,
  nieuwe_regel, status, voorstel)
SELECT %(run)s, v.gemeentecode, v.pand, v.functie, v.soort, v.oude_categorie, v.nieuwe_categorie, v.oude_regel,
  v.nieuwe_regel, CASE WHEN v.gemeentecode = ANY (%(handmatig)s) THEN 'wacht' ELSE 'overgenomen' END, v.voorstel
FROM pg_temp.kgl_voorstel v
LEFT JOIN LATERAL (
  SELECT status, voorstel FROM register.kgl_wijziging w
  WHERE w.pand = v.pand AND w.gemeentecode = v.gemeentecode
    AND w.status IN ('wacht', 'overgenomen', 'goedgekeurd', 'afgewezen', 'gepubliceerd') ORDER BY nummer DESC LIMIT 1
) AS laatste ON true
WHERE laatste.status IS NULL
  OR NOT (laatste.voorstel = v.voorstel AND laatste.status = ANY (
    CASE WHEN v.gemeentecode = ANY (%(handmatig)s) THEN ARRAY['wacht', 'afgewezen'] ELSE ARRAY['overgenomen'] END))
ORDER BY v.gemeentecode, v.pand;
