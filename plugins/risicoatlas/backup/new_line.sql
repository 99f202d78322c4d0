-- After a restore the publications go on from a number that was never given: what was published after the backup is lost,
-- and a client that copied it must neither page on nor ask the changes since, for it would keep what is no more. So nothing
-- from before the restore is pinned: those clients are told to harvest the layer again.
DO $$
DECLARE
  sprong CONSTANT bigint := 1000;
  nieuw bigint;
BEGIN
  INSERT INTO publiek.publicatie (nummer, lagen)
    SELECT max(nummer) + sprong, '{}' FROM publiek.publicatie HAVING max(nummer) IS NOT NULL
    RETURNING nummer INTO nieuw;
  IF nieuw IS NULL THEN RETURN; END IF;
  PERFORM setval('beheer.publicatie_nummer', greatest(nieuw, nextval('beheer.publicatie_nummer')));
  -- A backup of an older version has no such table yet; the migration that makes it keeps nothing of before either.
  IF to_regclass('publiek.laag_bewaard') IS NOT NULL THEN
    INSERT INTO publiek.laag_bewaard (laag, vanaf)
      SELECT c.relname, nieuw FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'publicatie_tot'
        WHERE n.nspname IN ('publiek', 'besloten') AND c.relkind = 'r'
      ON CONFLICT (laag) DO UPDATE SET vanaf = excluded.vanaf;
  END IF;
  INSERT INTO beheer.audit (handeling, onderwerp, uitkomst) VALUES ('herstel', nieuw::text, 'gelukt');
END $$;
