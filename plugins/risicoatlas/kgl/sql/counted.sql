-- Buildings with a function in whose hectare a building changed: the circle lies about the middle of each, which is
-- somewhere in its box.
INSERT INTO pg_temp.kgl_bij
SELECT DISTINCT q.identificatie
FROM pg_temp.kgl_verschil v
CROSS JOIN LATERAL (
  SELECT identificatie, geometrie FROM register.pand
  WHERE geometrie && ST_Expand(v.geometrie, sqrt(10000 / pi()) + 0.001) OFFSET 0) AS q
CROSS JOIN LATERAL (
  SELECT FROM register.kgl_functielabel
  WHERE regelset = %(regelset)s AND pand = q.identificatie AND functie = %(functie)s OFFSET 0) AS l
WHERE v.functie = %(functie)s AND ST_DWithin(v.geometrie, ST_Centroid(q.geometrie), sqrt(10000 / pi()) + 0.001)
