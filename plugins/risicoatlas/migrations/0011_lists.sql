-- Lists (KvK, LRK, DUO, risicolocaties, boundaries): the normalised values stand beside the staged ones.

-- The identification as delivered: the link is made again whenever the BAG changes.
ALTER TABLE register.registertreffer ADD COLUMN bag_verblijfsobject text;

ALTER TABLE bron.registertreffer
  ADD COLUMN nummer bigint GENERATED ALWAYS AS IDENTITY,
  ADD COLUMN dubbel boolean NOT NULL DEFAULT false,
  ADD COLUMN waarde_hash bytea;
ALTER TABLE bron.gemeente
  ADD COLUMN grens geometry,
  ADD COLUMN hersteld text;
ALTER TABLE bron.risicolocatie
  ADD COLUMN geometrie geometry,
  ADD COLUMN hersteld text,
  ADD COLUMN waarde_hash bytea;
