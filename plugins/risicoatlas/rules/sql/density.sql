-- Units with the function in the hectare around a building: the circle of 10,000 m2 about its middle.
INSERT INTO bron.kgl_per_ha
SELECT b.pand, %(functie)s, (
  SELECT sum(o.aantal_vbo) FROM bron.kgl_buur o
  WHERE ST_DWithin(o.geometrie, ST_Centroid(b.geometrie), sqrt(10000 / pi())) OR o.pand = b.pand)
FROM bron.kgl_buur b
WHERE b.kandidaat;
