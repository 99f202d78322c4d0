-- What was touched since the last run of the rule set. It is taken in by this run, as far as it is seen here: what another
-- transaction writes later stays for the next one.
CREATE TEMPORARY TABLE kgl_raak (levering bigint, pand text, oorzaak text, oude_geometrie geometry) ON COMMIT DROP;
WITH gezien AS (
  UPDATE register.kgl_geraakt SET verwerkt = verwerkt || %(regelset)s::text
  WHERE NOT verwerkt @> ARRAY[%(regelset)s::text]
  RETURNING levering, pand, oorzaak, oude_geometrie)
INSERT INTO pg_temp.kgl_raak SELECT levering, pand, oorzaak, oude_geometrie FROM gezien;
ANALYZE pg_temp.kgl_raak;
