-- Share of each building that greenhouses of the BRT cover; where they overlap each other they count once.
INSERT INTO bron.kgl_kas
SELECT g.pand, ST_Area(ST_Intersection(g.geometrie, ST_Union(k.geometrie))) / ST_Area(g.geometrie) AS aandeel
FROM bron.kgl_gebouw g
JOIN register.kas k ON ST_Intersects(g.geometrie, k.geometrie)
WHERE g.kandidaat AND ST_Area(g.geometrie) > 0
GROUP BY g.pand, g.geometrie;
