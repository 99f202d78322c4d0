-- Risk locations: from bron.risicolocatie to register.risicolocatie.

-- name: controleer
UPDATE bron.risicolocatie AS b SET
  wijziging_vergunning = upper(coalesce(b.wijziging_vergunning, 'NEE')),
  geschrapt = lower(coalesce(b.geschrapt, 'nee')),
  fout = coalesce(b.fout, CASE
    WHEN b.identificatie IS NULL THEN 'de identificatie ontbreekt'
    WHEN EXISTS (SELECT FROM bron.risicolocatie AS a WHERE a.identificatie = b.identificatie AND a.ctid < b.ctid)
      THEN 'de identificatie staat al eerder in deze levering'
    WHEN b.gemeentecode IS NULL OR b.gemeentecode !~ '^[0-9]{5}$' THEN format('%L is geen NIS-code', b.gemeentecode)
    WHEN b.rubriek IS NULL THEN 'de rubriek ontbreekt'
    WHEN bron.als_datum(b.startdatum) IS NULL THEN format('de startdatum %L is geen datum', b.startdatum)
    WHEN b.einddatum IS NOT NULL AND bron.als_datum(b.einddatum) IS NULL
      THEN format('de einddatum %L is geen datum', b.einddatum)
    WHEN bron.als_datum(b.einddatum) < bron.als_datum(b.startdatum) THEN 'de einddatum ligt voor de startdatum'
    WHEN upper(coalesce(b.wijziging_vergunning, 'NEE')) NOT IN ('JA', 'NEE')
      THEN format('wijziging_vergunning %L is geen JA of NEE', b.wijziging_vergunning)
    WHEN lower(coalesce(b.geschrapt, 'nee')) NOT IN ('ja', 'nee', 'true', 'false', '1', '0')
      THEN format('geschrapt %L is geen ja of nee', b.geschrapt) END)

-- name: herstel
-- A point or a line becomes an area of a small radius: the layer has one geometry type.
UPDATE bron.risicolocatie AS b SET
  geometrie = h.geometrie,
  hersteld = CASE WHEN g.smal
    THEN format('Geleverd als %s; vlak gemaakt met een straal van %s m.', CASE ST_Dimension(g.geometrie) WHEN 0 THEN 'punt' ELSE 'lijn' END, %(straal)s::numeric)
    ELSE h.hersteld END,
  fout = coalesce(b.fout,
    CASE WHEN b.geometrie_wkt IS NOT NULL AND g.geometrie IS NULL THEN 'de geometrie is geen leesbare WKT' END,
    h.fout,
    CASE WHEN NOT h.geometrie @ ST_MakeEnvelope(%(min_x)s, %(min_y)s, %(max_x)s, %(max_y)s, %(srid)s)
      THEN format('de geometrie ligt buiten het gebied van EPSG:%s', %(srid)s) END),
  waarde_hash = sha256(convert_to(ROW(b.gemeentecode, b.rubriek, b.startdatum, b.einddatum, b.omv_nummer, b.iioa_nummer,
    b.wijziging_vergunning, b.bron_rubriek, b.omschrijving, b.geschrapt, b.capakey, b.geometrie_wkt)::text, 'UTF8'))
FROM bron.risicolocatie AS zelf
CROSS JOIN LATERAL (SELECT bron.als_geometrie(zelf.geometrie_wkt, %(srid)s) AS geometrie) AS gelezen
CROSS JOIN LATERAL (SELECT gelezen.geometrie, ST_Dimension(gelezen.geometrie) < 2 AS smal) AS g
CROSS JOIN LATERAL bron.herstel(
  CASE WHEN g.smal THEN ST_Buffer(g.geometrie, %(straal)s, 'quad_segs=16') ELSE g.geometrie END, 3) AS h
WHERE zelf.ctid = b.ctid

-- name: bevindingen
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden)
SELECT %(levering)s, CASE WHEN fout IS NULL THEN 'hersteld' ELSE 'geweigerd' END, 'risicolocatie', identificatie, plaats,
  coalesce(fout, hersteld)
FROM bron.risicolocatie WHERE fout IS NOT NULL OR hersteld IS NOT NULL
UNION ALL
SELECT %(levering)s, 'melding', 'risicolocatie', identificatie, plaats,
  format('gemeente %s bestaat niet (meer) in de geladen grenzen', gemeentecode)
FROM bron.risicolocatie AS b
WHERE fout IS NULL
  AND NOT EXISTS (SELECT FROM register.gemeente AS g WHERE g.gemeentecode = b.gemeentecode AND g.bestaat)

-- name: tel
SELECT count(*) FILTER (WHERE b.fout IS NOT NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.waarde_hash = b.waarde_hash),
  count(*) FILTER (WHERE b.fout IS NULL AND r.identificatie IS NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.waarde_hash <> b.waarde_hash),
  count(*) FILTER (WHERE b.fout IS NULL AND b.hersteld IS NOT NULL AND r.waarde_hash IS DISTINCT FROM b.waarde_hash)
FROM bron.risicolocatie AS b LEFT JOIN register.risicolocatie AS r USING (identificatie)

-- name: schrijf
INSERT INTO register.risicolocatie AS r (identificatie, gemeentecode, rubriek, startdatum, einddatum, omv_nummer,
  iioa_nummer, wijziging_vergunning, bron_rubriek, omschrijving, geschrapt, capakey, geometrie, geometrie_hersteld,
  waarde_hash, levering)
SELECT identificatie, gemeentecode, rubriek, bron.als_datum(startdatum), bron.als_datum(einddatum), omv_nummer,
  iioa_nummer, wijziging_vergunning, bron_rubriek, omschrijving, geschrapt IN ('ja', 'true', '1'), capakey, geometrie,
  hersteld, waarde_hash, %(levering)s
FROM bron.risicolocatie WHERE fout IS NULL
ON CONFLICT (identificatie) DO UPDATE SET
  gemeentecode = excluded.gemeentecode, rubriek = excluded.rubriek, startdatum = excluded.startdatum,
  einddatum = excluded.einddatum, omv_nummer = excluded.omv_nummer, iioa_nummer = excluded.iioa_nummer,
  wijziging_vergunning = excluded.wijziging_vergunning, bron_rubriek = excluded.bron_rubriek,
  omschrijving = excluded.omschrijving, geschrapt = excluded.geschrapt, capakey = excluded.capakey,
  geometrie = excluded.geometrie, geometrie_hersteld = excluded.geometrie_hersteld, tijdstip_registratie = now(),
  waarde_hash = excluded.waarde_hash, levering = excluded.levering
WHERE r.waarde_hash <> excluded.waarde_hash

-- name: vervallen
-- A list takes the place of what there was of the municipalities in it.
WITH weg AS (
  DELETE FROM register.risicolocatie AS r
  WHERE r.gemeentecode IN (SELECT gemeentecode FROM bron.risicolocatie WHERE fout IS NULL)
    AND NOT EXISTS (SELECT FROM bron.risicolocatie AS b WHERE b.identificatie = r.identificatie)
  RETURNING r.identificatie)
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, reden)
SELECT %(levering)s, 'vervallen', 'risicolocatie', identificatie, 'komt niet meer voor in de lijst van de gemeente' FROM weg
