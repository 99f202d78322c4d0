-- Delivery of IMEV messages over HTTP: the message as it was delivered, who delivered it, which objects a publication has to
-- look at, and what the delivery may read.

-- A version of a message in canonical JSON (members sorted, no blanks), by the number of its root: its registration number.
CREATE TABLE register.imev_bericht (
  wortel bigint PRIMARY KEY REFERENCES register.imev_object ON DELETE CASCADE,
  inhoud text NOT NULL
);
-- What the staging holds of it, in the row of the root, and the code of what is wrong with an object.
ALTER TABLE bron.imev_object ADD COLUMN inhoud text, ADD COLUMN code text;
-- What kind of remark it is, where whoever made it knows.
ALTER TABLE beheer.bevinding ADD COLUMN code text;

-- The journal of accepted writes. With an idempotency key the answer is kept, so that the same request gets it again.
CREATE TABLE beheer.imev_aanlevering (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tijdstip timestamptz NOT NULL DEFAULT transaction_timestamp(),
  verzoek_id text,
  sleutel_id text,
  organisatie text NOT NULL,
  methode text NOT NULL CHECK (methode IN ('POST', 'PUT', 'DELETE')),
  identificatie text NOT NULL,
  registratie bigint NOT NULL REFERENCES register.imev_object ON DELETE CASCADE,
  levering bigint NOT NULL REFERENCES beheer.levering,
  idempotentie text,
  verzoek_hash bytea
);
CREATE UNIQUE INDEX ON beheer.imev_aanlevering (organisatie, idempotentie) WHERE idempotentie IS NOT NULL;

-- By identification, whatever the version: what a publication of changes and the history of an object look up.
CREATE INDEX ON register.imev_object (identificatie, nummer);
-- The list of what is registered now, in its order.
CREATE INDEX ON register.imev_object (soort, identificatie) WHERE ouder IS NULL AND eind_registratie IS NULL;
-- What time alone makes valid or ends.
CREATE INDEX ON register.imev_object (begin_geldigheid) WHERE eind_registratie IS NULL;
CREATE INDEX ON register.imev_object (eind_geldigheid) WHERE eind_registratie IS NULL AND eind_geldigheid IS NOT NULL;

-- Which roots layers must show otherwise, by the kind of the root: locatie or gebouw.
CREATE FUNCTION register.imev_te_publiceren() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  IF (SELECT count(DISTINCT wortel) FROM anders) > 1000 THEN
    INSERT INTO beheer.te_publiceren (soort) VALUES ('locatie'), ('gebouw');
  ELSE
    INSERT INTO beheer.te_publiceren (soort, sleutel)
    SELECT DISTINCT w.soort, w.identificatie
    FROM (SELECT DISTINCT wortel FROM anders) AS a
    CROSS JOIN LATERAL (
      SELECT o.soort, o.identificatie FROM register.imev_object AS o WHERE o.nummer = a.wortel
      UNION ALL
      -- it went with its objects
      SELECT o.soort, o.identificatie FROM anders AS o WHERE o.nummer = a.wortel
      LIMIT 1
    ) AS w;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER te_publiceren_nieuw AFTER INSERT ON register.imev_object
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.imev_te_publiceren();
CREATE TRIGGER te_publiceren_gewijzigd AFTER UPDATE ON register.imev_object
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.imev_te_publiceren();
CREATE TRIGGER te_publiceren_vervallen AFTER DELETE ON register.imev_object
  REFERENCING OLD TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.imev_te_publiceren();

-- What stands at every object: its class, and the municipality that it lies in.
CREATE FUNCTION register.imev_alles_te_publiceren() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM anders) THEN
    INSERT INTO beheer.te_publiceren (soort) VALUES ('locatie'), ('gebouw');
  END IF;
  RETURN NULL;
END $$;
DO $$
DECLARE
  tabel text;
  soort text;
BEGIN
  FOREACH tabel IN ARRAY ARRAY['imev_klasse', 'gemeente'] LOOP
    FOREACH soort IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
      EXECUTE format('CREATE TRIGGER %I AFTER %s ON register.%I REFERENCING %s TABLE AS anders FOR EACH STATEMENT'
        ' EXECUTE FUNCTION register.imev_alles_te_publiceren()', 'te_publiceren_imev_' || lower(soort), soort, tabel,
        CASE soort WHEN 'DELETE' THEN 'OLD' ELSE 'NEW' END);
    END LOOP;
  END LOOP;
END $$;
INSERT INTO beheer.te_publiceren (soort) VALUES ('locatie'), ('gebouw');

-- Up to which moment was looked for objects that time alone made valid or ended.
CREATE TABLE beheer.geldigheid_gevolgd (tijdstip timestamptz NOT NULL);
INSERT INTO beheer.geldigheid_gevolgd VALUES (transaction_timestamp());

-- What is served already, by the column by which a publication of changes looks it up.
DO $$
DECLARE
  laag text;
BEGIN
  FOR laag IN
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'publiek'::regnamespace AND c.relkind = 'r' AND a.attname = 'id_locatie' AND NOT a.attisdropped
  LOOP
    EXECUTE format('CREATE INDEX ON publiek.%I (id_locatie) WHERE publicatie_tot IS NULL', laag);
  END LOOP;
END $$;

-- A vulnerable building or location is public where its municipality has published; the risk side always is.
CREATE FUNCTION register.imev_openbaar(kenmerken jsonb, identificatie text, geometrie geometry)
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = register, public, pg_temp
  RETURN EXISTS (
    SELECT FROM register.kgl_gemeente s
    WHERE s.gepubliceerd_op <= transaction_timestamp() AND s.gemeentecode = coalesce(
      (SELECT p.gemeentecode FROM register.pand p WHERE p.identificatie = imev_openbaar.kenmerken ->> 'idPandBAG'),
      register.gemeente_van(imev_openbaar.geometrie),
      upper(substring(imev_openbaar.identificatie FROM '^NL\.IMEV\.(gm[0-9]{4})\.'))));
REVOKE EXECUTE ON FUNCTION register.imev_openbaar(jsonb, text, geometry) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION register.imev_openbaar(jsonb, text, geometry) TO ra_delivery;

-- risicoatlas.areas holds the bronhoudercode of who asks, or nothing.
ALTER TABLE register.imev_object ENABLE ROW LEVEL SECURITY;
ALTER TABLE register.imev_bericht ENABLE ROW LEVEL SECURITY;
CREATE POLICY beheer ON register.imev_object TO ra_owner USING (true) WITH CHECK (true);
CREATE POLICY beheer ON register.imev_bericht TO ra_owner USING (true) WITH CHECK (true);
CREATE POLICY lezen ON register.imev_object FOR SELECT TO ra_delivery USING (
  soort <> 'gebouw'
  OR bronhoudercode = ANY ((SELECT string_to_array(nullif(current_setting('risicoatlas.areas', true), ''), ','))::text[])
  OR register.imev_openbaar(kenmerken, identificatie, geometrie));
CREATE POLICY lezen ON register.imev_bericht FOR SELECT TO ra_delivery USING (
  EXISTS (SELECT FROM register.imev_object o WHERE o.nummer = imev_bericht.wortel));
GRANT SELECT ON register.imev_object, register.imev_bericht TO ra_delivery;
-- The BAG is public: where a building that was delivered stands.
GRANT SELECT (identificatie, geometrie) ON register.pand TO ra_delivery;
