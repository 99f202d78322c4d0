-- Replace the verdicts per function; a row that comes out the same is left alone.
INSERT INTO register.kgl_functielabel AS oud (pand, regelset, functie, categorie, regel, artikel, reden, reden_en, invoer,
  geldt_voor)
SELECT pand, %(regelset)s, functie, categorie, regel, artikel, reden, reden_en, invoer, geldt_voor
FROM bron.kgl_oordeel
ON CONFLICT (regelset, pand, functie) DO UPDATE
SET categorie = excluded.categorie, regel = excluded.regel, artikel = excluded.artikel, reden = excluded.reden,
  reden_en = excluded.reden_en, invoer = excluded.invoer, geldt_voor = excluded.geldt_voor
WHERE (oud.categorie, oud.regel, oud.artikel, oud.reden, oud.reden_en, oud.invoer, oud.geldt_voor)
  IS DISTINCT FROM (excluded.categorie, excluded.regel, excluded.artikel, excluded.reden, excluded.reden_en, excluded.invoer,
    excluded.geldt_voor);
