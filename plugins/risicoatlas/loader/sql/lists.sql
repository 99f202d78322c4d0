-- KvK, LRK and DUO: from bron.registertreffer to register.registertreffer.

-- name: dubbel
-- Of rows with one key, one is kept: the last, or the first; rows with other values than the kept one are refused unless
-- the last one counts. Rows that could not be read have no key and are left alone.
WITH groep AS (
  SELECT nummer, nummer = CASE WHEN %(laatste)s THEN max(nummer) OVER sleutels ELSE min(nummer) OVER sleutels END AS blijft,
    first_value(plaats) OVER (sleutels ORDER BY CASE WHEN %(laatste)s THEN -nummer ELSE nummer END) AS eerste,
    ROW(code, naam, status, postcode, huisnummer, huisletter, toevoeging, verblijfsobject) IS NOT DISTINCT FROM
      first_value(ROW(code, naam, status, postcode, huisnummer, huisletter, toevoeging, verblijfsobject))
        OVER (sleutels ORDER BY CASE WHEN %(laatste)s THEN -nummer ELSE nummer END) AS gelijk
  FROM bron.registertreffer
  WHERE sleutel IS NOT NULL AND fout IS NULL
  WINDOW sleutels AS (PARTITION BY sleutel, CASE WHEN %(met_code)s THEN code END))
UPDATE bron.registertreffer AS b SET
  dubbel = gelijk OR %(laatste)s,
  fout = CASE WHEN NOT gelijk AND NOT %(laatste)s
    THEN format('%s staat ook op %s, met andere waarden', b.sleutel, g.eerste) END
FROM groep AS g WHERE g.nummer = b.nummer AND NOT g.blijft

-- name: aantal_dubbel
SELECT 'dubbele regel van dezelfde registratie', count(*) FROM bron.registertreffer WHERE dubbel

-- name: normaliseer
UPDATE bron.registertreffer AS b SET
  code = c.code,
  postcode = upper(replace(b.postcode, ' ', '')),
  verblijfsobject = regexp_replace(b.verblijfsobject, '^.*\.', ''),
  fout = coalesce(b.fout, CASE
    WHEN b.sleutel IS NULL THEN 'de sleutel ontbreekt'
    WHEN coalesce(c.code, '') = '' THEN format('de code %L is geen code', b.code)
    WHEN b.huisnummer IS NOT NULL AND bron.als_geheel_getal(b.huisnummer) IS NULL
      THEN format('het huisnummer %L is geen geheel getal', b.huisnummer) END),
  waarde_hash = sha256(convert_to(ROW(b.naam, b.status, upper(replace(b.postcode, ' ', '')), b.huisnummer, b.huisletter,
    b.toevoeging, b.verblijfsobject)::text, 'UTF8'))
FROM bron.registertreffer AS zelf
CROSS JOIN LATERAL (SELECT CASE %(vorm)s
  WHEN 'digits' THEN regexp_replace(zelf.code, '\D', '', 'g')
  WHEN 'upper' THEN upper(zelf.code)
  WHEN 'lower' THEN lower(zelf.code)
  ELSE zelf.code END AS code) AS c
WHERE zelf.nummer = b.nummer AND NOT b.dubbel

-- name: bevindingen
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden)
SELECT %(levering)s, 'geweigerd', %(bron)s, sleutel, plaats, fout
FROM bron.registertreffer WHERE fout IS NOT NULL ORDER BY nummer

-- name: onbekende_codes
-- Some lists fill codes up with zeros: 47110 is 4711.
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden)
SELECT %(levering)s, 'melding', %(bron)s, sleutel, plaats, format('de code %L staat niet in de lijst (%s)', code, %(lijst)s::text)
FROM bron.registertreffer WHERE fout IS NULL AND NOT dubbel AND rtrim(code, '0') <> ALL (%(codes)s) ORDER BY nummer

-- name: onbekende_statussen
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden)
SELECT %(levering)s, 'melding', %(bron)s, sleutel, plaats, format('de status %L staat niet in de lijst', status)
FROM bron.registertreffer
WHERE fout IS NULL AND NOT dubbel AND coalesce(lower(status), '') <> ALL (%(statussen)s) ORDER BY nummer

-- name: tel
SELECT count(*) FILTER (WHERE b.fout IS NOT NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.waarde_hash = b.waarde_hash),
  count(*) FILTER (WHERE b.fout IS NULL AND r.sleutel IS NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.waarde_hash <> b.waarde_hash),
  0
FROM bron.registertreffer AS b
LEFT JOIN register.registertreffer AS r ON r.register = %(bron)s AND r.sleutel = b.sleutel AND r.code = b.code
WHERE NOT b.dubbel

-- name: andere_code
-- Where a registration has one code, a new code takes the place of the old one.
DELETE FROM register.registertreffer AS r USING bron.registertreffer AS b
WHERE r.register = %(bron)s AND r.sleutel = b.sleutel AND r.code <> b.code AND b.fout IS NULL AND NOT b.dubbel

-- name: schrijf
INSERT INTO register.registertreffer AS r (register, sleutel, code, naam, status, postcode, huisnummer, huisletter,
  toevoeging, bag_verblijfsobject, waarde_hash, levering)
SELECT %(bron)s, sleutel, code, naam, status, postcode, bron.als_geheel_getal(huisnummer), huisletter, toevoeging,
  verblijfsobject, waarde_hash, %(levering)s
FROM bron.registertreffer WHERE fout IS NULL AND NOT dubbel
ON CONFLICT (register, sleutel, code) DO UPDATE SET
  naam = excluded.naam, status = excluded.status, postcode = excluded.postcode, huisnummer = excluded.huisnummer,
  huisletter = excluded.huisletter, toevoeging = excluded.toevoeging,
  bag_verblijfsobject = excluded.bag_verblijfsobject, waarde_hash = excluded.waarde_hash, levering = excluded.levering
WHERE r.waarde_hash <> excluded.waarde_hash

-- name: koppel
-- Every row of every list to its verblijfsobject: by identification, else by postcode, number and what follows the number
-- (letter and addition together: lists split them in different ways). An address may belong to several objects in the
-- course of time: one that is not withdrawn goes first, then one that has it as its main address. Unless %(alles)s, only
-- rows that the verblijfsobjecten and addresses of this delivery may concern.
WITH adres AS (
  SELECT identificatie FROM bron.adres
  UNION SELECT identificatie FROM bron.bag_eind WHERE soort = 'nummeraanduiding'),
object AS (
  SELECT identificatie FROM bron.verblijfsobject
  UNION SELECT identificatie FROM bron.bag_eind WHERE soort = 'verblijfsobject'
  UNION SELECT v.identificatie FROM register.verblijfsobject AS v JOIN adres AS a ON a.identificatie = v.nummeraanduiding
  UNION SELECT n.verblijfsobject FROM register.verblijfsobject_nevenadres AS n
    JOIN adres AS a ON a.identificatie = n.nummeraanduiding),
plek AS (
  SELECT postcode, huisnummer FROM bron.adres
  UNION SELECT a.postcode, a.huisnummer
  FROM bron.verblijfsobject AS v CROSS JOIN unnest(v.nevenadressen || v.nummeraanduiding) AS nummer
  JOIN register.adres AS a ON a.nummeraanduiding = nummer),
nieuw AS (
  SELECT t.register, t.sleutel, t.code, coalesce(opgegeven.identificatie, gevonden.identificatie) AS verblijfsobject
  FROM register.registertreffer AS t
  LEFT JOIN register.verblijfsobject AS opgegeven ON opgegeven.identificatie = t.bag_verblijfsobject
  LEFT JOIN LATERAL (
    SELECT v.identificatie
    FROM register.adres AS a
    CROSS JOIN LATERAL (
      SELECT identificatie, status, 1 AS rang FROM register.verblijfsobject WHERE nummeraanduiding = a.nummeraanduiding
      UNION ALL
      SELECT v.identificatie, v.status, 2 FROM register.verblijfsobject_nevenadres AS n
      JOIN register.verblijfsobject AS v ON v.identificatie = n.verblijfsobject
      WHERE n.nummeraanduiding = a.nummeraanduiding) AS v
    WHERE a.postcode = t.postcode AND a.huisnummer = t.huisnummer
      AND upper(regexp_replace(concat(a.huisletter, a.toevoeging), '[^[:alnum:]]', '', 'g'))
        = upper(regexp_replace(concat(t.huisletter, t.toevoeging), '[^[:alnum:]]', '', 'g'))
    ORDER BY v.status IN ('Verblijfsobject ingetrokken', 'Niet gerealiseerd verblijfsobject',
      'Verblijfsobject ten onrechte opgevoerd'), v.rang, v.identificatie
    LIMIT 1) AS gevonden ON true
  WHERE %(alles)s OR t.verblijfsobject IN (SELECT identificatie FROM object)
    OR t.bag_verblijfsobject IN (SELECT identificatie FROM object)
    OR (t.postcode, t.huisnummer) IN (SELECT postcode, huisnummer FROM plek))
UPDATE register.registertreffer AS t SET verblijfsobject = n.verblijfsobject
FROM nieuw AS n
WHERE (n.register, n.sleutel, n.code) = (t.register, t.sleutel, t.code)
  AND t.verblijfsobject IS DISTINCT FROM n.verblijfsobject

-- name: aantal_gekoppeld
SELECT count(r.verblijfsobject), count(*) - count(r.verblijfsobject)
FROM bron.registertreffer AS b
JOIN register.registertreffer AS r ON r.register = %(bron)s AND r.sleutel = b.sleutel AND r.code = b.code
WHERE b.fout IS NULL AND NOT b.dubbel

-- name: niet_gekoppeld
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden)
SELECT %(levering)s, 'melding', %(bron)s, b.sleutel, b.plaats,
  CASE WHEN r.verblijfsobject IS NULL
    THEN format('%s is niet in de BAG gevonden', concat_ws(' ', r.postcode, r.huisnummer, r.huisletter, r.toevoeging))
    ELSE format('verblijfsobject %s is niet in de BAG gevonden; gekoppeld op adres', r.bag_verblijfsobject) END
FROM bron.registertreffer AS b
JOIN register.registertreffer AS r ON r.register = %(bron)s AND r.sleutel = b.sleutel AND r.code = b.code
WHERE b.fout IS NULL AND NOT b.dubbel
  AND (r.verblijfsobject IS NULL OR r.verblijfsobject <> r.bag_verblijfsobject)
ORDER BY b.nummer

-- name: vervallen
-- A list is complete for every municipality in which it has a linked row: what it no longer has there has ended.
WITH gemeente AS (
  SELECT DISTINCT left(r.verblijfsobject, 4) AS code
  FROM bron.registertreffer AS b
  JOIN register.registertreffer AS r ON r.register = %(bron)s AND r.sleutel = b.sleutel AND r.code = b.code
  WHERE b.fout IS NULL AND NOT b.dubbel AND r.verblijfsobject IS NOT NULL),
weg AS (
  DELETE FROM register.registertreffer AS r USING gemeente AS g
  WHERE r.register = %(bron)s AND left(r.verblijfsobject, 4) = g.code
    AND NOT EXISTS (SELECT FROM bron.registertreffer AS b WHERE b.sleutel = r.sleutel AND (b.code = r.code OR b.fout IS NOT NULL))
  RETURNING r.sleutel)
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, reden)
SELECT %(levering)s, 'vervallen', %(bron)s, sleutel, 'komt niet meer voor in de lijst van deze gemeente' FROM weg
