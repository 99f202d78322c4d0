-- Greenhouses of the BRT: the share of a building that they cover tells horticulture under glass from other industry.
CREATE TABLE register.kas (
  identificatie text PRIMARY KEY,
  geometrie geometry(MultiPolygon, 28992) NOT NULL,
  waarde_hash bytea NOT NULL,
  levering bigint NOT NULL REFERENCES beheer.levering
);
CREATE INDEX ON register.kas USING gist (geometrie);

-- Figures in the sentence of a label, one decimal at most: 1,500.5 in English, 1.500,5 in Dutch.
CREATE FUNCTION register.getal_en(waarde numeric) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN rtrim(to_char(round(waarde, 1), 'FM999,999,999,990.9'), '.');
CREATE FUNCTION register.getal_nl(waarde numeric) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN translate(register.getal_en(waarde), ',.', '.,');
