-- One row per live pand with a live verblijfsobject, as its municipality has established it, of municipalities that have
-- published. Reason and article are the ones fit for everybody; the inputs that rest on a register stay behind.
SELECT
  'NL.IMEV.' || lower(v.gemeentecode) || '.' || v.pand AS identificatie,
  NULL::text AS naam,
  coalesce('Gemeente ' || g.naam, v.gemeentecode) AS bronhouder,
  v.gemeentecode AS bronhoudercode,
  coalesce('Gemeente ' || g.naam, v.gemeentecode) AS bevoegdgezag,
  v.gemeentecode,
  v.begin_geldigheid::timestamp AT TIME ZONE 'Europe/Amsterdam' AS begin_geldigheid,
  NULL::timestamptz AS eind_geldigheid,
  v.tijdstip_registratie,
  v.geometrie_hersteld,
  v.pand AS id_pand_bag,
  v.categorie AS categorie_kwetsbaarheid,
  v.gebruiksdoelen,
  v.oppervlakte_m2,
  v.regel,
  v.reden,
  v.reden_en,
  v.artikel,
  nullif(array_to_string(v.waarschuwingen, ', '), '') AS waarschuwingen,
  v.regelset,
  v.geometrie
FROM register.kgl_vastgesteld v
JOIN register.kgl_gemeente k ON k.gemeentecode = v.gemeentecode
LEFT JOIN register.gemeente g ON g.gemeentecode = v.gemeentecode
WHERE k.gepubliceerd_op <= transaction_timestamp()
