-- The register: what the sources say, normalised, still without any access rule.

CREATE TABLE register.gemeente (
  gemeentecode text PRIMARY KEY CHECK (gemeentecode ~ '^(GM[0-9]{4}|[0-9]{5})$'),
  naam text NOT NULL,
  land text NOT NULL CHECK (land IN ('NL', 'VL')),
  -- a municipality that no longer exists, or whose boundary was not loaded, has no geometry
  bestaat boolean NOT NULL DEFAULT true,
  geometrie geometry(MultiPolygon, 28992),
  geometrie_hersteld text,
  levering bigint REFERENCES beheer.levering
);
CREATE INDEX ON register.gemeente USING gist (geometrie);

CREATE TABLE register.pand (
  identificatie text PRIMARY KEY CHECK (identificatie ~ '^[0-9]{16}$'),
  gemeentecode text NOT NULL,
  status text NOT NULL,
  bouwjaar integer,
  geometrie geometry(MultiPolygon, 28992) NOT NULL,
  geometrie_hersteld text,
  begin_geldigheid date,
  tijdstip_registratie timestamptz,
  -- hash of the source values: an unchanged object is recognised by it
  waarde_hash bytea NOT NULL,
  levering bigint NOT NULL REFERENCES beheer.levering
);
CREATE INDEX ON register.pand USING gist (geometrie);
CREATE INDEX ON register.pand (gemeentecode);

CREATE TABLE register.verblijfsobject (
  identificatie text PRIMARY KEY CHECK (identificatie ~ '^[0-9]{16}$'),
  status text NOT NULL,
  oppervlakte_m2 integer,
  gebruiksdoelen text[] NOT NULL,
  nummeraanduiding text,
  geometrie geometry(Point, 28992),
  begin_geldigheid date,
  tijdstip_registratie timestamptz,
  waarde_hash bytea NOT NULL,
  levering bigint NOT NULL REFERENCES beheer.levering
);
CREATE INDEX ON register.verblijfsobject (nummeraanduiding);

-- A verblijfsobject may lie in more than one pand; a pand may be named that is not in the delivery.
CREATE TABLE register.verblijfsobject_pand (
  verblijfsobject text NOT NULL REFERENCES register.verblijfsobject ON DELETE CASCADE,
  pand text NOT NULL,
  PRIMARY KEY (verblijfsobject, pand)
);
CREATE INDEX ON register.verblijfsobject_pand (pand);

CREATE TABLE register.adres (
  nummeraanduiding text PRIMARY KEY,
  postcode text,
  huisnummer integer,
  huisletter text,
  toevoeging text,
  openbareruimte text,
  woonplaats text,
  levering bigint NOT NULL REFERENCES beheer.levering
);
CREATE INDEX ON register.adres (postcode, huisnummer);

-- Rows of KvK, LRK and DUO. The name of a business or person never leaves this table but to kgl_beheer.
CREATE TABLE register.registertreffer (
  register text NOT NULL CHECK (register IN ('kvk', 'lrk', 'duo')),
  sleutel text NOT NULL,
  -- SBI code (digits only), LRK type or DUO sector
  code text NOT NULL,
  naam text,
  status text,
  postcode text,
  huisnummer integer,
  huisletter text,
  toevoeging text,
  -- filled when the address or the id is found in the BAG
  verblijfsobject text,
  waarde_hash bytea NOT NULL,
  levering bigint NOT NULL REFERENCES beheer.levering,
  PRIMARY KEY (register, sleutel, code)
);
CREATE INDEX ON register.registertreffer (verblijfsobject);

-- The label that the algorithm proposes per live pand with at least one live verblijfsobject.
CREATE TABLE register.kgl_label (
  pand text NOT NULL,
  regelset text NOT NULL,
  categorie text NOT NULL CHECK (categorie IN ('zeerKwetsbaar', 'kwetsbaar', 'beperktKwetsbaar', 'niet_bepaald')),
  functie text,
  regel text NOT NULL,
  artikel text NOT NULL,
  -- what everybody may read: rule, function and thresholds
  reden text NOT NULL,
  reden_en text NOT NULL,
  -- what the owner may read: the inputs, register hits included
  invoer jsonb NOT NULL,
  waarschuwingen text[] NOT NULL DEFAULT '{}',
  geldt_voor text,
  berekend_op timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (regelset, pand)
);
CREATE TABLE register.kgl_functielabel (
  pand text NOT NULL,
  regelset text NOT NULL,
  functie text NOT NULL,
  categorie text NOT NULL,
  regel text NOT NULL,
  artikel text NOT NULL,
  reden text NOT NULL,
  reden_en text NOT NULL,
  invoer jsonb NOT NULL,
  PRIMARY KEY (regelset, pand, functie)
);
-- Where a municipality stands with its KGL. Only rows with gepubliceerd_op reach the schema publiek.
CREATE TABLE register.kgl_gemeente (
  gemeentecode text PRIMARY KEY,
  overgenomen_op timestamptz,
  variant text NOT NULL DEFAULT 'automatisch' CHECK (variant IN ('automatisch', 'handmatig')),
  gevalideerd_op timestamptz,
  gepubliceerd_op timestamptz
);

-- Every object of an IMEV message, at each of its levels. What is particular to a class stands in `kenmerken`, so a new
-- class or attribute needs no column.
CREATE TABLE register.imev_object (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  identificatie text NOT NULL,
  soort text NOT NULL CHECK (soort IN ('locatie', 'activiteit', 'referentie', 'contour', 'gebouw')),
  entity_type text NOT NULL,
  -- the object that it hangs under, and the root of its message
  ouder bigint REFERENCES register.imev_object ON DELETE CASCADE,
  wortel bigint REFERENCES register.imev_object ON DELETE CASCADE,
  bronhoudercode text NOT NULL,
  bronhouder text,
  begin_geldigheid timestamptz NOT NULL,
  eind_geldigheid timestamptz,
  tijdstip_registratie timestamptz NOT NULL DEFAULT now(),
  eind_registratie timestamptz,
  kenmerken jsonb NOT NULL,
  geometrie geometry(Geometry, 28992),
  geometrie_hersteld text,
  afstand_m double precision,
  imev_versie text NOT NULL,
  waarde_hash bytea,
  levering bigint NOT NULL REFERENCES beheer.levering
);
CREATE INDEX ON register.imev_object USING gist (geometrie);
CREATE INDEX ON register.imev_object (ouder);
CREATE INDEX ON register.imev_object (wortel);
CREATE UNIQUE INDEX ON register.imev_object (identificatie) WHERE eind_registratie IS NULL;

-- OVAM: the delimitation of a risk activity, EPSG:31370, from point to multipolygon.
CREATE TABLE register.risicolocatie (
  identificatie text PRIMARY KEY,
  gemeentecode text NOT NULL,
  rubriek text NOT NULL,
  startdatum date NOT NULL,
  einddatum date,
  omv_nummer text,
  iioa_nummer text,
  wijziging_vergunning text NOT NULL DEFAULT 'NEE' CHECK (wijziging_vergunning IN ('JA', 'NEE')),
  bron_rubriek text,
  omschrijving text,
  geschrapt boolean NOT NULL DEFAULT false,
  capakey text,
  geometrie geometry(MultiPolygon, 31370) NOT NULL,
  geometrie_hersteld text,
  tijdstip_registratie timestamptz NOT NULL DEFAULT now(),
  waarde_hash bytea NOT NULL,
  levering bigint NOT NULL REFERENCES beheer.levering
);
CREATE INDEX ON register.risicolocatie (gemeentecode);
