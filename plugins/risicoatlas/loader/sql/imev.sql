-- Statements of loader/sources/imev.py. bron.imev_object holds the objects of one message, in the order of the message.

-- name: zoek_panden
-- A building that names a pand says something of that pand: without the pand it says nothing.
UPDATE bron.imev_object
SET fout = format('pand %s is niet geladen: laad eerst de BAG van de gemeente', kenmerken ->> 'idPandBAG'),
  plaats = plaats || '.idPandBAG', code = 'pand_onbekend'
WHERE soort = 'gebouw' AND kenmerken ? 'idPandBAG'
  AND NOT EXISTS (SELECT FROM register.pand WHERE identificatie = kenmerken ->> 'idPandBAG')

-- name: meld_zonder_pand
-- Allowed by the model, but such a building has no place on the map.
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden, code)
SELECT %(levering)s, 'melding', soort, identificatie, plaats, 'het bericht noemt geen pand en geeft geen geometrie',
  'geen_pand'
FROM bron.imev_object WHERE soort = 'gebouw' AND geometrie IS NULL AND NOT kenmerken ? 'idPandBAG'

-- name: zoek_bezette
-- An identificatie belongs to one object, under one root.
UPDATE bron.imev_object AS nieuw
SET fout = format('identificatie %s hoort al bij een %s van %s', nieuw.identificatie, oud.soort, wortel.identificatie),
  plaats = nieuw.plaats || '.identificatie', code = 'identificatie_bezet'
FROM register.imev_object AS oud
JOIN register.imev_object AS wortel ON wortel.nummer = oud.wortel
WHERE nieuw.identificatie = oud.identificatie AND oud.eind_registratie IS NULL AND nieuw.fout IS NULL
  AND wortel.identificatie <> (SELECT identificatie FROM bron.imev_object WHERE ouder IS NULL)

-- name: herstel
UPDATE bron.imev_object AS o
SET geometrie = CASE ST_NumGeometries(h.geometrie) WHEN 1 THEN ST_GeometryN(h.geometrie, 1) ELSE h.geometrie END,
  hersteld = nullif(concat_ws(' ', o.hersteld, h.hersteld), ''),
  fout = h.fout,
  code = CASE WHEN h.fout IS NOT NULL THEN 'geometrie_onbruikbaar' END
FROM bron.imev_object AS b CROSS JOIN LATERAL bron.herstel(b.geometrie, b.dimensie) AS h
WHERE b.volgorde = o.volgorde AND o.dimensie IS NOT NULL AND o.fout IS NULL

-- name: meld_hersteld
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden, code)
SELECT %(levering)s, 'hersteld', soort, identificatie, plaats, hersteld, 'geometrie_ongeldig'
FROM bron.imev_object WHERE hersteld IS NOT NULL ORDER BY volgorde

-- name: meld_zonder_vlak
-- Contours that no layer of areas can show; they are in the register all the same.
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden, code)
SELECT %(levering)s, 'melding', c.soort, c.identificatie, c.plaats,
  'de contour heeft geen oppervlak en staat dus in geen vlakkenlaag', 'geen_vlak'
FROM bron.imev_object AS c JOIN bron.imev_object AS r ON r.volgorde = c.ouder
WHERE c.soort = 'contour'
  AND register.als_vlak(coalesce(c.geometrie, ST_Buffer(r.geometrie, c.afstand_m, 'quad_segs=1'))) IS NULL
ORDER BY c.volgorde

-- name: meld_geweigerd
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden, code)
SELECT %(levering)s, 'geweigerd', soort, identificatie, plaats, fout, code
FROM bron.imev_object WHERE fout IS NOT NULL ORDER BY volgorde

-- name: tel
SELECT soort, count(*), count(hersteld) FROM bron.imev_object GROUP BY soort ORDER BY min(volgorde)

-- name: vorige
-- The root that a message of this identificatie replaces: its number and hash.
SELECT nummer, waarde_hash FROM register.imev_object
WHERE eind_registratie IS NULL AND identificatie = %(identificatie)s

-- name: wortel
SELECT identificatie FROM bron.imev_object WHERE ouder IS NULL

-- name: vervallen
SELECT oud.soort, count(*) FROM register.imev_object AS oud
WHERE oud.wortel = %(wortel)s AND oud.eind_registratie IS NULL
  AND NOT EXISTS (SELECT FROM bron.imev_object AS nieuw WHERE nieuw.identificatie = oud.identificatie)
GROUP BY oud.soort

-- name: gewijzigd
SELECT nieuw.soort, count(*) FROM bron.imev_object AS nieuw
JOIN register.imev_object AS oud ON oud.identificatie = nieuw.identificatie AND oud.eind_registratie IS NULL
GROUP BY nieuw.soort

-- name: sluit_vorige
UPDATE register.imev_object SET eind_registratie = transaction_timestamp()
WHERE wortel = %(wortel)s AND eind_registratie IS NULL

-- name: schrijf
WITH nummers AS (
  SELECT volgorde, nextval(pg_get_serial_sequence('register.imev_object', 'nummer')) AS nummer
  FROM (SELECT volgorde FROM bron.imev_object ORDER BY volgorde) AS geordend
)
INSERT INTO register.imev_object (nummer, identificatie, soort, entity_type, ouder, wortel, bronhoudercode, bronhouder,
  begin_geldigheid, eind_geldigheid, tijdstip_registratie, kenmerken, geen_waarde, geometrie, geometrie_hersteld,
  afstand_m, imev_versie, waarde_hash, levering)
OVERRIDING SYSTEM VALUE
SELECT eigen.nummer, o.identificatie, o.soort, o.entity_type, boven.nummer, wortel.nummer, o.bronhoudercode, o.bronhouder,
  o.begin_geldigheid::timestamptz, o.eind_geldigheid::timestamptz, transaction_timestamp(), o.kenmerken, o.geen_waarde,
  ST_SetSRID(o.geometrie, 28992), o.hersteld, o.afstand_m, o.imev_versie, o.waarde_hash, %(levering)s
FROM bron.imev_object AS o
JOIN nummers AS eigen USING (volgorde)
JOIN nummers AS wortel ON wortel.volgorde = 0
LEFT JOIN nummers AS boven ON boven.volgorde = o.ouder
ORDER BY o.volgorde

-- name: schrijf_bericht
INSERT INTO register.imev_bericht (wortel, inhoud)
SELECT o.nummer, b.inhoud FROM bron.imev_object AS b
JOIN register.imev_object AS o ON o.identificatie = b.identificatie AND o.eind_registratie IS NULL
WHERE b.ouder IS NULL

-- name: schrijf_klassen
INSERT INTO register.imev_klasse (naam, soort, familie, gebied, bkl_code, activiteit, seveso)
SELECT * FROM jsonb_to_recordset(%(klassen)s::jsonb)
  AS k (naam text, soort text, familie text, gebied text, bkl_code text, activiteit text, seveso boolean)
ON CONFLICT (naam) DO UPDATE SET soort = excluded.soort, familie = excluded.familie, gebied = excluded.gebied,
  bkl_code = excluded.bkl_code, activiteit = excluded.activiteit, seveso = excluded.seveso
WHERE (imev_klasse.soort, imev_klasse.familie, imev_klasse.gebied, imev_klasse.bkl_code, imev_klasse.activiteit,
    imev_klasse.seveso)
  IS DISTINCT FROM (excluded.soort, excluded.familie, excluded.gebied, excluded.bkl_code, excluded.activiteit,
    excluded.seveso)
