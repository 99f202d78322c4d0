-- Municipal boundaries: from bron.gemeente to register.gemeente.

-- name: controleer
UPDATE bron.gemeente AS b SET fout = coalesce(b.fout, CASE
  WHEN b.gemeentecode IS NULL OR b.gemeentecode !~ %(code_form)s THEN format('de code %L heeft niet de vorm van een gemeentecode', b.gemeentecode)
  WHEN b.naam IS NULL THEN 'de naam ontbreekt'
  WHEN EXISTS (SELECT FROM bron.gemeente AS a WHERE a.gemeentecode = b.gemeentecode AND a.ctid < b.ctid)
    THEN format('de gemeente %s staat al eerder in deze levering', b.gemeentecode) END)

-- name: herstel
UPDATE bron.gemeente AS b SET grens = h.geometrie, hersteld = h.hersteld, fout = coalesce(b.fout, h.fout,
  CASE WHEN NOT h.geometrie @ ST_MakeEnvelope(%(min_x)s, %(min_y)s, %(max_x)s, %(max_y)s, 28992)
    THEN 'de grens ligt buiten het land' END)
FROM bron.gemeente AS zelf CROSS JOIN LATERAL bron.herstel(zelf.grens, 3) AS h
WHERE zelf.ctid = b.ctid

-- name: bevindingen
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden)
SELECT %(levering)s, CASE WHEN fout IS NULL THEN 'hersteld' ELSE 'geweigerd' END, 'gemeente', gemeentecode, plaats,
  coalesce(fout, hersteld)
FROM bron.gemeente WHERE fout IS NOT NULL OR hersteld IS NOT NULL ORDER BY gemeentecode

-- name: tel
SELECT count(*) FILTER (WHERE b.fout IS NOT NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.gemeentecode IS NOT NULL AND NOT verschilt),
  count(*) FILTER (WHERE b.fout IS NULL AND r.gemeentecode IS NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.gemeentecode IS NOT NULL AND verschilt),
  count(*) FILTER (WHERE b.fout IS NULL AND b.hersteld IS NOT NULL AND (r.gemeentecode IS NULL OR verschilt))
FROM bron.gemeente AS b
LEFT JOIN register.gemeente AS r USING (gemeentecode)
CROSS JOIN LATERAL (SELECT (b.naam, true, ST_AsEWKB(b.grens)) IS DISTINCT FROM
  (r.naam, r.bestaat, ST_AsEWKB(r.geometrie)) AS verschilt) AS v

-- name: schrijf
INSERT INTO register.gemeente AS r (gemeentecode, naam, land, bestaat, geometrie, geometrie_hersteld, levering)
SELECT gemeentecode, naam, land, true, grens, hersteld, %(levering)s FROM bron.gemeente WHERE fout IS NULL
ON CONFLICT (gemeentecode) DO UPDATE SET
  naam = excluded.naam, land = excluded.land, bestaat = true, geometrie = excluded.geometrie,
  geometrie_hersteld = excluded.geometrie_hersteld, levering = excluded.levering
WHERE (r.naam, r.bestaat, ST_AsEWKB(r.geometrie)) IS DISTINCT FROM (excluded.naam, true, ST_AsEWKB(excluded.geometrie))

-- name: opgegaan
-- A file of boundaries does not say whether it is complete, but a municipality that it does not have while another one of
-- it lies in the same place has gone up in that one.
WITH weg AS (
  UPDATE register.gemeente AS oud SET bestaat = false, geometrie = NULL, geometrie_hersteld = NULL
  FROM bron.gemeente AS nieuw
  WHERE nieuw.fout IS NULL AND oud.land = nieuw.land AND oud.bestaat
    AND ST_Contains(nieuw.grens, ST_PointOnSurface(oud.geometrie))
    AND oud.gemeentecode <> nieuw.gemeentecode
    AND NOT EXISTS (SELECT FROM bron.gemeente AS b WHERE b.gemeentecode = oud.gemeentecode)
  RETURNING oud.gemeentecode, nieuw.gemeentecode AS opvolger)
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, reden)
SELECT %(levering)s, 'vervallen', 'gemeente', gemeentecode, format('het gebied ligt nu in %s', opvolger) FROM weg
