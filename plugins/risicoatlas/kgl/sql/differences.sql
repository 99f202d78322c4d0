-- Where a function of a touched building came or went, or the building with it moved: one row per shape, former or present.
-- What it had is what its last label says; what it has is what the register says. Where units are counted (%(geteld)s), each
-- building counts of which more than the area or a register was touched, since their number may be another one.
CREATE TEMPORARY TABLE kgl_verschil ON COMMIT DROP AS
WITH had AS (
  SELECT l.pand, functie
  FROM register.kgl_label l
  CROSS JOIN jsonb_array_elements_text(l.invoer -> 'gebruiksdoelen') AS functie
  WHERE l.regelset = %(regelset)s AND l.pand IN (SELECT pand FROM pg_temp.kgl_raak)
    AND functie = ANY (%(functies)s)),
heeft AS (
  SELECT DISTINCT p.identificatie AS pand, functie
  FROM pg_temp.kgl_raak r
  JOIN register.pand p ON p.identificatie = r.pand AND p.status = ANY (%(pand_levend)s)
  JOIN register.verblijfsobject_pand vp ON vp.pand = p.identificatie
  JOIN register.verblijfsobject v ON v.identificatie = vp.verblijfsobject AND v.status = ANY (%(vbo_levend)s)
  CROSS JOIN unnest(v.gebruiksdoelen) AS functie
  WHERE functie = ANY (%(functies)s)),
anders AS (
  SELECT pand, functie
  FROM had FULL JOIN heeft USING (pand, functie)
  WHERE had IS NULL OR heeft IS NULL
    OR functie = ANY (%(geteld)s) AND pand IN (
      SELECT pand FROM pg_temp.kgl_raak WHERE oorzaak IN ('nieuw', 'vervallen', 'gewijzigd', 'verblijfsobject'))
    OR pand IN (SELECT pand FROM pg_temp.kgl_raak WHERE pand IS NOT NULL AND oude_geometrie IS NOT NULL))
SELECT a.pand, a.functie, vorm.geometrie
FROM anders a
JOIN (
  SELECT pand, oude_geometrie AS geometrie FROM pg_temp.kgl_raak WHERE pand IS NOT NULL AND oude_geometrie IS NOT NULL
  UNION ALL
  SELECT identificatie, geometrie FROM register.pand WHERE identificatie IN (SELECT pand FROM pg_temp.kgl_raak)) AS vorm
  USING (pand)
UNION ALL
-- a place that counts as a dwelling
SELECT NULL, %(woning)s, oude_geometrie FROM pg_temp.kgl_raak
WHERE pand IS NULL AND oude_geometrie IS NOT NULL AND %(plaatsen)s;
CREATE INDEX ON pg_temp.kgl_verschil USING gist (geometrie);
ANALYZE pg_temp.kgl_verschil;
