-- IMEV: what the views over the register need to know of a class, staging, and the views that the layers of activities and
-- contours are rows of. A layer is a WHERE over register.ev_activiteit, ev_referentie or ev_contour.

-- What a voidable attribute holds instead of a value, by attribute; `kenmerken` holds values only.
ALTER TABLE register.imev_object ADD COLUMN geen_waarde jsonb NOT NULL DEFAULT '{}';

-- The classes of config/imev as far as SQL needs them; written with every load.
CREATE TABLE register.imev_klasse (
  naam text PRIMARY KEY,
  soort text NOT NULL,
  -- ev (companies), bl (pipelines), bn (basisnet) …: of a location, for all that hangs under it
  familie text,
  -- brand, explosie, gifwolk …: of an aandachtsgebied
  gebied text,
  bkl_code text,
  activiteit text,
  seveso boolean NOT NULL DEFAULT false
);

CREATE UNLOGGED TABLE bron.imev_object (
  -- order in the message; `ouder` is the order of the object above it, null for the root
  volgorde integer, ouder integer, plaats text, fout text, identificatie text, soort text, entity_type text,
  bronhoudercode text, bronhouder text, begin_geldigheid text, eind_geldigheid text, kenmerken jsonb, geen_waarde jsonb,
  geometrie geometry, dimensie integer, hersteld text, afstand_m double precision, imev_versie text, waarde_hash bytea
);

-- Valid now, on both time axes. transaction_timestamp(): all layers of one publication agree on what "now" is.
CREATE VIEW register.imev_nu AS
SELECT * FROM register.imev_object
WHERE begin_geldigheid <= transaction_timestamp()
  AND (eind_geldigheid IS NULL OR eind_geldigheid > transaction_timestamp())
  AND tijdstip_registratie <= transaction_timestamp()
  AND (eind_registratie IS NULL OR eind_registratie > transaction_timestamp());

-- The Dutch municipality that holds most of a geometry (of a line its length, of a point the point); null outside all.
-- The dear intersection is asked only where several municipalities compete.
CREATE FUNCTION register.gemeente_van(plek geometry) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT gemeentecode
  FROM (
    SELECT gemeentecode, geometrie, count(*) OVER () AS aantal
    FROM register.gemeente
    WHERE land = 'NL' AND ST_Intersects(geometrie, plek)
  ) AS kandidaat
  ORDER BY CASE
      WHEN aantal = 1 THEN 0
      WHEN ST_Dimension(plek) = 2 THEN -ST_Area(ST_Intersection(geometrie, plek))
      WHEN ST_Dimension(plek) = 1 THEN -ST_Length(ST_Intersection(geometrie, plek))
      ELSE 0
    END, gemeentecode
  LIMIT 1
$$;

-- The area of a contour: its polygons, or what its closed lines enclose; null where it has none.
CREATE FUNCTION register.als_vlak(contour geometry) RETURNS geometry LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN NOT ST_IsEmpty(vlak) THEN ST_Multi(vlak) END
  FROM (SELECT CASE ST_Dimension(contour)
      WHEN 2 THEN ST_CollectionExtract(contour, 3)
      WHEN 1 THEN ST_BuildArea(contour)
    END AS vlak) AS gebied
$$;

-- An activity that is valid now with its location, which must be valid too. `geometrie` is the location's (null for
-- pipelines, whose geometry is their reference).
CREATE VIEW register.ev_activiteit AS
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
  ST_Multi(l.geometrie) AS geometrie
FROM register.imev_nu AS a
JOIN register.imev_nu AS l ON l.nummer = a.ouder
JOIN register.imev_klasse AS activiteit_klasse ON activiteit_klasse.naam = a.entity_type
JOIN register.imev_klasse AS locatie_klasse ON locatie_klasse.naam = l.entity_type
WHERE a.soort = 'activiteit';

-- A reference that is valid now, with its activity and location.
CREATE VIEW register.ev_referentie AS
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
  r.geometrie
FROM register.imev_nu AS r
JOIN register.ev_activiteit AS a ON a.nummer = r.ouder
WHERE r.soort = 'referentie';

-- A contour that is valid now, with everything above it. A distance is drawn around the reference: 64 segments to the
-- circle, so that its area is 0.16 % too small. A contour without any area (a point, an open line, distance 0 from a
-- point) has no row.
CREATE VIEW register.ev_contour AS
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
  coalesce(c.geometrie_hersteld, CASE WHEN c.geometrie IS NULL THEN r.geometrie_hersteld END) AS geometrie_hersteld,
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
