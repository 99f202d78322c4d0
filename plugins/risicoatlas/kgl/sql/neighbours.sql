-- Buildings with a function whose distance to the nearest other one may have changed: those that are at most as far from a
-- building that came, went or moved (as it was, or as it is) as from their nearest neighbour in the last run. That distance
-- stands among the inputs of their verdict. Most are near; the few that stand alone are found by an index of their own.
INSERT INTO pg_temp.kgl_bij
SELECT l.pand
FROM pg_temp.kgl_verschil v
JOIN register.pand q ON q.geometrie && ST_Expand(v.geometrie, %(dichtbij_m)s)
JOIN register.kgl_functielabel l ON l.regelset = %(regelset)s AND l.pand = q.identificatie AND l.functie = %(functie)s
WHERE v.functie = %(functie)s
  AND ST_DWithin(q.geometrie, v.geometrie,
    least(%(dichtbij_m)s, coalesce((l.invoer ->> {woord})::float8, %(zoekafstand_m)s) + 0.001))
UNION
SELECT l.pand
FROM register.kgl_functielabel l
JOIN register.pand q ON q.identificatie = l.pand
JOIN pg_temp.kgl_verschil v ON v.functie = %(functie)s
  AND v.geometrie && ST_Expand(q.geometrie, coalesce((l.invoer ->> {woord})::float8, %(zoekafstand_m)s) + 0.001)
WHERE l.regelset = %(regelset)s AND l.functie = %(functie)s
  AND coalesce((l.invoer ->> {woord})::float8, 1e9) > 25
  AND ST_DWithin(q.geometrie, v.geometrie, coalesce((l.invoer ->> {woord})::float8, %(zoekafstand_m)s) + 0.001)
