-- Buildings with a function whose distance to the nearest other one may have changed: those that are at most as far from a
-- building that came, went or moved (as it was, or as it is) as from their nearest neighbour in the last run. That distance
-- stands among the inputs of their verdict. Most are near; the few that stand alone are found by an index of their own.
-- Each OFFSET 0 keeps a look-up by index from becoming a join over the whole register.
INSERT INTO pg_temp.kgl_bij
SELECT q.identificatie
FROM pg_temp.kgl_verschil v
CROSS JOIN LATERAL (
  SELECT identificatie, geometrie FROM register.pand
  WHERE geometrie && ST_Expand(v.geometrie, %(dichtbij_m)s) OFFSET 0) AS q
CROSS JOIN LATERAL (
  SELECT coalesce((invoer ->> {woord})::float8, %(zoekafstand_m)s) + 0.001 AS afstand_m FROM register.kgl_functielabel
  WHERE regelset = %(regelset)s AND pand = q.identificatie AND functie = %(functie)s OFFSET 0) AS l
WHERE v.functie = %(functie)s AND ST_DWithin(q.geometrie, v.geometrie, least(%(dichtbij_m)s, l.afstand_m))
UNION
SELECT l.pand
FROM register.kgl_functielabel l
CROSS JOIN LATERAL (SELECT geometrie FROM register.pand WHERE identificatie = l.pand OFFSET 0) AS q
CROSS JOIN LATERAL (
  SELECT FROM pg_temp.kgl_verschil v
  WHERE v.functie = %(functie)s
    AND v.geometrie && ST_Expand(q.geometrie, coalesce((l.invoer ->> {woord})::float8, %(zoekafstand_m)s) + 0.001)
    AND ST_DWithin(q.geometrie, v.geometrie, coalesce((l.invoer ->> {woord})::float8, %(zoekafstand_m)s) + 0.001)
  LIMIT 1) AS dichtbij
WHERE l.regelset = %(regelset)s AND l.functie = %(functie)s AND coalesce((l.invoer ->> {woord})::float8, 1e9) > 25
