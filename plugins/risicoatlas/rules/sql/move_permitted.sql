-- The labels that were just given to permitted buildings go to their own table; those of buildings that are no longer
-- permitted are removed. One that comes out the same keeps the time at which it was first given, and is not published again.
WITH vervallen AS (
  DELETE FROM register.kgl_label_vergund o
  WHERE o.regelset = %(regelset)s AND (%(panden)s::text[] IS NULL OR o.pand = ANY (%(panden)s::text[]))
    AND NOT EXISTS (SELECT FROM bron.kgl_vergund v WHERE v.pand = o.pand) RETURNING pand
)
INSERT INTO beheer.te_publiceren (soort, sleutel)
SELECT DISTINCT 'pand', CASE WHEN count(*) OVER () <= register.kgl_veel() THEN pand END FROM vervallen;
WITH gegeven AS (
  DELETE FROM register.kgl_label l USING bron.kgl_vergund v WHERE l.pand = v.pand AND l.regelset = %(regelset)s RETURNING l.*
), veranderd AS (
INSERT INTO register.kgl_label_vergund AS oud (
  pand, regelset, categorie, functie, regel, artikel, reden, reden_en, invoer, waarschuwingen, geldt_voor)
SELECT pand, regelset, categorie, functie, regel, artikel, reden, reden_en, invoer, waarschuwingen, geldt_voor FROM gegeven
ON CONFLICT (regelset, pand) DO UPDATE
SET categorie = excluded.categorie, functie = excluded.functie, regel = excluded.regel, artikel = excluded.artikel,
  reden = excluded.reden, reden_en = excluded.reden_en, invoer = excluded.invoer, waarschuwingen = excluded.waarschuwingen,
  geldt_voor = excluded.geldt_voor, berekend_op = excluded.berekend_op
WHERE (oud.categorie, oud.functie, oud.regel, oud.artikel, oud.reden, oud.reden_en, oud.invoer, oud.waarschuwingen, oud.geldt_voor)
  IS DISTINCT FROM (excluded.categorie, excluded.functie, excluded.regel, excluded.artikel, excluded.reden, excluded.reden_en,
    excluded.invoer, excluded.waarschuwingen, excluded.geldt_voor)
RETURNING pand)
INSERT INTO beheer.te_publiceren (soort, sleutel)
SELECT DISTINCT 'pand', CASE WHEN count(*) OVER () <= register.kgl_veel() THEN pand END FROM veranderd;
