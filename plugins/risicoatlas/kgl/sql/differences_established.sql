-- What stands ready otherwise than it is established, in municipalities with an established version. What a municipality did
-- itself (a correction, or the end of one) is no proposal: it is published by an act of its own.
CREATE TEMPORARY TABLE kgl_voorstel ON COMMIT DROP AS
SELECT coalesce(n.gemeentecode, o.gemeentecode) AS gemeentecode, coalesce(n.pand, o.pand) AS pand,
  coalesce(n.functie, o.functie) AS functie,
  CASE WHEN o.pand IS NULL THEN 'toegevoegd' WHEN n.pand IS NULL THEN 'vervallen' ELSE 'herzien' END AS soort,
  o.categorie AS oude_categorie, n.categorie AS nieuwe_categorie, o.regel AS oude_regel, n.regel AS nieuwe_regel,
  coalesce(n.voorstel, md5('vervallen')::uuid) AS voorstel
FROM (
  SELECT * FROM register.kgl_voorstel
  WHERE gemeentecode = ANY (%(gemeenten)s) AND (%(panden)s::text[] IS NULL OR pand = ANY (%(panden)s::text[]))) AS n
FULL JOIN (
  SELECT * FROM register.kgl_vastgesteld
  WHERE gemeentecode = ANY (%(gemeenten)s) AND (%(panden)s::text[] IS NULL OR pand = ANY (%(panden)s::text[]))) AS o
  USING (pand)
WHERE n.waarde_hash IS DISTINCT FROM o.waarde_hash
  AND (o.pand IS NULL OR n.pand IS NULL OR n.gecorrigeerd = o.gecorrigeerd)
  AND NOT EXISTS (SELECT FROM register.kgl_concept c WHERE c.pand = coalesce(n.pand, o.pand))
