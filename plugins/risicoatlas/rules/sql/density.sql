-- Units with the function in the hectare around a building: the circle of 10,000 m2 about its middle. Its own units always
-- count, and are added apart: a condition on either the place or the building would read every row for each building. The
-- middle is worked out once per building, not once per neighbour.
INSERT INTO bron.kgl_per_ha
SELECT b.pand, %(functie)s, b.aantal_vbo + coalesce((
  SELECT sum(o.aantal_vbo) FROM bron.kgl_buur o
  WHERE o.pand <> b.pand AND ST_DWithin(o.geometrie, b.midden, sqrt(10000 / pi()))), 0)
FROM (SELECT pand, aantal_vbo, ST_Centroid(geometrie) AS midden FROM bron.kgl_buur WHERE kandidaat OFFSET 0) AS b;
