-- The own lists of a municipality as inputs of the rules: care, childcare and ribbons of houses (lint) along a pipeline.

-- One row per building (or verblijfsobject) that a municipality has put on one of its lists. Nothing is deleted: what no
-- longer holds gets an end. Only rows without an end count, and only for buildings of the municipality itself.
CREATE TABLE register.kgl_lijst (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gemeentecode text NOT NULL,
  soort text NOT NULL CHECK (soort IN ('zorg', 'kinderopvang', 'lint')),
  pand text NOT NULL CHECK (pand ~ '^[0-9]{16}$'),
  -- where the list names an address: the verblijfsobject there; without it the row is about the whole building
  verblijfsobject text CHECK (verblijfsobject ~ '^[0-9]{16}$'),
  -- what kind of care: a matter of the rules, since each kind makes another category
  functie_detail text,
  -- the pipeline for which a ribbon counts, as the municipality calls it; everybody may read it
  geldt_voor text,
  reden text,
  toegevoegd_door text NOT NULL,
  toegevoegd_op timestamptz NOT NULL DEFAULT now(),
  vervallen_door text,
  vervallen_op timestamptz,
  CHECK ((soort = 'zorg') = (functie_detail IS NOT NULL)),
  CHECK (functie_detail IN ('24-uurszorg', 'bedgebied', 'dagverblijf')),
  CHECK ((soort = 'lint') = (geldt_voor IS NOT NULL)),
  CHECK (geldt_voor <> ''),
  CHECK ((vervallen_op IS NULL) = (vervallen_door IS NULL))
);
CREATE UNIQUE INDEX ON register.kgl_lijst (pand, soort, coalesce(verblijfsobject, ''), coalesce(functie_detail, ''),
  coalesce(geldt_voor, ''), gemeentecode) WHERE vervallen_op IS NULL;
CREATE INDEX ON register.kgl_lijst (gemeentecode, soort);

-- The rows that count, in the form of a hit in a register; the code is the kind, and for care what kind of care.
CREATE VIEW register.kgl_lijsttreffer AS
SELECT l.pand, l.verblijfsobject, 'lijst' AS register, concat_ws(' ', l.soort, l.functie_detail) AS code,
  l.nummer::text AS sleutel, NULL::text AS status, l.geldt_voor
FROM register.kgl_lijst l
JOIN register.pand p ON p.identificatie = l.pand AND p.gemeentecode = l.gemeentecode
WHERE l.vervallen_op IS NULL;

-- The verdict on one function may hold for one pipeline only, like the label of the building.
ALTER TABLE register.kgl_functielabel ADD COLUMN geldt_voor text;

-- Moorings and pitches of the BAG: places for a houseboat or a caravan, which the law counts as dwellings in a hectare.
CREATE TABLE register.plaats (
  identificatie text PRIMARY KEY CHECK (identificatie ~ '^[0-9]{16}$'),
  soort text NOT NULL CHECK (soort IN ('ligplaats', 'standplaats')),
  status text NOT NULL,
  geometrie geometry(MultiPolygon, 28992) NOT NULL,
  geometrie_hersteld text,
  begin_geldigheid date,
  tijdstip_registratie timestamptz,
  waarde_hash bytea NOT NULL,
  levering bigint NOT NULL REFERENCES beheer.levering
);
CREATE INDEX ON register.plaats USING gist (geometrie);

-- Staging of greenhouses of the BRT and of places of the BAG, as delivered and then checked.
CREATE UNLOGGED TABLE bron.kas (
  plaats text, fout text, identificatie text, geometrie geometry, hersteld text, waarde_hash bytea
);
CREATE UNLOGGED TABLE bron.bag_plaats (
  plaats text, fout text, identificatie text, soort text, status text, geometrie geometry, begin_geldigheid text,
  tijdstip_registratie text, voorkomen integer
);
CREATE UNLOGGED TABLE bron.plaats (
  plaats text, fout text, identificatie text, soort text, status text, geometrie geometry, hersteld text,
  begin_geldigheid date, tijdstip_registratie timestamptz, waarde_hash bytea
);
