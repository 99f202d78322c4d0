-- The workflow of a municipality: what it validated and withdrew, which corrections are drafts, and what the role of the
-- delivery may do. That role is made by provision.sql, which the embedded cluster runs by itself.
DO $$
BEGIN
  IF to_regrole('ra_delivery') IS NULL THEN
    RAISE EXCEPTION 'the role ra_delivery is missing: let a database administrator run migrations/provision.sql again';
  END IF;
END $$;

ALTER TABLE register.kgl_gemeente ADD COLUMN ingetrokken_op timestamptz;

-- Validation per gebruiksfunctie. A municipality whose gevalideerd_op is set without rows here validated all at once.
CREATE TABLE register.kgl_validatie (
  gemeentecode text NOT NULL,
  functie text NOT NULL,
  gevalideerd_op timestamptz NOT NULL DEFAULT clock_timestamp(),
  sleutel_id text,
  organisatie text,
  PRIMARY KEY (gemeentecode, functie)
);

-- When the correction, and later its withdrawal, became part of the established version. Until then it is a draft.
ALTER TABLE register.kgl_correctie
  ADD COLUMN gepubliceerd_op timestamptz,
  ADD COLUMN vervallen_gepubliceerd_op timestamptz;
UPDATE register.kgl_correctie SET gepubliceerd_op = tijdstip, vervallen_gepubliceerd_op = vervallen_op;
CREATE INDEX ON register.kgl_correctie (pand, nummer);

-- Buildings whose correction, or the end of one, waits for an act of publication.
CREATE VIEW register.kgl_concept AS
SELECT DISTINCT gemeentecode, pand FROM register.kgl_correctie
WHERE (vervallen_op IS NULL AND gepubliceerd_op IS NULL)
   OR (vervallen_op IS NOT NULL AND gepubliceerd_op IS NOT NULL AND vervallen_gepubliceerd_op IS NULL);

-- As before, but for the hash: it held a time as text, and so differed with the time zone of who asked.
CREATE OR REPLACE VIEW register.kgl_geldend AS
SELECT g.*,
  md5(ROW(g.pand, g.gemeentecode, g.categorie, g.functie, g.gebruiksdoelen, g.oppervlakte_m2, g.regel, g.artikel, g.reden,
    g.reden_en, g.waarschuwingen, g.geldt_voor, g.regelset, g.gecorrigeerd, g.begin_geldigheid,
    extract(epoch FROM g.tijdstip_registratie), g.geometrie, g.geometrie_hersteld)::text)::uuid AS waarde_hash
FROM (
  SELECT l.pand, p.gemeentecode,
    coalesce(c.categorie, l.categorie) AS categorie,
    l.functie,
    (SELECT string_agg(doel, ', ' ORDER BY nummer) FROM jsonb_array_elements_text(l.invoer -> 'gebruiksdoelen')
       WITH ORDINALITY AS d (doel, nummer)) AS gebruiksdoelen,
    (l.invoer ->> 'oppervlakte_pand_m2')::bigint AS oppervlakte_m2,
    CASE WHEN c.nummer IS NULL THEN l.regel ELSE 'correctie' END AS regel,
    CASE WHEN c.nummer IS NULL THEN l.artikel ELSE 'Vastgesteld door het bevoegd gezag' END AS artikel,
    CASE WHEN c.nummer IS NULL THEN l.reden ELSE 'Het bevoegd gezag heeft deze categorie vastgesteld.' END AS reden,
    CASE WHEN c.nummer IS NULL THEN l.reden_en ELSE 'The competent authority has set this category.' END AS reden_en,
    l.waarschuwingen,
    CASE WHEN c.nummer IS NULL THEN l.geldt_voor END AS geldt_voor,
    l.regelset,
    c.nummer IS NOT NULL AS gecorrigeerd,
    p.begin_geldigheid,
    greatest(p.tijdstip_registratie, l.berekend_op, c.tijdstip) AS tijdstip_registratie,
    p.geometrie,
    p.geometrie_hersteld
  FROM register.kgl_label l
  JOIN register.pand p ON p.identificatie = l.pand
  LEFT JOIN register.kgl_correctie c ON c.pand = l.pand AND c.vervallen_op IS NULL
  WHERE l.regelset = 'basisvulling'
) AS g;

-- Files of a layer that were made of an earlier publication hold what was withdrawn since: they are not given any more.
ALTER TABLE publiek.laag_bewaard ADD COLUMN bestanden_vanaf bigint NOT NULL DEFAULT 0;

-- What the management of a municipality reads, limited to the municipalities of the transaction (risicoatlas.areas).
CREATE FUNCTION register.kgl_mag(gemeentecode text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(current_setting('risicoatlas.areas', true) = '*'
    OR kgl_mag.gemeentecode = ANY (string_to_array(nullif(current_setting('risicoatlas.areas', true), ''), ',')), false);

CREATE VIEW register.kgl_gebouw WITH (security_barrier = true) AS
SELECT l.pand, p.gemeentecode, p.status AS pandstatus,
  'NL.IMEV.' || lower(p.gemeentecode) || '.' || l.pand AS identificatie,
  l.categorie AS voorstel, l.functie, l.regel, l.artikel, l.reden, l.reden_en, l.waarschuwingen, l.geldt_voor, l.invoer,
  l.berekend_op,
  c.nummer AS correctie_nummer, c.categorie AS correctie,
  coalesce(c.categorie, l.categorie) AS categorie,
  -- the proposal is another one than when the correction was made
  coalesce(c.categorie_voorstel <> l.categorie, false) AS voorstel_gewijzigd,
  EXISTS (SELECT FROM register.kgl_concept k WHERE k.pand = l.pand) AS concept,
  v.categorie AS vastgesteld, v.regel AS vastgesteld_regel, v.vastgesteld_op
FROM register.kgl_label l
JOIN register.pand p ON p.identificatie = l.pand
LEFT JOIN register.kgl_correctie c ON c.pand = l.pand AND c.vervallen_op IS NULL
LEFT JOIN register.kgl_vastgesteld v ON v.pand = l.pand
WHERE l.regelset = 'basisvulling' AND register.kgl_mag(p.gemeentecode);

CREATE VIEW register.kgl_gebouw_functie WITH (security_barrier = true) AS
SELECT f.pand, p.gemeentecode, f.functie, f.categorie, f.regel, f.artikel, f.reden, f.reden_en, f.invoer
FROM register.kgl_functielabel f
JOIN register.pand p ON p.identificatie = f.pand
WHERE f.regelset = 'basisvulling' AND register.kgl_mag(p.gemeentecode);

CREATE VIEW register.kgl_gebouw_adres WITH (security_barrier = true) AS
SELECT vp.pand, p.gemeentecode, v.identificatie AS verblijfsobject, v.status, v.oppervlakte_m2, v.gebruiksdoelen,
  a.openbareruimte, a.huisnummer, a.huisletter, a.toevoeging, a.postcode, a.woonplaats
FROM register.verblijfsobject_pand vp
JOIN register.pand p ON p.identificatie = vp.pand
JOIN register.verblijfsobject v ON v.identificatie = vp.verblijfsobject
LEFT JOIN register.adres a ON a.nummeraanduiding = v.nummeraanduiding
WHERE register.kgl_mag(p.gemeentecode);

-- Of which municipality a building is, whoever asks: the BAG is public. Tells a building of somebody else from none.
CREATE FUNCTION register.gemeente_van_pand(pand text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
  RETURN (SELECT p.gemeentecode FROM register.pand p WHERE p.identificatie = gemeente_van_pand.pand);
REVOKE EXECUTE ON FUNCTION register.gemeente_van_pand(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION register.gemeente_van_pand(text) TO ra_delivery;

-- The role of the delivery: it reads the above, makes and withdraws corrections, and writes down what happened.
GRANT USAGE ON SCHEMA register, beheer TO ra_delivery;
GRANT EXECUTE ON FUNCTION register.kgl_mag(text) TO ra_delivery;
GRANT SELECT ON register.kgl_gebouw, register.kgl_gebouw_functie, register.kgl_gebouw_adres, register.kgl_gemeente,
  register.kgl_validatie, register.kgl_gebeurtenis, register.kgl_correctie, register.gemeente TO ra_delivery;
GRANT INSERT (gemeentecode, pand, categorie_voorstel, regel_voorstel, categorie, reden, bron, sleutel_id, organisatie)
  ON register.kgl_correctie TO ra_delivery;
GRANT UPDATE (vervallen_op, vervallen_door) ON register.kgl_correctie TO ra_delivery;
GRANT INSERT (gemeentecode, soort, sleutel_id, organisatie, gegevens) ON register.kgl_gebeurtenis TO ra_delivery;
GRANT INSERT ON beheer.audit TO ra_delivery;

ALTER TABLE register.kgl_gemeente ENABLE ROW LEVEL SECURITY;
ALTER TABLE register.kgl_validatie ENABLE ROW LEVEL SECURITY;
ALTER TABLE register.kgl_gebeurtenis ENABLE ROW LEVEL SECURITY;
ALTER TABLE register.kgl_correctie ENABLE ROW LEVEL SECURITY;
-- The owner sees all, and says so: a backup by a role that row security binds counts on it.
CREATE POLICY beheer ON register.kgl_gemeente TO ra_owner USING (true) WITH CHECK (true);
CREATE POLICY beheer ON register.kgl_validatie TO ra_owner USING (true) WITH CHECK (true);
CREATE POLICY beheer ON register.kgl_gebeurtenis TO ra_owner USING (true) WITH CHECK (true);
CREATE POLICY beheer ON register.kgl_correctie TO ra_owner USING (true) WITH CHECK (true);
CREATE POLICY eigen ON register.kgl_gemeente FOR SELECT TO ra_delivery USING (register.kgl_mag(gemeentecode));
CREATE POLICY eigen ON register.kgl_validatie FOR SELECT TO ra_delivery USING (register.kgl_mag(gemeentecode));
CREATE POLICY eigen ON register.kgl_gebeurtenis TO ra_delivery
  USING (register.kgl_mag(gemeentecode)) WITH CHECK (register.kgl_mag(gemeentecode));
-- A building may come from another municipality, which corrected it before: the one that has it now goes on from there.
CREATE POLICY lezen ON register.kgl_correctie FOR SELECT TO ra_delivery
  USING (register.kgl_mag(gemeentecode) OR register.kgl_mag(register.gemeente_van_pand(pand)));
CREATE POLICY beeindigen ON register.kgl_correctie FOR UPDATE TO ra_delivery
  USING (register.kgl_mag(register.gemeente_van_pand(pand)));
CREATE POLICY maken ON register.kgl_correctie FOR INSERT TO ra_delivery
  WITH CHECK (register.kgl_mag(gemeentecode) AND register.gemeente_van_pand(pand) = gemeentecode);

-- A correction is seen in the layer of the owner at once. The hash tells the next publication to give the row anew.
CREATE FUNCTION register.kgl_beheer_bij() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE besloten.kgl_beheer b
  SET correctie = c.categorie, correctie_reden = c.reden, correctie_op = c.tijdstip, correctie_door = c.organisatie,
    categorie_kwetsbaarheid = coalesce(c.categorie, b.voorstel), concept = true, rij_hash = pg_catalog.gen_random_uuid()
  FROM (SELECT NEW.pand AS pand) AS gewijzigd
  LEFT JOIN register.kgl_correctie c ON c.pand = gewijzigd.pand AND c.vervallen_op IS NULL
  WHERE b.identificatie = 'NL.IMEV.' || lower(register.gemeente_van_pand(NEW.pand)) || '.' || NEW.pand
    AND b.publicatie_tot IS NULL;
  RETURN NULL;
EXCEPTION WHEN undefined_table OR undefined_column THEN
  -- a configuration without that layer, or with other fields
  RETURN NULL;
END $$;
CREATE TRIGGER beheer_bij AFTER INSERT OR UPDATE OF vervallen_op ON register.kgl_correctie
FOR EACH ROW EXECUTE FUNCTION register.kgl_beheer_bij();
