-- What publish/tables.py gives a new table: the rows without a geometry, which meet every box of the OGC API. A spatial
-- index is walked from end to end for them.
DO $$
DECLARE
  tabel regclass;
BEGIN
  FOR tabel IN
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'publicatie_tot'
      JOIN pg_attribute g ON g.attrelid = c.oid AND g.attname = 'geometrie'
      WHERE n.nspname IN ('publiek', 'besloten') AND c.relkind = 'r'
  LOOP
    EXECUTE format('CREATE INDEX ON %s (volgnummer) WHERE geometrie IS NULL', tabel);
  END LOOP;
END $$;

-- A statement that each connection prepares took its place (features/query.py).
DROP FUNCTION publiek.stand(text[], bigint);
