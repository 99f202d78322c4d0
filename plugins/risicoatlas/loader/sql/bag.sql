-- BAG: from the staged occurrences (bron.bag_*) by way of bron.pand, bron.verblijfsobject and bron.adres to the register.
-- Of one identificatie the highest occurrence counts; the others of the same delivery are refused as double.

-- name: aantal_bag_openbareruimte
SELECT count(*) FROM bron.bag_openbareruimte

-- name: aantal_bag_woonplaats
SELECT count(*) FROM bron.bag_woonplaats

-- name: analyseer
ANALYZE bron.pand, bron.verblijfsobject, bron.adres, bron.plaats

-- name: analyseer_register
-- What follows (linking lists, classifying) is planned on these numbers.
ANALYZE register.pand, register.verblijfsobject, register.verblijfsobject_pand, register.adres

-- name: normaliseer_pand
INSERT INTO bron.pand (plaats, fout, identificatie, status, bouwjaar, geometrie, hersteld, begin_geldigheid,
  tijdstip_registratie, waarde_hash)
SELECT g.plaats,
  coalesce(
    g.fout,
    CASE
      WHEN g.identificatie IS NULL OR g.identificatie !~ '^[0-9]{16}$'
        THEN format('de identificatie %L bestaat niet uit 16 cijfers', g.identificatie)
      WHEN g.volgorde > 1 THEN format('de identificatie komt %s keer voor in deze levering; een ervan is gebruikt', g.aantal)
      WHEN g.status IS NULL OR g.status <> ALL (%(pand_status)s) THEN format('de status %L staat niet in de lijst', g.status)
    END,
    h.fout,
    CASE WHEN NOT h.geometrie @ %(gebied_rd)s::geometry THEN 'de geometrie ligt buiten het gebied van EPSG:28992' END),
  g.identificatie, g.status, bron.als_geheel_getal(g.bouwjaar), h.geometrie, h.hersteld,
  bron.als_datum(g.begin_geldigheid), bron.als_tijdstip(g.tijdstip_registratie),
  sha256(convert_to(ROW(g.status, bron.als_geheel_getal(g.bouwjaar), bron.als_datum(g.begin_geldigheid),
    bron.als_tijdstip(g.tijdstip_registratie) AT TIME ZONE 'UTC', ST_SnapToGrid(g.geometrie, 0.001))::text, 'UTF8'))
FROM (
  SELECT *, row_number() OVER (PARTITION BY identificatie ORDER BY voorkomen DESC NULLS LAST, plaats) AS volgorde,
    count(*) OVER (PARTITION BY identificatie) AS aantal
  FROM bron.bag_pand
) AS g
CROSS JOIN LATERAL bron.herstel(g.geometrie, 3) AS h

-- name: normaliseer_verblijfsobject
-- Its place may be given as an area: then a point on it is taken.
INSERT INTO bron.verblijfsobject (plaats, fout, identificatie, status, oppervlakte_m2, gebruiksdoelen, panden,
  nummeraanduiding, nevenadressen, geometrie, hersteld, begin_geldigheid, tijdstip_registratie, waarde_hash)
SELECT g.plaats,
  coalesce(
    g.fout,
    CASE
      WHEN g.identificatie IS NULL OR g.identificatie !~ '^[0-9]{16}$'
        THEN format('de identificatie %L bestaat niet uit 16 cijfers', g.identificatie)
      WHEN g.volgorde > 1 THEN format('de identificatie komt %s keer voor in deze levering; een ervan is gebruikt', g.aantal)
      WHEN g.status IS NULL OR g.status <> ALL (%(verblijfsobject_status)s)
        THEN format('de status %L staat niet in de lijst', g.status)
      WHEN NOT coalesce(g.gebruiksdoelen, '{}') <@ %(gebruiksdoel)s
        THEN format('het gebruiksdoel %L staat niet in de lijst',
          (SELECT doel FROM unnest(g.gebruiksdoelen) AS doel WHERE doel <> ALL (%(gebruiksdoel)s) LIMIT 1))
      WHEN EXISTS (SELECT FROM unnest(g.panden) AS pand WHERE pand !~ '^[0-9]{16}$')
        THEN 'een pand waarnaar het verwijst bestaat niet uit 16 cijfers'
      WHEN g.oppervlakte IS NOT NULL AND bron.als_geheel_getal(g.oppervlakte) IS NULL
        THEN format('de oppervlakte %L is geen geheel getal', g.oppervlakte)
    END,
    CASE WHEN g.geometrie IS NOT NULL THEN h.fout END,
    CASE WHEN NOT h.geometrie @ %(gebied_rd)s::geometry THEN 'de geometrie ligt buiten het gebied van EPSG:28992' END),
  g.identificatie, g.status, bron.als_geheel_getal(g.oppervlakte), g.doelen, g.ids, g.nummeraanduiding, g.neven,
  ST_GeometryN(h.geometrie, 1),
  CASE WHEN g.is_vlak THEN 'Vlak; een punt op het vlak genomen.' ELSE h.hersteld END,
  bron.als_datum(g.begin_geldigheid), bron.als_tijdstip(g.tijdstip_registratie),
  sha256(convert_to(ROW(g.status, bron.als_geheel_getal(g.oppervlakte), g.doelen, g.ids, g.nummeraanduiding, g.neven,
    bron.als_datum(g.begin_geldigheid), bron.als_tijdstip(g.tijdstip_registratie) AT TIME ZONE 'UTC',
    ST_SnapToGrid(g.geometrie, 0.001))::text, 'UTF8'))
FROM (
  SELECT *, ST_Dimension(geometrie) = 2 AS is_vlak,
    ARRAY(SELECT DISTINCT doel FROM unnest(gebruiksdoelen) AS doel ORDER BY doel) AS doelen,
    ARRAY(SELECT DISTINCT pand FROM unnest(panden) AS pand ORDER BY pand) AS ids,
    ARRAY(SELECT DISTINCT adres FROM unnest(nevenadressen) AS adres ORDER BY adres) AS neven,
    row_number() OVER (PARTITION BY identificatie ORDER BY voorkomen DESC NULLS LAST, plaats) AS volgorde,
    count(*) OVER (PARTITION BY identificatie) AS aantal
  FROM bron.bag_verblijfsobject
) AS g
CROSS JOIN LATERAL bron.herstel(
  CASE WHEN g.is_vlak THEN ST_PointOnSurface(ST_MakeValid(g.geometrie)) ELSE g.geometrie END, 1) AS h

-- name: normaliseer_adres
INSERT INTO bron.adres (plaats, fout, identificatie, status, postcode, huisnummer, huisletter, toevoeging, openbareruimte,
  woonplaats)
SELECT g.plaats,
  coalesce(
    g.fout,
    CASE
      WHEN g.identificatie IS NULL OR g.identificatie !~ '^[0-9]{16}$'
        THEN format('de identificatie %L bestaat niet uit 16 cijfers', g.identificatie)
      WHEN g.volgorde > 1 THEN format('de identificatie komt %s keer voor in deze levering; een ervan is gebruikt', g.aantal)
      WHEN g.status IS NULL OR g.status <> ALL (%(nummeraanduiding_status)s)
        THEN format('de status %L staat niet in de lijst', g.status)
      WHEN g.huisnummer IS NULL OR bron.als_geheel_getal(g.huisnummer) IS NULL
        THEN format('het huisnummer %L is geen geheel getal', g.huisnummer)
    END),
  g.identificatie, g.status, upper(replace(g.postcode, ' ', '')), bron.als_geheel_getal(g.huisnummer), g.huisletter,
  g.toevoeging, coalesce(g.openbareruimte_naam, o.naam, r.naam),
  coalesce(g.woonplaats_naam, eigen.naam, w.naam, r.woonplaats)
FROM (
  SELECT *, row_number() OVER (PARTITION BY identificatie ORDER BY voorkomen DESC NULLS LAST, plaats) AS volgorde,
    count(*) OVER (PARTITION BY identificatie) AS aantal
  FROM bron.bag_nummeraanduiding
) AS g
LEFT JOIN (
  SELECT DISTINCT ON (identificatie) identificatie, naam, woonplaats
  FROM bron.bag_openbareruimte ORDER BY identificatie, voorkomen DESC NULLS LAST
) AS o ON o.identificatie = g.openbareruimte
LEFT JOIN (
  SELECT DISTINCT ON (identificatie) identificatie, naam
  FROM bron.bag_woonplaats ORDER BY identificatie, voorkomen DESC NULLS LAST
) AS w ON w.identificatie = o.woonplaats
LEFT JOIN (
  SELECT DISTINCT ON (identificatie) identificatie, naam
  FROM bron.bag_woonplaats ORDER BY identificatie, voorkomen DESC NULLS LAST
) AS eigen ON eigen.identificatie = g.woonplaats
-- what earlier deliveries said: mutations of an address seldom bring its street
LEFT JOIN register.openbareruimte AS r ON r.identificatie = g.openbareruimte

-- name: normaliseer_plaats
INSERT INTO bron.plaats (plaats, fout, identificatie, soort, status, geometrie, hersteld, begin_geldigheid,
  tijdstip_registratie, waarde_hash)
SELECT g.plaats,
  coalesce(
    g.fout,
    CASE
      WHEN g.identificatie IS NULL OR g.identificatie !~ '^[0-9]{16}$'
        THEN format('de identificatie %L bestaat niet uit 16 cijfers', g.identificatie)
      WHEN g.volgorde > 1 THEN format('de identificatie komt %s keer voor in deze levering; een ervan is gebruikt', g.aantal)
      WHEN g.status IS NULL OR g.status <> ALL (%(plaats_status)s) THEN format('de status %L staat niet in de lijst', g.status)
    END,
    h.fout,
    CASE WHEN NOT h.geometrie @ %(gebied_rd)s::geometry THEN 'de geometrie ligt buiten het gebied van EPSG:28992' END),
  g.identificatie, g.soort, g.status, h.geometrie, h.hersteld, bron.als_datum(g.begin_geldigheid),
  bron.als_tijdstip(g.tijdstip_registratie),
  sha256(convert_to(ROW(g.soort, g.status, bron.als_datum(g.begin_geldigheid),
    bron.als_tijdstip(g.tijdstip_registratie) AT TIME ZONE 'UTC', ST_SnapToGrid(g.geometrie, 0.001))::text, 'UTF8'))
FROM (
  SELECT *, row_number() OVER (PARTITION BY identificatie ORDER BY voorkomen DESC NULLS LAST, plaats) AS volgorde,
    count(*) OVER (PARTITION BY identificatie) AS aantal
  FROM bron.bag_plaats
) AS g
CROSS JOIN LATERAL bron.herstel(g.geometrie, 3) AS h

-- name: bevindingen
-- What was refused, what was mended, and what is odd but kept.
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden)
SELECT %(levering)s, CASE WHEN fout IS NULL THEN 'hersteld' ELSE 'geweigerd' END, 'pand', identificatie, plaats,
  coalesce(fout, hersteld)
FROM bron.pand WHERE fout IS NOT NULL OR hersteld IS NOT NULL
UNION ALL
SELECT %(levering)s, CASE WHEN fout IS NULL THEN 'hersteld' ELSE 'geweigerd' END, 'verblijfsobject', identificatie, plaats,
  coalesce(fout, hersteld)
FROM bron.verblijfsobject WHERE fout IS NOT NULL OR hersteld IS NOT NULL
UNION ALL
SELECT %(levering)s, 'geweigerd', 'nummeraanduiding', identificatie, plaats, fout
FROM bron.adres WHERE fout IS NOT NULL
UNION ALL
SELECT %(levering)s, CASE WHEN fout IS NULL THEN 'hersteld' ELSE 'geweigerd' END, soort, identificatie, plaats,
  coalesce(fout, hersteld)
FROM bron.plaats WHERE fout IS NOT NULL OR hersteld IS NOT NULL
UNION ALL
SELECT %(levering)s, 'melding', 'verblijfsobject', identificatie, plaats,
  concat_ws('; ', CASE WHEN gebruiksdoelen = '{}' THEN 'het gebruiksdoel ontbreekt' END,
    CASE WHEN geometrie IS NULL THEN 'de geometrie ontbreekt' END,
    CASE WHEN panden = '{}' THEN 'het verwijst naar geen pand: het telt in geen gebouw mee' END,
    CASE WHEN oppervlakte_m2 <= 0 THEN format('de oppervlakte is %s m2: zij telt als onbekend', oppervlakte_m2) END)
FROM bron.verblijfsobject
WHERE fout IS NULL AND (gebruiksdoelen = '{}' OR geometrie IS NULL OR panden = '{}' OR oppervlakte_m2 <= 0)
UNION ALL
SELECT %(levering)s, 'melding', 'verblijfsobject', v.identificatie, v.plaats,
  format('het pand %s waarnaar het verwijst is niet geleverd', pand)
FROM bron.verblijfsobject AS v CROSS JOIN unnest(v.panden) AS pand
WHERE v.fout IS NULL
  AND NOT EXISTS (SELECT FROM bron.pand AS p WHERE p.identificatie = pand)
  AND NOT EXISTS (SELECT FROM register.pand AS p WHERE p.identificatie = pand)
UNION ALL
SELECT %(levering)s, 'melding', 'verblijfsobject', v.identificatie, v.plaats,
  format('het hoofdadres %s is niet geleverd', v.nummeraanduiding)
FROM bron.verblijfsobject AS v
WHERE v.fout IS NULL AND v.nummeraanduiding IS NOT NULL
  AND NOT EXISTS (SELECT FROM bron.adres AS a WHERE a.identificatie = v.nummeraanduiding)
  AND NOT EXISTS (SELECT FROM register.adres AS a WHERE a.nummeraanduiding = v.nummeraanduiding)
UNION ALL
SELECT %(levering)s, 'melding', 'nummeraanduiding', identificatie, plaats, 'de openbare ruimte is niet geleverd'
FROM bron.adres WHERE fout IS NULL AND openbareruimte IS NULL

-- name: tel_pand
SELECT count(*) FILTER (WHERE b.fout IS NOT NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.waarde_hash = b.waarde_hash),
  count(*) FILTER (WHERE b.fout IS NULL AND r.identificatie IS NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.waarde_hash <> b.waarde_hash),
  count(*) FILTER (WHERE b.fout IS NULL AND b.hersteld IS NOT NULL AND r.waarde_hash IS DISTINCT FROM b.waarde_hash)
FROM bron.pand AS b LEFT JOIN register.pand AS r USING (identificatie)

-- name: schrijf_pand
INSERT INTO register.pand AS r (identificatie, gemeentecode, status, bouwjaar, geometrie, geometrie_hersteld,
  begin_geldigheid, tijdstip_registratie, waarde_hash, levering)
SELECT identificatie, 'GM' || left(identificatie, 4), status, bouwjaar, geometrie, hersteld, begin_geldigheid,
  tijdstip_registratie, waarde_hash, %(levering)s
FROM bron.pand WHERE fout IS NULL
ON CONFLICT (identificatie) DO UPDATE SET
  status = excluded.status, bouwjaar = excluded.bouwjaar, geometrie = excluded.geometrie,
  geometrie_hersteld = excluded.geometrie_hersteld, begin_geldigheid = excluded.begin_geldigheid,
  tijdstip_registratie = excluded.tijdstip_registratie, waarde_hash = excluded.waarde_hash, levering = excluded.levering
WHERE r.waarde_hash <> excluded.waarde_hash

-- name: tel_verblijfsobject
SELECT count(*) FILTER (WHERE b.fout IS NOT NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.waarde_hash = b.waarde_hash),
  count(*) FILTER (WHERE b.fout IS NULL AND r.identificatie IS NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.waarde_hash <> b.waarde_hash),
  count(*) FILTER (WHERE b.fout IS NULL AND b.hersteld IS NOT NULL AND r.waarde_hash IS DISTINCT FROM b.waarde_hash)
FROM bron.verblijfsobject AS b LEFT JOIN register.verblijfsobject AS r USING (identificatie)

-- name: schrijf_verblijfsobject
INSERT INTO register.verblijfsobject AS r (identificatie, status, oppervlakte_m2, gebruiksdoelen, nummeraanduiding,
  geometrie, begin_geldigheid, tijdstip_registratie, waarde_hash, levering)
SELECT identificatie, status, oppervlakte_m2, gebruiksdoelen, nummeraanduiding, geometrie, begin_geldigheid,
  tijdstip_registratie, waarde_hash, %(levering)s
FROM bron.verblijfsobject WHERE fout IS NULL
ON CONFLICT (identificatie) DO UPDATE SET
  status = excluded.status, oppervlakte_m2 = excluded.oppervlakte_m2, gebruiksdoelen = excluded.gebruiksdoelen,
  nummeraanduiding = excluded.nummeraanduiding, geometrie = excluded.geometrie,
  begin_geldigheid = excluded.begin_geldigheid, tijdstip_registratie = excluded.tijdstip_registratie,
  waarde_hash = excluded.waarde_hash, levering = excluded.levering
WHERE r.waarde_hash <> excluded.waarde_hash

-- name: wis_panden_van_gewijzigde
-- Links of what was just written that hold no more; new ones have none. A link that stays is left alone: one that comes anew
-- says that a building has other units, and its neighbours are labelled anew.
DELETE FROM register.verblijfsobject_pand AS l USING bron.verblijfsobject AS b, register.verblijfsobject AS v
WHERE b.identificatie = v.identificatie AND v.identificatie = l.verblijfsobject AND v.levering = %(levering)s
  AND l.pand <> ALL (coalesce(b.panden, '{}'))

-- name: wis_nevenadressen_van_gewijzigde
DELETE FROM register.verblijfsobject_nevenadres AS l USING bron.verblijfsobject AS b, register.verblijfsobject AS v
WHERE b.identificatie = v.identificatie AND v.identificatie = l.verblijfsobject AND v.levering = %(levering)s

-- name: schrijf_panden_van_gewijzigde
INSERT INTO register.verblijfsobject_pand (verblijfsobject, pand)
SELECT b.identificatie, pand
FROM bron.verblijfsobject AS b
JOIN register.verblijfsobject AS v USING (identificatie)
CROSS JOIN unnest(b.panden) AS pand
WHERE b.fout IS NULL AND v.levering = %(levering)s
ON CONFLICT DO NOTHING

-- name: schrijf_nevenadressen_van_gewijzigde
INSERT INTO register.verblijfsobject_nevenadres (verblijfsobject, nummeraanduiding)
SELECT b.identificatie, adres
FROM bron.verblijfsobject AS b
JOIN register.verblijfsobject AS v USING (identificatie)
CROSS JOIN unnest(b.nevenadressen) AS adres
WHERE b.fout IS NULL AND v.levering = %(levering)s

-- name: tel_nummeraanduiding
SELECT count(*) FILTER (WHERE b.fout IS NOT NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.nummeraanduiding IS NOT NULL AND NOT verschilt),
  count(*) FILTER (WHERE b.fout IS NULL AND r.nummeraanduiding IS NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.nummeraanduiding IS NOT NULL AND verschilt),
  0
FROM bron.adres AS b
LEFT JOIN register.adres AS r ON r.nummeraanduiding = b.identificatie
CROSS JOIN LATERAL (SELECT
  (b.status, b.postcode, b.huisnummer, b.huisletter, b.toevoeging, b.openbareruimte, b.woonplaats) IS DISTINCT FROM
  (r.status, r.postcode, r.huisnummer, r.huisletter, r.toevoeging, r.openbareruimte, r.woonplaats) AS verschilt) AS v

-- name: schrijf_nummeraanduiding
INSERT INTO register.adres AS r (nummeraanduiding, status, postcode, huisnummer, huisletter, toevoeging, openbareruimte,
  woonplaats, levering)
SELECT identificatie, status, postcode, huisnummer, huisletter, toevoeging, openbareruimte, woonplaats, %(levering)s
FROM bron.adres WHERE fout IS NULL
ON CONFLICT (nummeraanduiding) DO UPDATE SET
  status = excluded.status, postcode = excluded.postcode, huisnummer = excluded.huisnummer,
  huisletter = excluded.huisletter, toevoeging = excluded.toevoeging, openbareruimte = excluded.openbareruimte,
  woonplaats = excluded.woonplaats, levering = excluded.levering
WHERE (r.status, r.postcode, r.huisnummer, r.huisletter, r.toevoeging, r.openbareruimte, r.woonplaats) IS DISTINCT FROM
  (excluded.status, excluded.postcode, excluded.huisnummer, excluded.huisletter, excluded.toevoeging,
   excluded.openbareruimte, excluded.woonplaats)

-- name: tel_plaats
SELECT count(*) FILTER (WHERE b.fout IS NOT NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.waarde_hash = b.waarde_hash),
  count(*) FILTER (WHERE b.fout IS NULL AND r.identificatie IS NULL),
  count(*) FILTER (WHERE b.fout IS NULL AND r.waarde_hash <> b.waarde_hash),
  count(*) FILTER (WHERE b.fout IS NULL AND b.hersteld IS NOT NULL AND r.waarde_hash IS DISTINCT FROM b.waarde_hash)
FROM bron.plaats AS b LEFT JOIN register.plaats AS r USING (identificatie)
WHERE b.soort = %(soort)s

-- name: schrijf_plaats
INSERT INTO register.plaats AS r (identificatie, soort, status, geometrie, geometrie_hersteld, begin_geldigheid,
  tijdstip_registratie, waarde_hash, levering)
SELECT identificatie, soort, status, geometrie, hersteld, begin_geldigheid, tijdstip_registratie, waarde_hash, %(levering)s
FROM bron.plaats WHERE fout IS NULL
ON CONFLICT (identificatie) DO UPDATE SET
  soort = excluded.soort, status = excluded.status, geometrie = excluded.geometrie,
  geometrie_hersteld = excluded.geometrie_hersteld, begin_geldigheid = excluded.begin_geldigheid,
  tijdstip_registratie = excluded.tijdstip_registratie, waarde_hash = excluded.waarde_hash, levering = excluded.levering
WHERE r.waarde_hash <> excluded.waarde_hash

-- What a full extract no longer has ends. An object belongs to the municipality whose extract brought it last; one that
-- came from a file without such a statement, or from a national extract, belongs by the first digits of its identification.

-- name: vervallen_pand
WITH weg AS (
  DELETE FROM register.pand AS r USING beheer.levering AS l
  WHERE l.nummer = r.levering
    AND (%(gebied)s::text[] @> '{NL}' OR l.gebied && %(gebied)s::text[]
      OR ((l.gebied IS NULL OR l.gebied @> '{NL}') AND 'GM' || left(r.identificatie, 4) = ANY (%(gebied)s::text[])))
    AND NOT EXISTS (SELECT FROM bron.pand AS b WHERE b.identificatie = r.identificatie)
  RETURNING r.identificatie)
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, reden)
SELECT %(levering)s, 'vervallen', 'pand', identificatie, 'komt niet meer voor in het volledige extract' FROM weg

-- name: vervallen_verblijfsobject
WITH weg AS (
  DELETE FROM register.verblijfsobject AS r USING beheer.levering AS l
  WHERE l.nummer = r.levering
    AND (%(gebied)s::text[] @> '{NL}' OR l.gebied && %(gebied)s::text[]
      OR ((l.gebied IS NULL OR l.gebied @> '{NL}') AND 'GM' || left(r.identificatie, 4) = ANY (%(gebied)s::text[])))
    AND NOT EXISTS (SELECT FROM bron.verblijfsobject AS b WHERE b.identificatie = r.identificatie)
  RETURNING r.identificatie)
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, reden)
SELECT %(levering)s, 'vervallen', 'verblijfsobject', identificatie, 'komt niet meer voor in het volledige extract' FROM weg

-- name: vervallen_nummeraanduiding
WITH weg AS (
  DELETE FROM register.adres AS r USING beheer.levering AS l
  WHERE l.nummer = r.levering
    AND (%(gebied)s::text[] @> '{NL}' OR l.gebied && %(gebied)s::text[]
      OR ((l.gebied IS NULL OR l.gebied @> '{NL}') AND 'GM' || left(r.nummeraanduiding, 4) = ANY (%(gebied)s::text[])))
    AND NOT EXISTS (SELECT FROM bron.adres AS b WHERE b.identificatie = r.nummeraanduiding)
  RETURNING r.nummeraanduiding)
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, reden)
SELECT %(levering)s, 'vervallen', 'nummeraanduiding', nummeraanduiding, 'komt niet meer voor in het volledige extract'
FROM weg

-- name: vervallen_plaats
WITH weg AS (
  DELETE FROM register.plaats AS r USING beheer.levering AS l
  WHERE l.nummer = r.levering AND r.soort = %(soort)s
    AND (%(gebied)s::text[] @> '{NL}' OR l.gebied && %(gebied)s::text[]
      OR ((l.gebied IS NULL OR l.gebied @> '{NL}') AND 'GM' || left(r.identificatie, 4) = ANY (%(gebied)s::text[])))
    AND NOT EXISTS (SELECT FROM bron.plaats AS b WHERE b.identificatie = r.identificatie)
  RETURNING r.identificatie)
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, reden)
SELECT %(levering)s, 'vervallen', %(soort)s, identificatie, 'komt niet meer voor in het volledige extract' FROM weg

-- Unchanged objects that another municipality's extract, or a file without a statement, brought before: they belong to
-- this delivery from now on.

-- name: overgenomen_pand
UPDATE register.pand AS r SET levering = %(levering)s
FROM bron.pand AS b, beheer.levering AS l
WHERE b.identificatie = r.identificatie AND b.fout IS NULL AND l.nummer = r.levering
  AND l.gebied IS DISTINCT FROM %(gebied)s::text[]

-- name: overgenomen_verblijfsobject
UPDATE register.verblijfsobject AS r SET levering = %(levering)s
FROM bron.verblijfsobject AS b, beheer.levering AS l
WHERE b.identificatie = r.identificatie AND b.fout IS NULL AND l.nummer = r.levering
  AND l.gebied IS DISTINCT FROM %(gebied)s::text[]

-- name: overgenomen_nummeraanduiding
UPDATE register.adres AS r SET levering = %(levering)s
FROM bron.adres AS b, beheer.levering AS l
WHERE b.identificatie = r.nummeraanduiding AND b.fout IS NULL AND l.nummer = r.levering
  AND l.gebied IS DISTINCT FROM %(gebied)s::text[]

-- name: overgenomen_plaats
UPDATE register.plaats AS r SET levering = %(levering)s
FROM bron.plaats AS b, beheer.levering AS l
WHERE b.identificatie = r.identificatie AND b.fout IS NULL AND l.nummer = r.levering
  AND l.gebied IS DISTINCT FROM %(gebied)s::text[]

-- name: onbekende_gemeenten
-- Municipalities of the delivery of which no boundary is loaded: kept by name, without geometry.
WITH nieuw AS (
  SELECT 'GM' || left(identificatie, 4) AS gemeentecode FROM bron.pand WHERE fout IS NULL
  UNION SELECT code FROM unnest(%(codes)s::text[]) AS code)
INSERT INTO register.gemeente (gemeentecode, naam, land, bestaat, levering)
SELECT gemeentecode, coalesce(%(namen)s::jsonb ->> gemeentecode, gemeentecode), 'NL', false, %(levering)s
FROM nieuw
ON CONFLICT (gemeentecode) DO NOTHING

-- name: naam_gemeente
-- A name that only the delivery document knows.
UPDATE register.gemeente SET naam = %(namen)s::jsonb ->> gemeentecode
WHERE naam = gemeentecode AND %(namen)s::jsonb ? gemeentecode

-- name: bevindingen_gemeente
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, reden)
SELECT %(levering)s, 'melding', 'gemeente', g.gemeentecode,
  format('gemeente %s (%s) bestaat niet (meer) in de geladen grenzen', substr(g.gemeentecode, 3), g.naam)
FROM register.gemeente AS g
WHERE NOT g.bestaat AND g.gemeentecode IN (
  SELECT 'GM' || left(identificatie, 4) FROM bron.pand WHERE fout IS NULL UNION SELECT unnest(%(codes)s::text[]))
ORDER BY g.gemeentecode
