SELECT 'pand.' || nummer AS identificatie, 'Pand ' || nummer AS naam, 'Weiland' AS bronhouder, 'GM9901' AS bronhoudercode,
  'gemeente' AS bevoegdgezag, 'GM9901' AS gemeentecode, timestamptz '2026-01-01' AS begin_geldigheid,
  NULL AS eind_geldigheid, timestamptz '2026-01-01' AS tijdstip_registratie, NULL AS geometrie_hersteld,
  categorie AS categorie_kwetsbaarheid,
  ST_Multi(ST_MakeEnvelope(160000 + (nummer - 1) * 40, 510000, 160020 + (nummer - 1) * 40, 510020, 28992)) AS geometrie
FROM unnest(ARRAY['zeerKwetsbaar', 'kwetsbaar', 'beperktKwetsbaar', 'niet_bepaald']) WITH ORDINALITY AS pand(categorie, nummer)
