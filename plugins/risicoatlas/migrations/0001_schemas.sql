-- Schemas and their rights. Everything belongs to ra_owner; nothing is granted to PUBLIC.
CREATE SCHEMA bron;
CREATE SCHEMA register;
CREATE SCHEMA publiek;
CREATE SCHEMA besloten;
CREATE SCHEMA beheer;
GRANT USAGE ON SCHEMA publiek TO ra_public, ra_restricted;
GRANT USAGE ON SCHEMA besloten TO ra_restricted;
GRANT USAGE ON SCHEMA beheer TO ra_keys;

CREATE TABLE beheer.migratie (
  naam text PRIMARY KEY,
  sha256 text NOT NULL,
  toegepast_op timestamptz NOT NULL DEFAULT now()
);

-- One row per load command and file: what was read and what became of every object.
CREATE TABLE beheer.levering (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  bron text NOT NULL,
  bestand text NOT NULL,
  sha256 text NOT NULL,
  stand date,
  status text NOT NULL CHECK (status IN ('bezig', 'klaar', 'geweigerd')),
  gestart_op timestamptz NOT NULL DEFAULT now(),
  klaar_op timestamptz,
  verslag jsonb
);
CREATE INDEX ON beheer.levering (bron, sha256);

-- API keys: the key itself is shown once; here only its hash.
CREATE TABLE beheer.sleutel (
  id text PRIMARY KEY,
  naam text NOT NULL,
  rol text NOT NULL CHECK (rol IN ('bronhouder', 'gemeente', 'raadpleger', 'beheerder')),
  organisatie text,
  gebieden text[] NOT NULL DEFAULT '{}',
  sha256 bytea NOT NULL UNIQUE,
  gemaakt_op timestamptz NOT NULL DEFAULT now(),
  verloopt_op timestamptz,
  ingetrokken_op timestamptz
);
-- Browser sessions that a login page made out of a key.
CREATE TABLE beheer.sessie (
  sha256 bytea PRIMARY KEY,
  sleutel_id text NOT NULL REFERENCES beheer.sleutel ON DELETE CASCADE,
  csrf text NOT NULL,
  gemaakt_op timestamptz NOT NULL DEFAULT now(),
  verloopt_op timestamptz NOT NULL
);
CREATE TABLE beheer.audit (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tijdstip timestamptz NOT NULL DEFAULT clock_timestamp(),
  verzoek_id text,
  sleutel_id text,
  organisatie text,
  handeling text NOT NULL,
  onderwerp text,
  uitkomst text NOT NULL
);
GRANT SELECT ON beheer.sleutel TO ra_keys;
GRANT SELECT, INSERT, DELETE ON beheer.sessie TO ra_keys;
GRANT INSERT ON beheer.audit TO ra_keys;

-- A publication is a number; a served row holds from `publicatie` up to, not including, `publicatie_tot`.
CREATE TABLE publiek.publicatie (
  nummer bigint PRIMARY KEY,
  gemaakt_op timestamptz NOT NULL DEFAULT now(),
  lagen text[] NOT NULL DEFAULT '{}'
);
CREATE SEQUENCE beheer.publicatie_nummer;
-- State of each public layer at its last publication; a restricted layer has none, since counts differ per reader.
CREATE TABLE publiek.laag_stand (
  laag text PRIMARY KEY,
  publicatie bigint NOT NULL REFERENCES publiek.publicatie,
  aantal bigint NOT NULL,
  omvang geometry(Polygon, 28992),
  omvang_etrs89 geometry(Polygon, 4258),
  brondatum date,
  laatst_geladen timestamptz
);
GRANT SELECT ON publiek.publicatie, publiek.laag_stand TO ra_public, ra_restricted;
