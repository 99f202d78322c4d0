-- Buildings with a function in whose hectare a building changed: the circle lies about the middle of each, which is
-- somewhere in its box.
INSERT INTO pg_temp.kgl_bij
SELECT l.pand
FROM pg_temp.kgl_verschil v
JOIN register.pand q ON q.geometrie && ST_Expand(v.geometrie, sqrt(10000 / pi()) + 0.001)
JOIN register.kgl_functielabel l ON l.regelset = %(regelset)s AND l.pand = q.identificatie AND l.functie = %(functie)s
WHERE v.functie = %(functie)s AND ST_DWithin(v.geometrie, ST_Centroid(q.geometrie), sqrt(10000 / pi()) + 0.001)
