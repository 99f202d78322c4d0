-- One row per building that the two sets label differently; a building that only one of them has judged is none.
SELECT
  'NL.IMEV.' || lower(p.gemeentecode) || '.' || a.pand AS identificatie,
  NULL::text AS naam,
  coalesce('Gemeente ' || g.naam, p.gemeentecode) AS bronhouder,
  p.gemeentecode AS bronhoudercode,
  coalesce('Gemeente ' || g.naam, p.gemeentecode) AS bevoegdgezag,
  p.gemeentecode,
  p.begin_geldigheid::timestamp AT TIME ZONE 'Europe/Amsterdam' AS begin_geldigheid,
  NULL::timestamptz AS eind_geldigheid,
  greatest(a.berekend_op, b.berekend_op) AS tijdstip_registratie,
  p.geometrie_hersteld,
  a.pand AS id_pand_bag,
  a.categorie AS categorie_basisvulling,
  b.categorie AS categorie_bkl_vi,
  CASE
    WHEN a.categorie = 'niet_bepaald' THEN 'wel_bepaald'
    WHEN b.categorie = 'niet_bepaald' THEN 'niet_bepaald'
    WHEN array_position(zwaarte.oplopend, b.categorie) > array_position(zwaarte.oplopend, a.categorie) THEN 'zwaarder'
    ELSE 'lichter'
  END AS richting,
  a.regel AS regel_basisvulling,
  b.regel AS regel_bkl_vi,
  (SELECT string_agg(doel, ', ' ORDER BY nummer) FROM jsonb_array_elements_text(a.invoer -> 'gebruiksdoelen')
     WITH ORDINALITY AS d (doel, nummer)) AS gebruiksdoelen,
  p.geometrie
FROM register.kgl_label a
JOIN register.kgl_label b ON b.pand = a.pand AND b.regelset = 'bkl-vi' AND b.categorie <> a.categorie
JOIN register.pand p ON p.identificatie = a.pand
LEFT JOIN register.gemeente g ON g.gemeentecode = p.gemeentecode
CROSS JOIN (SELECT ARRAY['beperktKwetsbaar', 'kwetsbaar', 'zeerKwetsbaar'] AS oplopend) AS zwaarte
WHERE a.regelset = 'basisvulling'
