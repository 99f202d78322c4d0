-- Mutations of the BAG: from what was staged to the last state per object, judged by what the register holds.
-- {bron} and {register} are the tables of the kind %(soort)s, {soort} is a condition where two kinds share one.

-- name: analyseer
ANALYZE bron.bag_pand, bron.bag_verblijfsobject, bron.bag_nummeraanduiding, bron.bag_was, bron.bag_eind

-- name: gemeenten
-- Municipalities that are loaded, as the first digits of identifications: those that an extract was complete for, and
-- those of which buildings are there. NL stands for all.
SELECT CASE code WHEN 'NL' THEN code ELSE substr(code, 3) END
FROM beheer.levering CROSS JOIN unnest(gebied) AS code WHERE bron = 'bag' AND status = 'klaar'
UNION
SELECT substr(gemeentecode, 3) FROM register.gemeente AS g
WHERE land = 'NL' AND EXISTS (SELECT FROM register.pand AS p WHERE p.gemeentecode = g.gemeentecode)

-- name: was_eigen
-- What the same delivery brought before: only the state before the whole delivery is compared with the register.
DELETE FROM bron.bag_was AS w USING {bron} AS b
WHERE w.soort = %(soort)s AND {soort} AND b.identificatie = w.identificatie AND b.mutatie < w.mutatie

-- name: achterhaald
-- States that the same delivery replaces or ends: the highest occurrence counts, of one occurrence the last mutation.
DELETE FROM {bron} AS b
USING (SELECT identificatie, max(ARRAY[coalesce(voorkomen, 0), mutatie]) AS laatste FROM {bron} GROUP BY 1) AS l
LEFT JOIN (
  SELECT identificatie, max(ARRAY[coalesce(voorkomen, 0), mutatie]) AS eind FROM bron.bag_eind
  WHERE soort = %(soort)s GROUP BY 1) AS e USING (identificatie)
WHERE l.identificatie = b.identificatie AND {soort}
  AND ARRAY[coalesce(b.voorkomen, 0), b.mutatie] < greatest(l.laatste, e.eind)

-- name: elders
-- Objects of municipalities that are not loaded. One without a proper identification stays, to be refused with its place.
DELETE FROM {bron} AS b
WHERE {soort} AND b.identificatie ~ '^[0-9]{{16}}$' AND left(b.identificatie, 4) <> ALL (%(codes)s)

-- name: was_elders
DELETE FROM bron.bag_was WHERE left(identificatie, 4) <> ALL (%(codes)s)

-- name: eind_elders
DELETE FROM bron.bag_eind WHERE left(identificatie, 4) <> ALL (%(codes)s)

-- name: gat
-- A day between the last delivery and this one is a day whose changes are missing.
INSERT INTO beheer.bevinding (levering, uitkomst, soort, reden)
SELECT %(levering)s, 'melding', 'levering',
  format('de mutaties van %s tot %s zijn niet geladen', to_char(max(stand), 'YYYY-MM-DD'), %(vanaf)s::text)
FROM beheer.levering WHERE bron = 'bag' AND status = 'klaar'
HAVING max(stand) < bron.als_datum(%(vanaf)s::text)

-- name: ouder
-- What the register has registered later than the mutation stays.
UPDATE {bron} AS b SET fout = coalesce(b.fout, format(
  'de mutatie (geregistreerd %s) is ouder dan wat het register heeft (geregistreerd %s)',
  b.tijdstip_registratie, to_char(r.tijdstip_registratie, 'YYYY-MM-DD"T"HH24:MI:SS.MS')))
FROM {register} AS r
WHERE {soort} AND r.identificatie = b.identificatie AND r.tijdstip_registratie > bron.als_tijdstip(b.tijdstip_registratie)

-- name: was_anders
-- The first thing that a delivery says of an object must be what the register has of it; where it is not, and the register
-- does not have the new state already, a delivery was left out.
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden)
SELECT %(levering)s, 'melding', %(soort)s, b.identificatie, coalesce(w.plaats, b.plaats),
  CASE
    WHEN w.identificatie IS NULL THEN format(
      'de mutatie voegt toe wat het register al heeft (status %L); de nieuwe toestand is overgenomen', r.status)
    WHEN r.identificatie IS NULL THEN
      'de mutatie wijzigt wat het register niet heeft; de nieuwe toestand is overgenomen. Is een levering overgeslagen?'
    ELSE format('de toestand voor de wijziging (status %L, geregistreerd %s) is niet die van het register (status %L,'
      ' geregistreerd %s); de nieuwe toestand is overgenomen. Is een levering overgeslagen?', w.status,
      w.tijdstip_registratie, r.status, to_char(r.tijdstip_registratie, 'YYYY-MM-DD"T"HH24:MI:SS.MS'))
  END
FROM {bron} AS b
LEFT JOIN {register} AS r ON r.identificatie = b.identificatie
LEFT JOIN (
  SELECT DISTINCT ON (identificatie) * FROM bron.bag_was WHERE soort = %(soort)s ORDER BY identificatie, mutatie
) AS w ON w.identificatie = b.identificatie
WHERE b.fout IS NULL AND {soort}
  -- the register has the new state already
  AND (r.status, r.tijdstip_registratie) IS DISTINCT FROM (b.status, bron.als_tijdstip(b.tijdstip_registratie))
  AND CASE
    WHEN w.identificatie IS NULL THEN r.identificatie IS NOT NULL
    WHEN r.identificatie IS NULL THEN true
    -- a file that says no times brought it: the status alone tells
    ELSE (r.status, coalesce(r.tijdstip_registratie, bron.als_tijdstip(w.tijdstip_registratie)))
      IS DISTINCT FROM (w.status, bron.als_tijdstip(w.tijdstip_registratie))
  END

-- name: vervallen
-- What a mutation ended without a next occurrence, unless the register knows better.
WITH einde AS (
  SELECT DISTINCT ON (e.identificatie) e.identificatie, e.plaats, e.reden, e.tijdstip_registratie
  FROM bron.bag_eind AS e
  WHERE e.soort = %(soort)s AND NOT EXISTS (SELECT FROM {bron} AS b WHERE b.identificatie = e.identificatie)
  ORDER BY e.identificatie, e.voorkomen DESC, e.mutatie DESC),
weg AS (
  DELETE FROM {register} AS r USING einde AS e
  WHERE r.identificatie = e.identificatie
    -- a file that says no times brought it
    AND coalesce(r.tijdstip_registratie = bron.als_tijdstip(e.tijdstip_registratie), true)
  RETURNING r.identificatie, e.plaats, e.reden),
gebleven AS (
  INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden)
  SELECT %(levering)s, 'melding', %(soort)s, e.identificatie, e.plaats,
    format('de mutatie beëindigt een andere toestand (geregistreerd %s) dan die van het register (geregistreerd %s); het'
      ' object blijft', e.tijdstip_registratie, to_char(r.tijdstip_registratie, 'YYYY-MM-DD"T"HH24:MI:SS.MS'))
  FROM einde AS e JOIN {register} AS r USING (identificatie)
  WHERE r.tijdstip_registratie <> bron.als_tijdstip(e.tijdstip_registratie))
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden)
SELECT %(levering)s, 'vervallen', %(soort)s, identificatie, plaats, format('beëindigd door een mutatie: %s', reden) FROM weg

-- name: vervallen_adres
WITH weg AS (
  DELETE FROM register.adres AS r USING bron.bag_eind AS e
  WHERE e.soort = 'nummeraanduiding' AND r.nummeraanduiding = e.identificatie
    AND NOT EXISTS (SELECT FROM {bron} AS b WHERE b.identificatie = e.identificatie)
  RETURNING r.nummeraanduiding, e.plaats, e.reden)
INSERT INTO beheer.bevinding (levering, uitkomst, soort, sleutel, plaats, reden)
SELECT %(levering)s, 'vervallen', 'nummeraanduiding', nummeraanduiding, plaats,
  format('beëindigd door een mutatie: %s', reden) FROM weg

-- name: hernoemd
-- A street has one name in a town: addresses follow it.
UPDATE register.adres AS a SET openbareruimte = b.naam, levering = %(levering)s
FROM bron.bag_openbareruimte AS b JOIN register.openbareruimte AS r USING (identificatie)
WHERE b.naam <> r.naam AND a.openbareruimte = r.naam AND a.woonplaats IS NOT DISTINCT FROM r.woonplaats

-- name: schrijf_openbareruimte
INSERT INTO register.openbareruimte AS r (identificatie, naam, woonplaats, levering)
SELECT DISTINCT ON (o.identificatie) o.identificatie, o.naam, coalesce(w.naam, r.woonplaats), %(levering)s
FROM bron.bag_openbareruimte AS o
LEFT JOIN (SELECT DISTINCT ON (identificatie) identificatie, naam FROM bron.bag_woonplaats
  ORDER BY identificatie, voorkomen DESC NULLS LAST) AS w ON w.identificatie = o.woonplaats
LEFT JOIN register.openbareruimte AS r ON r.identificatie = o.identificatie
WHERE o.identificatie IS NOT NULL
ORDER BY o.identificatie, o.voorkomen DESC NULLS LAST
ON CONFLICT (identificatie) DO UPDATE
SET naam = excluded.naam, woonplaats = excluded.woonplaats, levering = excluded.levering
WHERE (r.naam, r.woonplaats) IS DISTINCT FROM (excluded.naam, excluded.woonplaats)

-- name: panden_geraakt
SELECT count(DISTINCT pand) FROM register.kgl_geraakt WHERE levering = %(levering)s
