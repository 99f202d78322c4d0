-- Permitted buildings with the label that the rules propose. Nobody has established these, so they are public only where a
-- municipality lets the rules speak for it: published, and the automatic variant.
SELECT
  'NL.IMEV.' || lower(p.gemeentecode) || '.' || l.pand AS identificatie,
  NULL::text AS naam,
  coalesce('Gemeente ' || g.naam, p.gemeentecode) AS bronhouder,
  p.gemeentecode AS bronhoudercode,
  coalesce('Gemeente ' || g.naam, p.gemeentecode) AS bevoegdgezag,
  p.gemeentecode,
  p.begin_geldigheid::timestamp AT TIME ZONE 'Europe/Amsterdam' AS begin_geldigheid,
  NULL::timestamptz AS eind_geldigheid,
  greatest(p.tijdstip_registratie, l.berekend_op) AS tijdstip_registratie,
  p.geometrie_hersteld,
  l.pand AS id_pand_bag,
  l.categorie AS categorie_kwetsbaarheid,
  'vergund' AS fase,
  p.status AS status_bag,
  (SELECT string_agg(doel, ', ' ORDER BY nummer) FROM jsonb_array_elements_text(l.invoer -> 'gebruiksdoelen')
     WITH ORDINALITY AS d (doel, nummer)) AS gebruiksdoelen,
  (l.invoer ->> 'oppervlakte_pand_m2')::bigint AS oppervlakte_m2,
  l.regel,
  l.reden,
  l.reden_en,
  l.artikel,
  nullif(array_to_string(l.waarschuwingen, ', '), '') AS waarschuwingen,
  l.regelset,
  p.geometrie
FROM register.kgl_label_vergund l
JOIN register.pand p ON p.identificatie = l.pand
JOIN register.kgl_gemeente k ON k.gemeentecode = p.gemeentecode
LEFT JOIN register.gemeente g ON g.gemeentecode = p.gemeentecode
WHERE l.regelset = 'basisvulling' AND k.gepubliceerd_op <= transaction_timestamp() AND k.variant = 'automatisch'
