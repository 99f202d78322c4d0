-- Where only some buildings are labelled: these, and of the others what distances and counts look at, so that they come out
-- as in a full run. The nearest building with the function decides the distance; where units are
-- counted (%(telt)s) the boxes within the radius of a hectare hold all that may count. Empty where all are labelled.
CREATE UNLOGGED TABLE bron.kgl_omgeving AS
SELECT identificatie AS pand FROM register.pand WHERE identificatie = ANY (%(panden)s::text[])
UNION
SELECT n.identificatie
FROM (
  SELECT DISTINCT p.identificatie, p.geometrie, functie
  FROM register.pand p
  JOIN register.verblijfsobject_pand vp ON vp.pand = p.identificatie
  JOIN register.verblijfsobject v ON v.identificatie = vp.verblijfsobject
  CROSS JOIN unnest(v.gebruiksdoelen) AS functie
  WHERE p.identificatie = ANY (%(panden)s::text[]) AND functie = ANY (%(afstand_functies)s::text[])) AS k
CROSS JOIN LATERAL (
  SELECT q.identificatie
  FROM register.pand q
  WHERE q.identificatie <> k.identificatie AND q.status = ANY (%(pand_levend)s)
    AND q.geometrie && ST_Expand(k.geometrie, %(zoekafstand_m)s)
    AND EXISTS (
      SELECT FROM register.verblijfsobject_pand vp JOIN register.verblijfsobject v ON v.identificatie = vp.verblijfsobject
      WHERE vp.pand = q.identificatie AND v.status = ANY (%(vbo_levend)s) AND v.gebruiksdoelen @> ARRAY[k.functie])
  ORDER BY q.geometrie <-> k.geometrie
  LIMIT 1) AS n
UNION
SELECT n.identificatie
FROM register.pand k
CROSS JOIN LATERAL (
  SELECT identificatie FROM register.pand WHERE geometrie && ST_Expand(k.geometrie, sqrt(10000 / pi()) + 0.001)) AS n
WHERE %(telt)s AND k.identificatie = ANY (%(panden)s::text[]);
ANALYZE bron.kgl_omgeving;
