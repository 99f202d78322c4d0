-- A location as its owner delivered it, valid now, of municipalities that have published. No rule labels it: a location has no
-- functions. IMEV knows no zeerKwetsbaar here, and gegevenInTransitie reads niet_bepaald, as for buildings.
-- The warning: more than 50 persons are many (toelichting REV, aanpak): an overnight stay of so many is kwetsbaar, one of at
-- most 50 beperkt kwetsbaar. Whether people sleep there is in no message, so the category stands and the reader is told.
SELECT
  l.identificatie,
  NULL::text AS naam,
  l.bronhouder,
  l.bronhoudercode,
  coalesce('Gemeente ' || g.naam, l.gemeentecode) AS bevoegdgezag,
  l.gemeentecode,
  l.begin_geldigheid,
  l.eind_geldigheid,
  l.tijdstip_registratie,
  l.geometrie_hersteld,
  l.categorie AS categorie_kwetsbaarheid,
  l.populatie,
  (SELECT string_agg(perceel, ', ' ORDER BY plek)
   FROM jsonb_array_elements_text(l.kenmerken -> 'kadastraleAanduiding') WITH ORDINALITY AS k (perceel, plek))
    AS kadastrale_aanduiding,
  CASE
    WHEN l.categorie = 'kwetsbaar' AND l.populatie <= 50 THEN 'populatie_klein'
    WHEN l.categorie = 'beperktKwetsbaar' AND l.populatie > 50 THEN 'populatie_groot'
  END AS waarschuwingen,
  l.imev_versie,
  register.als_vlak(l.geometrie) AS geometrie
FROM (
  SELECT *,
    -- where most of it lies; outside the boundaries that are loaded, the municipality that its identifier names
    coalesce(register.gemeente_van(geometrie), upper(substring(identificatie FROM '^NL\.IMEV\.(gm[0-9]{4})\.'))) AS gemeentecode,
    CASE kenmerken ->> 'categorieKwetsbaarheid' WHEN 'gegevenInTransitie' THEN 'niet_bepaald'
      ELSE kenmerken ->> 'categorieKwetsbaarheid' END AS categorie,
    (kenmerken ->> 'populatie')::numeric::bigint AS populatie
  FROM register.imev_nu
  WHERE entity_type = 'KwetsbareLocatie'
) AS l
JOIN register.kgl_gemeente s ON s.gemeentecode = l.gemeentecode
LEFT JOIN register.gemeente g ON g.gemeentecode = l.gemeentecode
WHERE s.gepubliceerd_op <= transaction_timestamp()
