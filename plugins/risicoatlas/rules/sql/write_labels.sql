-- Replace the labels; one that comes out the same is left alone and keeps the time at which it was first given.
INSERT INTO register.kgl_label AS oud (
  pand, regelset, categorie, functie, regel, artikel, reden, reden_en, invoer, waarschuwingen, geldt_voor)
SELECT o.pand, %(regelset)s, o.categorie, o.functie, o.regel, o.artikel, o.reden, o.reden_en,
  o.invoer || jsonb_build_object('gebruiksdoelen', d.functies, 'oppervlakte_pand_m2', p.m2, 'verblijfsobjecten', p.aantal_vbo)
    || CASE WHEN t.treffers IS NULL THEN '{}' ELSE jsonb_build_object('treffers', t.treffers) END,
  -- the warning of the rule itself counts only where the rule decides
  CASE WHEN w.waarschuwingen IS NULL AND o.waarschuwing IS NULL THEN '{}'
    ELSE (SELECT array_agg(DISTINCT id ORDER BY id) FROM unnest(w.waarschuwingen || o.waarschuwing) AS id WHERE id IS NOT NULL)
  END,
  o.geldt_voor
FROM bron.kgl_zwaarste o
JOIN bron.kgl_pand p USING (pand)
JOIN bron.kgl_doelen d USING (pand)
LEFT JOIN bron.kgl_treffer t USING (pand)
LEFT JOIN (SELECT pand, array_agg(id) AS waarschuwingen FROM bron.kgl_oordeel, unnest(waarschuwingen) AS id GROUP BY pand) w
  USING (pand)
ON CONFLICT (regelset, pand) DO UPDATE
SET categorie = excluded.categorie, functie = excluded.functie, regel = excluded.regel, artikel = excluded.artikel,
  reden = excluded.reden, reden_en = excluded.reden_en, invoer = excluded.invoer, waarschuwingen = excluded.waarschuwingen,
  geldt_voor = excluded.geldt_voor, berekend_op = excluded.berekend_op
WHERE (oud.categorie, oud.functie, oud.regel, oud.artikel, oud.reden, oud.reden_en, oud.invoer, oud.waarschuwingen, oud.geldt_voor)
  IS DISTINCT FROM (excluded.categorie, excluded.functie, excluded.regel, excluded.artikel, excluded.reden, excluded.reden_en,
    excluded.invoer, excluded.waarschuwingen, excluded.geldt_voor);
