-- Wall to wall to the nearest other building with the function, in metres; none within the search distance gives that
-- distance. The index gives the nearest first, so each building costs the same however many there are.
INSERT INTO bron.kgl_afstand
SELECT b.pand, %(functie)s, coalesce(buur.afstand_m, %(zoekafstand_m)s)
FROM bron.kgl_buur b
LEFT JOIN LATERAL (
  SELECT ST_Distance(o.geometrie, b.geometrie) AS afstand_m
  FROM bron.kgl_buur o
  WHERE o.pand <> b.pand AND o.geometrie && ST_Expand(b.geometrie, %(zoekafstand_m)s)
  ORDER BY o.geometrie <-> b.geometrie
  LIMIT 1
) buur ON buur.afstand_m <= %(zoekafstand_m)s
WHERE b.kandidaat;
