-- Mutations: what a delivery changes, which buildings it touches, and what becomes of the labels of those buildings.

-- Of a delivery of mutations: where a row stands in it. A full extract leaves this empty.
ALTER TABLE bron.bag_pand ADD COLUMN mutatie bigint;
ALTER TABLE bron.bag_verblijfsobject ADD COLUMN mutatie bigint;
ALTER TABLE bron.bag_nummeraanduiding ADD COLUMN mutatie bigint;
ALTER TABLE bron.bag_openbareruimte ADD COLUMN mutatie bigint;
ALTER TABLE bron.bag_woonplaats ADD COLUMN mutatie bigint;
ALTER TABLE bron.bag_plaats ADD COLUMN mutatie bigint;

-- What a mutation says of the state before it (`was`), and occurrences that it ends.
CREATE UNLOGGED TABLE bron.bag_was (
  soort text, plaats text, identificatie text, voorkomen integer, mutatie bigint, status text,
  tijdstip_registratie text
);
CREATE UNLOGGED TABLE bron.bag_eind (
  soort text, plaats text, identificatie text, voorkomen integer, mutatie bigint, reden text, tijdstip_registratie text
);

-- Streets and towns by name: a mutation of an address names its street, but seldom brings it.
CREATE TABLE register.openbareruimte (
  identificatie text PRIMARY KEY,
  naam text,
  woonplaats text,
  levering bigint NOT NULL REFERENCES beheer.levering
);

-- Buildings whose label may come out otherwise since they were labelled last, with the reason. Triggers fill it, so that
-- every way in which the register changes is seen. A row without `pand` says that more changed than is worth telling.
CREATE TABLE register.kgl_geraakt (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  levering bigint,
  tijdstip timestamptz NOT NULL DEFAULT now(),
  pand text,
  oorzaak text NOT NULL CHECK (oorzaak IN ('nieuw', 'gewijzigd', 'vervallen', 'verblijfsobject', 'registertreffer', 'kas',
    'plaats', 'lijst', 'correctie', 'veel')),
  -- what it looked like before, where it moved or is gone: its former neighbours have another distance now. Of a place
  -- (a mooring, a pitch), which is no building, every shape that it had or has.
  oude_geometrie geometry(Geometry, 28992),
  -- rule sets whose labels have taken it in
  verwerkt text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX ON register.kgl_geraakt (levering);
CREATE INDEX ON register.kgl_geraakt (nummer) WHERE NOT verwerkt @> '{basisvulling}';

-- Buildings that stand alone: the few whose distance to the nearest neighbour a change far off may alter.
CREATE INDEX kgl_vrijstaand ON register.kgl_functielabel (regelset, functie, pand)
  WHERE coalesce((invoer ->> 'afstand_tot_gelijke_functie_m')::float8, 1e9) > 25;

-- Objects that layers must show otherwise: by kind (pand, gemeente) and key; a row without key means all of the kind.
CREATE TABLE beheer.te_publiceren (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  soort text NOT NULL,
  sleutel text
);

-- Above this many rows in one statement a full run is quicker than following each.
CREATE FUNCTION register.kgl_veel() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 50000;

CREATE FUNCTION register.huidige_levering() RETURNS bigint LANGUAGE sql STABLE
  RETURN nullif(current_setting('risicoatlas.levering', true), '')::bigint;

-- Everybody who may write one of these tables touches buildings by it, so the functions run as their owner.

CREATE FUNCTION register.kgl_raakt_pand() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF (SELECT count(*) FROM nieuw) > register.kgl_veel() THEN
      INSERT INTO register.kgl_geraakt (levering, oorzaak) VALUES (register.huidige_levering(), 'veel');
    ELSE
      INSERT INTO register.kgl_geraakt (levering, pand, oorzaak)
      SELECT register.huidige_levering(), identificatie, 'nieuw' FROM nieuw;
    END IF;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO register.kgl_geraakt (levering, pand, oorzaak, oude_geometrie)
    SELECT register.huidige_levering(), identificatie, 'vervallen', geometrie FROM oud;
  ELSE
    INSERT INTO register.kgl_geraakt (levering, pand, oorzaak, oude_geometrie)
    SELECT register.huidige_levering(), o.identificatie, 'gewijzigd',
      CASE WHEN NOT ST_OrderingEquals(o.geometrie, n.geometrie) THEN o.geometrie END
    FROM oud o JOIN nieuw n USING (identificatie)
    WHERE (o.gemeentecode, o.status, o.begin_geldigheid, o.tijdstip_registratie, o.geometrie_hersteld)
      IS DISTINCT FROM (n.gemeentecode, n.status, n.begin_geldigheid, n.tijdstip_registratie, n.geometrie_hersteld)
      OR NOT ST_OrderingEquals(o.geometrie, n.geometrie);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER kgl_raakt_nieuw AFTER INSERT ON register.pand
  REFERENCING NEW TABLE AS nieuw FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_pand();
CREATE TRIGGER kgl_raakt_gewijzigd AFTER UPDATE ON register.pand
  REFERENCING OLD TABLE AS oud NEW TABLE AS nieuw FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_pand();
CREATE TRIGGER kgl_raakt_vervallen AFTER DELETE ON register.pand
  REFERENCING OLD TABLE AS oud FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_pand();

-- A new verblijfsobject has no building yet, and one that is deleted loses its buildings by the links below.
CREATE FUNCTION register.kgl_raakt_verblijfsobject() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  INSERT INTO register.kgl_geraakt (levering, pand, oorzaak)
  SELECT DISTINCT register.huidige_levering(), l.pand, 'verblijfsobject'
  FROM oud o JOIN nieuw n USING (identificatie) JOIN register.verblijfsobject_pand l ON l.verblijfsobject = o.identificatie
  WHERE (o.status, o.oppervlakte_m2, o.gebruiksdoelen) IS DISTINCT FROM (n.status, n.oppervlakte_m2, n.gebruiksdoelen);
  RETURN NULL;
END $$;
CREATE TRIGGER kgl_raakt_gewijzigd AFTER UPDATE ON register.verblijfsobject
  REFERENCING OLD TABLE AS oud NEW TABLE AS nieuw FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_verblijfsobject();

-- The other buildings of a verblijfsobject too: whether it lies in several is a warning at each.
CREATE FUNCTION register.kgl_raakt_koppeling() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  IF (SELECT count(*) FROM anders) > register.kgl_veel() THEN
    INSERT INTO register.kgl_geraakt (levering, oorzaak) VALUES (register.huidige_levering(), 'veel');
  ELSE
    INSERT INTO register.kgl_geraakt (levering, pand, oorzaak)
    SELECT register.huidige_levering(), pand, 'verblijfsobject' FROM (
      SELECT pand FROM anders
      UNION SELECT l.pand FROM anders JOIN register.verblijfsobject_pand l USING (verblijfsobject)) AS geraakt;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER kgl_raakt_nieuw AFTER INSERT ON register.verblijfsobject_pand
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_koppeling();
CREATE TRIGGER kgl_raakt_vervallen AFTER DELETE ON register.verblijfsobject_pand
  REFERENCING OLD TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_koppeling();

CREATE FUNCTION register.kgl_raakt_treffer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO register.kgl_geraakt (levering, pand, oorzaak)
    SELECT DISTINCT register.huidige_levering(), l.pand, 'registertreffer'
    FROM oud o JOIN nieuw n USING (register, sleutel, code)
    JOIN register.verblijfsobject_pand l ON l.verblijfsobject IN (o.verblijfsobject, n.verblijfsobject)
    WHERE (o.status, o.verblijfsobject) IS DISTINCT FROM (n.status, n.verblijfsobject);
  ELSE
    INSERT INTO register.kgl_geraakt (levering, pand, oorzaak)
    SELECT DISTINCT register.huidige_levering(), l.pand, 'registertreffer'
    FROM anders JOIN register.verblijfsobject_pand l USING (verblijfsobject);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER kgl_raakt_nieuw AFTER INSERT ON register.registertreffer
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_treffer();
CREATE TRIGGER kgl_raakt_gewijzigd AFTER UPDATE ON register.registertreffer
  REFERENCING OLD TABLE AS oud NEW TABLE AS nieuw FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_treffer();
CREATE TRIGGER kgl_raakt_vervallen AFTER DELETE ON register.registertreffer
  REFERENCING OLD TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_treffer();

-- Greenhouses touch the buildings that they cover.
CREATE FUNCTION register.kgl_raakt_kas() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  INSERT INTO register.kgl_geraakt (levering, pand, oorzaak)
  SELECT DISTINCT register.huidige_levering(), p.identificatie, 'kas'
  FROM anders k JOIN register.pand p ON ST_Intersects(p.geometrie, k.geometrie);
  RETURN NULL;
END $$;
CREATE TRIGGER kgl_raakt_nieuw AFTER INSERT ON register.kas
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_kas();
CREATE TRIGGER kgl_raakt_was AFTER UPDATE ON register.kas
  REFERENCING OLD TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_kas();
CREATE TRIGGER kgl_raakt_wordt AFTER UPDATE ON register.kas
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_kas();
CREATE TRIGGER kgl_raakt_vervallen AFTER DELETE ON register.kas
  REFERENCING OLD TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_kas();

-- A correction or a row of an own list names its building.
CREATE FUNCTION register.kgl_raakt_genoemd() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  INSERT INTO register.kgl_geraakt (levering, pand, oorzaak)
  SELECT DISTINCT register.huidige_levering(), pand, TG_ARGV[0] FROM anders;
  -- the layer of the owner shows it whatever the label
  INSERT INTO beheer.te_publiceren (soort, sleutel) SELECT DISTINCT 'pand', pand FROM anders;
  RETURN NULL;
END $$;
CREATE TRIGGER kgl_raakt_nieuw AFTER INSERT ON register.kgl_correctie
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_genoemd('correctie');
CREATE TRIGGER kgl_raakt_gewijzigd AFTER UPDATE ON register.kgl_correctie
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_genoemd('correctie');
CREATE TRIGGER kgl_raakt_nieuw AFTER INSERT ON register.kgl_lijst
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_genoemd('lijst');
CREATE TRIGGER kgl_raakt_gewijzigd AFTER UPDATE ON register.kgl_lijst
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_genoemd('lijst');

-- A mooring or a pitch is no building: where the rules count them as dwellings, its neighbours have another distance.
CREATE FUNCTION register.kgl_raakt_plaats() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  IF (SELECT count(*) FROM anders) > register.kgl_veel() THEN
    INSERT INTO register.kgl_geraakt (levering, oorzaak) VALUES (register.huidige_levering(), 'plaats');
  ELSE
    INSERT INTO register.kgl_geraakt (levering, oorzaak, oude_geometrie)
    SELECT register.huidige_levering(), 'plaats', geometrie FROM anders;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER kgl_raakt_nieuw AFTER INSERT ON register.plaats
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_plaats();
CREATE TRIGGER kgl_raakt_was AFTER UPDATE ON register.plaats
  REFERENCING OLD TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_plaats();
CREATE TRIGGER kgl_raakt_wordt AFTER UPDATE ON register.plaats
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_plaats();
CREATE TRIGGER kgl_raakt_vervallen AFTER DELETE ON register.plaats
  REFERENCING OLD TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_raakt_plaats();

-- What the public may read of a building is its established version: a change of it is a change of layers.
CREATE FUNCTION register.kgl_te_publiceren() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  IF (SELECT count(*) FROM anders) > register.kgl_veel() THEN
    INSERT INTO beheer.te_publiceren (soort) VALUES ('pand');
  ELSE
    INSERT INTO beheer.te_publiceren (soort, sleutel) SELECT 'pand', pand FROM anders;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER te_publiceren_nieuw AFTER INSERT ON register.kgl_vastgesteld
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_te_publiceren();
CREATE TRIGGER te_publiceren_gewijzigd AFTER UPDATE ON register.kgl_vastgesteld
  REFERENCING NEW TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_te_publiceren();
CREATE TRIGGER te_publiceren_vervallen AFTER DELETE ON register.kgl_vastgesteld
  REFERENCING OLD TABLE AS anders FOR EACH STATEMENT EXECUTE FUNCTION register.kgl_te_publiceren();

-- The name and the state of a municipality stand at each of its objects, or decide whether they are there.
CREATE FUNCTION register.gemeente_te_publiceren() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  INSERT INTO beheer.te_publiceren (soort, sleutel) SELECT DISTINCT 'gemeente', gemeentecode FROM anders;
  RETURN NULL;
END $$;
DO $$
DECLARE
  tabel text;
  soort text;
BEGIN
  FOREACH tabel IN ARRAY ARRAY['kgl_gemeente', 'gemeente'] LOOP
    FOREACH soort IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
      EXECUTE format('CREATE TRIGGER %I AFTER %s ON register.%I REFERENCING %s TABLE AS anders FOR EACH STATEMENT'
        ' EXECUTE FUNCTION register.gemeente_te_publiceren()', 'te_publiceren_' || lower(soort), soort, tabel,
        CASE soort WHEN 'DELETE' THEN 'OLD' ELSE 'NEW' END);
    END LOOP;
  END LOOP;
END $$;

-- One row per recompute of the labels: when, why, from which deliveries, by which rules, and what came of it.
CREATE TABLE register.kgl_run (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tijdstip timestamptz NOT NULL DEFAULT clock_timestamp(),
  regelset text NOT NULL,
  dag date NOT NULL,
  soort text NOT NULL CHECK (soort IN ('volledig', 'wijzigingen')),
  -- of the rules, with what of them held on the day: other rules label everything anew
  regels bytea NOT NULL,
  leveringen bigint[] NOT NULL DEFAULT '{}',
  -- buildings that were touched, and those that were labelled anew: the touched ones and their neighbours
  geraakt bigint NOT NULL DEFAULT 0,
  berekend bigint NOT NULL DEFAULT 0,
  gewijzigd bigint NOT NULL DEFAULT 0,
  vervallen bigint NOT NULL DEFAULT 0
);

-- What a run proposes to change in the established version of a municipality, one row per building.
CREATE TABLE register.kgl_wijziging (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL REFERENCES register.kgl_run,
  gemeentecode text NOT NULL,
  pand text NOT NULL,
  functie text,
  soort text NOT NULL CHECK (soort IN ('toegevoegd', 'vervallen', 'herzien')),
  oude_categorie text,
  nieuwe_categorie text,
  oude_regel text,
  nieuwe_regel text,
  -- wacht: on a decision, once it is offered; overgenomen: by the next publication, without one; behouden: a correction
  -- stands, the label stays; achterhaald: a later run proposes something else, or nothing
  status text NOT NULL CHECK (status IN
    ('wacht', 'overgenomen', 'goedgekeurd', 'afgewezen', 'gepubliceerd', 'behouden', 'achterhaald')),
  -- of what is proposed: what was rejected is not proposed again until it changes
  voorstel uuid NOT NULL,
  aangeboden_op timestamptz,
  besloten_op timestamptz,
  sleutel_id text,
  organisatie text
);
CREATE INDEX ON register.kgl_wijziging (run, gemeentecode);
CREATE INDEX ON register.kgl_wijziging (gemeentecode, status) WHERE status NOT IN ('overgenomen', 'gepubliceerd');
CREATE INDEX ON register.kgl_wijziging (pand, nummer);
CREATE UNIQUE INDEX ON register.kgl_wijziging (pand, gemeentecode) WHERE status = 'wacht';

-- Notices to municipalities: read in the feed, and sent by mail where that is configured.
CREATE TABLE register.kgl_bericht (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gemeentecode text NOT NULL,
  run bigint REFERENCES register.kgl_run,
  soort text NOT NULL CHECK (soort IN ('gepubliceerd', 'aangeboden')),
  aantallen jsonb NOT NULL DEFAULT '{}',
  gemaakt_op timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- when it became true: a change that needs no decision is told once it is published
  gereed_op timestamptz,
  -- by mail; empty where it was not sent (yet)
  verzonden_op timestamptz,
  fout text
);
CREATE INDEX ON register.kgl_bericht (gemeentecode, nummer);
CREATE INDEX ON register.kgl_bericht (run) WHERE gereed_op IS NULL;

-- What stands ready, with what a proposal of it comes down to: two that differ in the time of registration alone are one.
CREATE VIEW register.kgl_voorstel AS
SELECT g.*, md5(ROW(g.categorie, g.functie, g.gebruiksdoelen, g.oppervlakte_m2, g.regel, g.waarschuwingen, g.geldt_voor,
  g.gecorrigeerd, g.geometrie)::text)::uuid AS voorstel
FROM register.kgl_geldend g;

-- Served tables are asked by the columns that layer.yaml names under changed_by; publish/tables.py gives them to a new table.
DO $$
DECLARE
  kolom text;
BEGIN
  FOREACH kolom IN ARRAY ARRAY['id_pand_bag', 'gemeentecode'] LOOP
    IF to_regclass('publiek.kgl_public') IS NOT NULL THEN
      EXECUTE format('CREATE INDEX ON publiek.kgl_public (%I) WHERE publicatie_tot IS NULL', kolom);
    END IF;
  END LOOP;
END $$;

-- What changed before this was not written down: the first publication of changes looks at everything.
INSERT INTO beheer.te_publiceren (soort) VALUES ('pand'), ('gemeente');
