-- What stands ready otherwise than it is established, in municipalities with an established version. What a municipality did
-- itself (a correction, or the end of one) is no proposal: it is published by an act of its own. A hash is made only where
-- there is something to compare, and that of the proposal only for who decides on it.
CREATE TEMPORARY TABLE kgl_voorstel ON COMMIT DROP AS
SELECT n.gemeentecode, n.pand, n.functie, 'herzien' AS soort, o.categorie AS oude_categorie,
  n.categorie AS nieuwe_categorie, o.regel AS oude_regel, n.regel AS nieuwe_regel,
  CASE WHEN n.gemeentecode = ANY (%(handmatig)s) THEN n.voorstel ELSE n.waarde_hash END AS voorstel
FROM register.kgl_voorstel n JOIN register.kgl_vastgesteld o ON o.pand = n.pand AND o.gemeentecode = n.gemeentecode
WHERE n.gemeentecode = ANY (%(gemeenten)s) AND (%(panden)s::text[] IS NULL OR n.pand = ANY (%(panden)s::text[]))
  AND n.waarde_hash <> o.waarde_hash AND n.gecorrigeerd = o.gecorrigeerd
UNION ALL
SELECT n.gemeentecode, n.pand, n.functie, 'toegevoegd', NULL, n.categorie, NULL, n.regel,
  CASE WHEN n.gemeentecode = ANY (%(handmatig)s) THEN n.voorstel ELSE md5(n.categorie || n.regel)::uuid END
FROM register.kgl_voorstel n
WHERE n.gemeentecode = ANY (%(gemeenten)s) AND (%(panden)s::text[] IS NULL OR n.pand = ANY (%(panden)s::text[]))
  AND NOT EXISTS (SELECT FROM register.kgl_vastgesteld o WHERE o.pand = n.pand AND o.gemeentecode = n.gemeentecode)
UNION ALL
SELECT o.gemeentecode, o.pand, o.functie, 'vervallen', o.categorie, NULL, o.regel, NULL, md5('vervallen')::uuid
FROM register.kgl_vastgesteld o
WHERE o.gemeentecode = ANY (%(gemeenten)s) AND (%(panden)s::text[] IS NULL OR o.pand = ANY (%(panden)s::text[]))
  AND NOT EXISTS (
    SELECT FROM register.kgl_label l JOIN register.pand p ON p.identificatie = l.pand
    WHERE l.pand = o.pand AND l.regelset = 'basisvulling' AND p.gemeentecode = o.gemeentecode);
DELETE FROM pg_temp.kgl_voorstel v USING register.kgl_concept c WHERE c.pand = v.pand;
ANALYZE pg_temp.kgl_voorstel;
