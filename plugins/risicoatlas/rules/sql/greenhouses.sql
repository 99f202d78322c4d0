-- Share of each building that greenhouses of the BRT cover.
INSERT INTO bron.kgl_kas
SELECT g.pand, least(1, sum(ST_Area(ST_Intersection(g.geometrie, k.geometrie))) / max(ST_Area(g.geometrie))) AS aandeel
FROM bron.kgl_gebouw g
JOIN register.kas k ON ST_Intersects(g.geometrie, k.geometrie)
WHERE g.kandidaat AND ST_Area(g.geometrie) > 0
GROUP BY g.pand;
