-- What the layers of references, of the basisnet and of all contours are rows of, beside the views of 0020.

-- The values of an attribute that may come several times, in their order.
CREATE FUNCTION register.opsomming(waarden jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT string_agg(waarde, ', ' ORDER BY plek) FROM jsonb_array_elements_text(waarden) WITH ORDINALITY AS w (waarde, plek)
$$;

-- Where lines do not enclose all of an area that they are published as: says so, else null.
CREATE FUNCTION register.open_lijnen(contour geometry, vlak geometry) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'Lijn deels open; alleen wat zij insluit is vlak.'
  WHERE ST_Dimension(contour) = 1 AND ST_Length(contour) - ST_Perimeter(vlak) > 0.01
$$;

-- As in 0020, with what is particular to a class of activities and of references.
CREATE OR REPLACE VIEW register.ev_activiteit AS
SELECT
  a.nummer,
  a.identificatie,
  coalesce(l.kenmerken ->> 'bedrijfsnaam', l.kenmerken ->> 'naamExploitant', l.kenmerken ->> 'eigenaar',
    l.kenmerken ->> 'route') AS naam,
  coalesce(a.bronhouder, l.bronhouder) AS bronhouder,
  a.bronhoudercode,
  a.kenmerken ->> 'bevoegdGezag' AS bevoegdgezag,
  a.begin_geldigheid,
  a.eind_geldigheid,
  a.tijdstip_registratie,
  l.geometrie_hersteld,
  locatie_klasse.familie,
  a.entity_type AS evactiviteit,
  activiteit_klasse.activiteit,
  activiteit_klasse.bkl_code,
  a.kenmerken ->> 'idActiviteitTR' AS id_activiteit_tr,
  coalesce(activiteit_klasse.seveso, false) AS seveso,
  l.kenmerken ->> 'bedrijfsnaam' AS bedrijfsnaam,
  l.kenmerken ->> 'naamExploitant' AS naamexploitant,
  l.geen_waarde ->> 'naamExploitant' AS naamexploitant_geen_waarde,
  l.kenmerken ->> 'locatieomschrijving' AS locatieomschrijving,
  coalesce(a.kenmerken ->> 'omschrijving', l.kenmerken ->> 'omschrijving') AS omschrijving,
  a.kenmerken ->> 'basisVergunningNummer' AS basis_vergunning_nummer,
  a.geen_waarde ->> 'basisVergunningNummer' AS basis_vergunning_nummer_geen_waarde,
  (a.kenmerken ->> 'datumVergunningOfMelding')::date AS datum_vergunning_of_melding,
  a.geen_waarde ->> 'datumVergunningOfMelding' AS datum_vergunning_of_melding_geen_waarde,
  (a.kenmerken ->> 'datumLaatsteWijziging')::date AS datum_laatste_wijziging,
  a.geen_waarde ->> 'datumLaatsteWijziging' AS datum_laatste_wijziging_geen_waarde,
  (a.kenmerken ->> 'vergunningsPlicht')::boolean AS vergunnings_plicht,
  (SELECT string_agg(waarde, ', ' ORDER BY plek)
   FROM jsonb_array_elements_text(a.kenmerken -> 'balActiviteit') WITH ORDINALITY AS bal (waarde, plek)) AS bal_activiteit,
  l.kenmerken ->> 'route' AS route,
  l.kenmerken ->> 'type' AS type_vervoer,
  l.identificatie AS id_locatie,
  a.imev_versie,
  ST_Multi(l.geometrie) AS geometrie,
  a.kenmerken
FROM register.imev_nu AS a
JOIN register.imev_nu AS l ON l.nummer = a.ouder
JOIN register.imev_klasse AS activiteit_klasse ON activiteit_klasse.naam = a.entity_type
JOIN register.imev_klasse AS locatie_klasse ON locatie_klasse.naam = l.entity_type
WHERE a.soort = 'activiteit';

CREATE OR REPLACE VIEW register.ev_referentie AS
SELECT
  r.nummer,
  r.identificatie,
  a.naam,
  coalesce(r.bronhouder, a.bronhouder) AS bronhouder,
  r.bronhoudercode,
  a.bevoegdgezag,
  r.begin_geldigheid,
  r.eind_geldigheid,
  r.tijdstip_registratie,
  r.geometrie_hersteld,
  a.familie,
  r.entity_type AS referentie,
  r.kenmerken ->> 'omschrijving' AS omschrijving,
  a.evactiviteit,
  a.activiteit,
  a.bkl_code,
  a.id_activiteit_tr,
  a.seveso,
  a.bedrijfsnaam,
  a.naamexploitant,
  r.geen_waarde ->> 'resulteertIn' AS resulteert_in_geen_waarde,
  a.identificatie AS id_activiteit,
  a.id_locatie,
  r.kenmerken,
  r.geometrie,
  r.geen_waarde
FROM register.imev_nu AS r
JOIN register.ev_activiteit AS a ON a.nummer = r.ouder
WHERE r.soort = 'referentie';

-- As in 0020, but an area of which the lines are partly open says so.
CREATE OR REPLACE VIEW register.ev_contour AS
SELECT
  c.nummer,
  c.identificatie,
  r.naam,
  coalesce(c.bronhouder, r.bronhouder) AS bronhouder,
  c.bronhoudercode,
  r.bevoegdgezag,
  register.gemeente_van(gebied.geometrie) AS gemeentecode,
  c.begin_geldigheid,
  c.eind_geldigheid,
  c.tijdstip_registratie,
  nullif(concat_ws(' ',
    coalesce(c.geometrie_hersteld, CASE WHEN c.geometrie IS NULL THEN r.geometrie_hersteld END),
    register.open_lijnen(c.geometrie, gebied.geometrie)), '') AS geometrie_hersteld,
  r.familie,
  klasse.gebied AS type,
  c.entity_type AS contour,
  r.bedrijfsnaam,
  r.naamexploitant,
  r.evactiviteit,
  r.activiteit,
  r.bkl_code,
  r.id_activiteit_tr,
  r.seveso,
  r.referentie,
  c.kenmerken ->> 'categorieAandachtsgebied' AS categorieaandachtsgebied,
  c.kenmerken ->> 'aardRisico' AS aard_risico,
  coalesce(stof.een ->> 'naam', stof.categorie ->> 'categorieNaam') AS maatgevende_stof,
  c.geen_waarde ->> 'maatgevendeStof' AS maatgevende_stof_geen_waarde,
  stof.een ->> 'naam' AS stof,
  stof.categorie ->> 'categorieNaam' AS stofcategorie,
  coalesce(stof.een ->> 'chemischeNaam', stof.categorie ->> 'chemischeNaam') AS chemische_naam,
  stof.een ->> 'CASnummer' AS cas_nummer,
  stof.een ->> 'UNnummer' AS un_nummer,
  c.afstand_m,
  c.kenmerken ->> 'typeBrand' AS type_brand,
  (c.kenmerken ->> 'bleve')::boolean AS bleve,
  c.kenmerken ->> 'typeCivExpAandachtsgebied' AS type_civ_exp_aandachtsgebied,
  c.kenmerken ->> 'typeMilitairExpAandachtsgebied' AS type_militair_exp_aandachtsgebied,
  c.kenmerken ->> 'typePlaatsgebondenRisico' AS type_plaatsgebonden_risico,
  c.kenmerken ->> 'typeOverigeContour' AS type_overige_contour,
  -- an area that stands in for one that is still to be calculated says so in its name
  c.identificatie ILIKE '%placeholder%' AS placeholder,
  r.identificatie AS id_referentie,
  r.id_activiteit,
  r.id_locatie,
  gebied.geometrie
FROM register.imev_nu AS c
JOIN register.ev_referentie AS r ON r.nummer = c.ouder
JOIN register.imev_klasse AS klasse ON klasse.naam = c.entity_type
CROSS JOIN LATERAL (
  SELECT c.kenmerken #> '{maatgevendeStof,stof}' AS een, c.kenmerken #> '{maatgevendeStof,stofCategorie}' AS categorie
) AS stof
-- OFFSET 0 keeps the planner from drawing the area once per use
CROSS JOIN LATERAL (
  SELECT CASE
    WHEN c.geometrie IS NOT NULL THEN register.als_vlak(c.geometrie)
    ELSE register.als_vlak(ST_Buffer(r.geometrie, c.afstand_m, 'quad_segs=16'))
  END AS geometrie
  OFFSET 0
) AS gebied
WHERE c.soort = 'contour' AND gebied.geometrie IS NOT NULL;

-- Contours that are valid now and have no area, so that no layer of areas holds them; with ev_contour these are all.
CREATE VIEW register.ev_contour_zonder_vlak AS
SELECT c.nummer, c.identificatie, c.entity_type AS contour, c.bronhoudercode, r.familie, r.identificatie AS id_referentie,
  CASE
    WHEN c.geometrie IS NULL THEN format('afstand %s m van een referentie zonder oppervlak', c.afstand_m)
    WHEN ST_Dimension(c.geometrie) = 1 THEN 'open lijn'
    ELSE 'punt'
  END AS reden
FROM register.imev_nu AS c
JOIN register.ev_referentie AS r ON r.nummer = c.ouder
WHERE c.soort = 'contour'
  AND register.als_vlak(coalesce(c.geometrie, ST_Buffer(r.geometrie, c.afstand_m, 'quad_segs=1'))) IS NULL;

-- A location of the basisnet that is valid now, with the codes of the stretches that belong to it now.
CREATE VIEW register.basisnet AS
SELECT
  l.nummer,
  l.identificatie,
  l.kenmerken ->> 'route' AS naam,
  l.bronhouder,
  l.bronhoudercode,
  stukken.bevoegdgezag,
  l.begin_geldigheid,
  l.eind_geldigheid,
  l.tijdstip_registratie,
  l.geometrie_hersteld,
  l.kenmerken ->> 'type' AS type,
  l.kenmerken ->> 'route' AS route,
  stukken.trajectcode,
  stukken.watervakcode,
  stukken.wegvakcode,
  stukken.referentiesoort,
  l.imev_versie,
  ST_Multi(l.geometrie) AS geometrie
FROM register.imev_nu AS l
CROSS JOIN LATERAL (
  SELECT
    string_agg(DISTINCT a.kenmerken ->> 'bevoegdGezag', ', ') AS bevoegdgezag,
    string_agg(DISTINCT r.kenmerken ->> 'trajectcode', ', ') AS trajectcode,
    string_agg(DISTINCT r.kenmerken ->> 'watervakcode', ', ') AS watervakcode,
    string_agg(DISTINCT r.kenmerken ->> 'wegvakcode', ', ') AS wegvakcode,
    string_agg(DISTINCT r.kenmerken ->> 'referentiesoort', ', ') AS referentiesoort
  FROM register.imev_nu AS a LEFT JOIN register.imev_nu AS r ON r.ouder = a.nummer AND r.soort = 'referentie'
  WHERE a.ouder = l.nummer AND a.soort = 'activiteit'
) AS stukken
WHERE l.soort = 'locatie' AND l.entity_type = 'LocatieBasisnet';
