-- What a public layer is made of: [{bron, stand, geladen}] per source, in the order of layer.yaml, with nulls for one that
-- was never loaded; and [{code, naam}] of the municipalities that have objects in it.
ALTER TABLE publiek.laag_stand
  ADD COLUMN bronnen jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN gemeenten jsonb NOT NULL DEFAULT '[]';
