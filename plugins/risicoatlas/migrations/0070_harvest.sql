-- Paging and harvest: what signs the cursors, which publications can still be read, and indexes for rows that have ended.

-- One secret per installation, the same for every process. Two random UUIDs hold 244 random bits.
CREATE TABLE beheer.geheim (
  naam text PRIMARY KEY,
  waarde bytea NOT NULL,
  gemaakt_op timestamptz NOT NULL DEFAULT now()
);
INSERT INTO beheer.geheim (naam, waarde)
  VALUES ('cursor', decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
GRANT SELECT ON beheer.geheim TO ra_keys;

-- The oldest publication of which a layer still holds every row: ended ones are pruned, and a layer whose fields change is
-- built anew. A layer that is not here holds all.
CREATE TABLE publiek.laag_bewaard (
  laag text PRIMARY KEY,
  vanaf bigint NOT NULL
);
GRANT SELECT ON publiek.laag_bewaard TO ra_public, ra_restricted;
-- What was pruned before now was not written down.
INSERT INTO publiek.laag_bewaard (laag, vanaf)
  SELECT c.relname, stand.nummer
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'publicatie_tot',
    (SELECT max(nummer) AS nummer FROM publiek.publicatie) AS stand
  WHERE n.nspname IN ('publiek', 'besloten') AND c.relkind = 'r' AND stand.nummer IS NOT NULL;

-- What publish/tables.py gives a new table.
DO $$
DECLARE
  tabel regclass;
BEGIN
  FOR tabel IN
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'publicatie_tot'
      WHERE n.nspname IN ('publiek', 'besloten') AND c.relkind = 'r'
  LOOP
    EXECUTE format('CREATE INDEX ON %s (identificatie) WHERE publicatie_tot IS NOT NULL', tabel);
    EXECUTE format('CREATE INDEX ON %s (publicatie_tot) WHERE publicatie_tot IS NOT NULL', tabel);
    EXECUTE format('CREATE INDEX ON %s (publicatie)', tabel);
  END LOOP;
END $$;
