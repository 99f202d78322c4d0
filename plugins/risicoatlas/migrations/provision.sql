-- Extensions, roles and rights that need a superuser. The embedded cluster runs this by itself; on a server of your own a
-- database administrator runs it once, then makes the login role of RISICOATLAS_DATABASE_URL a member of ra_owner (loading)
-- or of ra_public, ra_restricted, ra_keys and ra_delivery (serving).
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS unaccent;

DO $$
BEGIN
  -- owner of every table; nobody logs in as it
  IF to_regrole('ra_owner') IS NULL THEN CREATE ROLE ra_owner NOLOGIN; END IF;
  -- what everybody may see: schema publiek
  IF to_regrole('ra_public') IS NULL THEN CREATE ROLE ra_public NOLOGIN; END IF;
  -- schema besloten, under forced row-level security
  IF to_regrole('ra_restricted') IS NULL THEN CREATE ROLE ra_restricted NOLOGIN; END IF;
  -- keys, sessions and audit of the service
  IF to_regrole('ra_keys') IS NULL THEN CREATE ROLE ra_keys NOLOGIN; END IF;
  -- corrections of the KGL by its municipality, under row-level security
  IF to_regrole('ra_delivery') IS NULL THEN CREATE ROLE ra_delivery NOLOGIN; END IF;
  IF to_regrole('ra_loader') IS NULL THEN CREATE ROLE ra_loader LOGIN NOINHERIT; END IF;
  IF to_regrole('ra_service') IS NULL THEN CREATE ROLE ra_service LOGIN NOINHERIT; END IF;
END $$;
GRANT ra_owner TO ra_loader;
GRANT ra_public, ra_restricted, ra_keys, ra_delivery TO ra_service;

DO $$ BEGIN EXECUTE format('GRANT CREATE, TEMPORARY ON DATABASE %I TO ra_owner', current_database()); END $$;
DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- These read the statistics as their owner, so they tell anybody the extent of a table that is hidden from him.
REVOKE EXECUTE ON FUNCTION st_estimatedextent(text, text), st_estimatedextent(text, text, text),
  st_estimatedextent(text, text, text, boolean) FROM PUBLIC;

-- Under row-level security the planner may use the spatial index only for a leakproof operator. The overlap of two boxes
-- raises no error that depends on values, so marking it keeps the promise; without it a box query is 700 times slower.
ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF;

-- unaccent() itself is only STABLE because its dictionary may change; ours does not.
CREATE OR REPLACE FUNCTION ra_provisioned() RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
