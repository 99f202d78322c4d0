-- Dutch municipalities with a boundary.
SELECT
  'NL.IMEV.' || lower(g.gemeentecode) || '.gemeente' AS identificatie,
  g.naam,
  'Gemeente ' || g.naam AS bronhouder,
  g.gemeentecode AS bronhoudercode,
  'Gemeente ' || g.naam AS bevoegdgezag,
  g.gemeentecode,
  NULL::timestamptz AS begin_geldigheid,
  NULL::timestamptz AS eind_geldigheid,
  NULL::timestamptz AS tijdstip_registratie,
  g.geometrie_hersteld,
  g.geometrie
FROM register.gemeente g
WHERE g.land = 'NL' AND g.geometrie IS NOT NULL
