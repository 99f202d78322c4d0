-- Drafts of IMEV messages: judged, not in the register, and seen by their owner and by whom it names alone.
CREATE TABLE beheer.imev_concept (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  versie bigint NOT NULL DEFAULT 1,
  bronhoudercode text NOT NULL,
  bestand text,
  methode text NOT NULL CHECK (methode IN ('POST', 'PUT')),
  soort text NOT NULL,
  identificatie text NOT NULL,
  -- the registration that it was compared with
  registratie bigint,
  inhoud text NOT NULL,
  meldingen jsonb NOT NULL,
  gemaakt_op timestamptz NOT NULL DEFAULT transaction_timestamp(),
  gemaakt_door text,
  gedeeld_met text[] NOT NULL DEFAULT '{}',
  gepubliceerd_op timestamptz,
  gepubliceerd_als bigint
);
CREATE INDEX ON beheer.imev_concept (bronhoudercode, gemaakt_op DESC);

-- What each public layer shows of the object now (gelijk, beeindigd) and would show with the draft (gelijk, toegevoegd).
CREATE TABLE beheer.imev_concept_vorm (
  concept uuid REFERENCES beheer.imev_concept ON DELETE CASCADE,
  nummer integer,
  laag text NOT NULL,
  wijziging text NOT NULL CHECK (wijziging IN ('toegevoegd', 'beeindigd', 'gelijk')),
  identificatie text NOT NULL,
  naam text,
  geometrie geometry(Geometry, 28992) NOT NULL,
  PRIMARY KEY (concept, nummer)
);

ALTER TABLE beheer.imev_concept ENABLE ROW LEVEL SECURITY;
ALTER TABLE beheer.imev_concept FORCE ROW LEVEL SECURITY;
ALTER TABLE beheer.imev_concept_vorm ENABLE ROW LEVEL SECURITY;
ALTER TABLE beheer.imev_concept_vorm FORCE ROW LEVEL SECURITY;
CREATE POLICY beheer ON beheer.imev_concept TO ra_owner USING (true) WITH CHECK (true);
CREATE POLICY beheer ON beheer.imev_concept_vorm TO ra_owner USING (true) WITH CHECK (true);
-- risicoatlas.areas holds the organisation of who asks, or nothing.
CREATE POLICY lezen ON beheer.imev_concept FOR SELECT TO ra_delivery USING (
  (ARRAY[bronhoudercode] || gedeeld_met)
    && (SELECT string_to_array(nullif(current_setting('risicoatlas.areas', true), ''), ','))::text[]);
CREATE POLICY lezen ON beheer.imev_concept_vorm FOR SELECT TO ra_delivery USING (
  EXISTS (SELECT FROM beheer.imev_concept c WHERE c.id = imev_concept_vorm.concept));
GRANT USAGE ON SCHEMA beheer TO ra_delivery;
GRANT SELECT ON beheer.imev_concept, beheer.imev_concept_vorm TO ra_delivery;
