-- Tables as organisations have them: a schema and an owner of their own, and nothing made for the service.
CREATE SCHEMA gis;
GRANT USAGE ON SCHEMA gis TO ra_owner;
CREATE TYPE gis.soort AS ENUM ('eik', 'beuk', 'linde');

-- Single polygons under an integer key, columns of every kind, one with a name that GML does not know.
CREATE TABLE gis.bomen (
  gid integer PRIMARY KEY,
  soort gis.soort NOT NULL,
  "Naam" varchar(40),
  "Straat Naam" text,
  hoogte numeric(6, 2),
  stamdikte real,
  geplant date,
  gezien timestamp,
  gezond boolean,
  "limit" integer,
  kenmerken jsonb,
  geom geometry(Polygon, 28992)
);
INSERT INTO gis.bomen
SELECT n, (ARRAY['eik', 'beuk', 'linde'])[n % 3 + 1]::gis.soort, 'boom ' || n, 'Dorpsstraat', n / 100.0, 0.5, date '2000-01-01' + n % 9000,
       timestamp '2024-07-01 12:00', n % 2 = 0, n, '{"a": 1}',
       ST_MakeEnvelope(100000 + n % 250 * 20, 450000 + n / 250 * 20, 100010 + n % 250 * 20, 450010 + n / 250 * 20, 28992)
FROM generate_series(1, 50000) AS n;
CREATE INDEX ON gis.bomen USING gist (geom);
ANALYZE gis.bomen;

-- Points with a height under a uuid, of two municipalities.
CREATE TABLE gis.meldingen (
  id uuid PRIMARY KEY,
  gemeentecode varchar(6) NOT NULL,
  tekst text,
  plek geometry(PointZ, 28992)
);
INSERT INTO gis.meldingen
SELECT md5(n::text)::uuid, CASE WHEN n % 10 = 0 THEN 'GM0001' ELSE 'GM0002' END,
       CASE WHEN n % 10 = 0 THEN 'van ons ' || n ELSE 'geheim van een ander' END,
       ST_SetSRID(ST_MakePoint(150000 + n % 200 * 5, 460000 + n / 200 * 5, 12.5), 28992)
FROM generate_series(1, 20000) AS n;
CREATE INDEX ON gis.meldingen USING gist (plek);
CREATE INDEX ON gis.meldingen (gemeentecode);
ANALYZE gis.meldingen;

-- A view over two tables, lines under a text.
CREATE TABLE gis.gas (code text PRIMARY KEY, bar double precision, lijn geometry(LineString, 28992));
CREATE TABLE gis.water (code text PRIMARY KEY, lijn geometry(LineString, 28992));
INSERT INTO gis.gas SELECT 'G/' || n, n, ST_SetSRID(ST_MakeLine(ST_MakePoint(120000, 440000 + n * 10), ST_MakePoint(120100, 440000 + n * 10)), 28992)
FROM generate_series(1, 300) AS n;
INSERT INTO gis.water SELECT 'W ' || n, ST_SetSRID(ST_MakeLine(ST_MakePoint(121000, 440000 + n * 10), ST_MakePoint(121100, 440000 + n * 10)), 28992)
FROM generate_series(1, 300) AS n;
CREATE INDEX ON gis.gas USING gist (lijn);
CREATE INDEX ON gis.water USING gist (lijn);
CREATE VIEW gis.leidingen AS
SELECT code, 'gas' AS soort, bar AS "Druk (bar)", lijn FROM gis.gas UNION ALL SELECT code, 'water', NULL, lijn FROM gis.water;

-- Any geometry, some of it wrong: a bow tie, a point, an empty one, none, and one beyond every map.
CREATE TABLE gis.vormen (nr bigint PRIMARY KEY, naam text, vorm geometry(Geometry, 28992));
INSERT INTO gis.vormen VALUES
  (1, 'goed', 'SRID=28992;POLYGON((130000 450000, 130100 450000, 130100 450100, 130000 450100, 130000 450000))'),
  (2, 'vlinder', 'SRID=28992;POLYGON((130200 450000, 130300 450100, 130300 450000, 130200 450100, 130200 450000))'),
  (3, 'punt', 'SRID=28992;POINT(130000 450000)'),
  (4, 'leeg', 'SRID=28992;POLYGON EMPTY'),
  (5, 'geen', NULL),
  (6, 'ver weg', 'SRID=28992;POLYGON((1e20 1e20, 1e21 1e20, 1e21 1e21, 1e20 1e20))'),
  (7, 'gemengd', 'SRID=28992;GEOMETRYCOLLECTION(POINT(1 1), POLYGON((130400 450000, 130500 450000, 130500 450100, 130400 450000)))');

-- Circles with a height.
CREATE TABLE gis.bogen (nr smallint PRIMARY KEY, cirkel geometry(CurvePolygonZ, 28992));
INSERT INTO gis.bogen VALUES (1, 'SRID=28992;CURVEPOLYGON Z(CIRCULARSTRING Z(140000 450000 1, 140100 450000 1, 140000 450000 1))');

-- Degrees, and the view that README shows to serve them: by way of ETRS89, with an index on the same expression.
CREATE TABLE gis.in_graden (nr integer PRIMARY KEY, plek geometry(Point, 4326));
INSERT INTO gis.in_graden SELECT n, ST_SetSRID(ST_MakePoint(5 + n / 1e5, 52 + n / 1e5), 4326) FROM generate_series(1, 20000) AS n;
CREATE INDEX in_graden_rd ON gis.in_graden USING gist ((ST_Transform(ST_SetSRID(plek, 4258), 28992)::geometry(Point, 28992)));
CREATE VIEW gis.in_rd AS SELECT nr, ST_Transform(ST_SetSRID(plek, 4258), 28992)::geometry(Point, 28992) AS plek FROM gis.in_graden;
ANALYZE gis.in_graden;

GRANT SELECT ON ALL TABLES IN SCHEMA gis TO ra_owner;
