-- From pg_temp.kgl_voorstel to register.kgl_wijziging.
UPDATE register.kgl_wijziging w SET status = 'achterhaald'
WHERE w.status = 'wacht' AND w.gemeentecode = ANY (%(gemeenten)s)
  AND (%(panden)s::text[] IS NULL OR w.pand = ANY (%(panden)s::text[]))
  AND NOT EXISTS (SELECT FROM pg_temp.kgl_voorstel v WHERE v.pand = w.pand AND v.voorstel = w.voorstel);

-- A proposal that waits already stays as it is, and what was rejected last is not proposed again as long as it is the same.
INSERT INTO register.kgl_wijziging (run, gemeentecode, pand, functie, soort, oude_categorie, nieuwe_categorie, oude_regel,
  nieuwe_regel, status, voorstel)
SELECT %(run)s, v.gemeentecode, v.pand, v.functie, v.soort, v.oude_categorie, v.nieuwe_categorie, v.oude_regel,
  v.nieuwe_regel, 'wacht', v.voorstel
FROM pg_temp.kgl_voorstel v
WHERE NOT EXISTS (SELECT FROM register.kgl_wijziging w WHERE w.pand = v.pand AND w.status = 'wacht')
  AND NOT EXISTS (
    SELECT FROM (
      SELECT status, voorstel FROM register.kgl_wijziging w
      WHERE w.pand = v.pand AND w.status IN ('goedgekeurd', 'afgewezen', 'gepubliceerd') ORDER BY nummer DESC LIMIT 1) AS l
    WHERE l.status = 'afgewezen' AND l.voorstel = v.voorstel)
ORDER BY v.gemeentecode, v.pand;
