SELECT 'risico.' || nis AS identificatie, 'Locatie ' || nis AS naam, 'Gemeente ' || nis AS bronhouder, nis AS bronhoudercode,
  'gemeente' AS bevoegdgezag, nis AS gemeentecode, NULL AS begin_geldigheid, NULL AS eind_geldigheid,
  NULL AS tijdstip_registratie, NULL AS geometrie_hersteld, '17.1.1' AS rubriek, false AS geschrapt,
  ST_Multi(ST_MakeEnvelope(x, 170000, x + 100, 170100, 31370)) AS geometrie
FROM (VALUES ('99901', 150000), ('99902', 150200)) AS locatie(nis, x)
