-- Greenhouses of the BRT: from bron.kas to register.kas.

-- name: dubbel
-- A building on the border of two map sheets may stand in a file twice, alike.
DELETE FROM bron.kas AS b
WHERE EXISTS (SELECT FROM bron.kas AS a WHERE a.identificatie = b.identificatie AND a.ctid < b.ctid)

-- name: herstel
UPDATE bron.kas AS b SET
  geometrie = h.geometrie, hersteld = h.hersteld,
  fout = coalesce(b.fout,
    CASE WHEN b.identificatie IS NULL THEN 'de identificatie ontbreekt' END,
    h.fout,
    CASE WHEN NOT h.geometrie @ %(gebied_rd)s::geometry THEN 'de geometrie ligt buiten het gebied van EPSG:28992' END),
  waarde_hash = sha256(ST_AsEWKB(ST_SnapToGrid(ST_Force2D(b.geometrie), 0.001)))
FROM bron.kas AS zelf CROSS JOIN LATERAL bron.herstel(zelf.geometrie, 3) AS h
WHERE zelf.ctid = b.ctid

-- name: bevindingen
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden)
SELECT %(levering)s, CASE WHEN fout IS NULL THEN 'hersteld' ELSE 'geweigerd' END, 'kas', identificatie, plaats,
  coalesce(fout, hersteld)
FROM bron.kas WHERE fout IS NOT NULL OR hersteld IS NOT NULL ORDER BY identificatie

-- name: tel
SELECT count(*) FILTER (WHERE b.fout IS NOT NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.waarde_hash = b.waarde_hash),
  count(*) FILTER (WHERE b.fout IS NULL AND r.identificatie IS NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.waarde_hash <> b.waarde_hash),
  count(*) FILTER (WHERE b.fout IS NULL AND b.hersteld IS NOT NULL AND r.waarde_hash IS DISTINCT FROM b.waarde_hash)
FROM bron.kas AS b LEFT JOIN register.kas AS r USING (identificatie)

-- name: schrijf
INSERT INTO register.kas AS r (identificatie, geometrie, waarde_hash, levering)
SELECT identificatie, geometrie, waarde_hash, %(levering)s FROM bron.kas WHERE fout IS NULL
ON CONFLICT (identificatie) DO UPDATE SET
  geometrie = excluded.geometrie, waarde_hash = excluded.waarde_hash, levering = excluded.levering
WHERE r.waarde_hash <> excluded.waarde_hash

-- name: overgenomen
-- Unchanged ones belong to this delivery from now on.
UPDATE register.kas AS r SET levering = %(levering)s
FROM bron.kas AS b
WHERE b.identificatie = r.identificatie AND b.fout IS NULL AND r.levering <> %(levering)s

-- name: vervallen
WITH weg AS (
  DELETE FROM register.kas AS r USING beheer.levering AS l
  WHERE l.nummer = r.levering AND l.bron = 'brt' AND l.bestand = %(bestand)s
    AND NOT EXISTS (SELECT FROM bron.kas AS b WHERE b.identificatie = r.identificatie)
  RETURNING r.identificatie)
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, reden)
SELECT %(levering)s, 'vervallen', 'kas', identificatie, 'komt niet meer voor in een bestand van deze naam' FROM weg
