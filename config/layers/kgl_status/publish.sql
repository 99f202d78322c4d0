-- Dutch municipalities, and those with data of vulnerable buildings that no list of municipalities knows (any more).
SELECT
  'NL.IMEV.' || lower(gemeentecode) || '.kgl' AS identificatie,
  g.naam,
  coalesce('Gemeente ' || g.naam, gemeentecode) AS bronhouder,
  gemeentecode AS bronhoudercode,
  coalesce('Gemeente ' || g.naam, gemeentecode) AS bevoegdgezag,
  gemeentecode,
  NULL::timestamptz AS begin_geldigheid,
  NULL::timestamptz AS eind_geldigheid,
  greatest(k.overgenomen_op, k.gevalideerd_op, k.gepubliceerd_op) AS tijdstip_registratie,
  g.geometrie_hersteld,
  coalesce(k.overgenomen_op <= transaction_timestamp(), false) AS overgenomen,
  k.overgenomen_op,
  k.variant,
  coalesce(k.gevalideerd_op <= transaction_timestamp(), false) AS gevalideerd,
  k.gevalideerd_op,
  coalesce(k.gepubliceerd_op <= transaction_timestamp(), false) AS gepubliceerd,
  k.gepubliceerd_op,
  coalesce(g.bestaat, false) AS bestaat,
  g.geometrie
FROM (SELECT * FROM register.gemeente WHERE land = 'NL') g
FULL JOIN register.kgl_gemeente k USING (gemeentecode)
WHERE gemeentecode ~ '^GM'
