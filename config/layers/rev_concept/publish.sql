-- What public layers would show otherwise if the drafts were published: areas alone, each once per layer that has it.
SELECT
  c.id::text || '.' || v.nummer AS identificatie,
  v.naam,
  NULL::text AS bronhouder,
  c.bronhoudercode,
  NULL::text AS bevoegdgezag,
  register.gemeente_van(v.geometrie) AS gemeentecode,
  NULL::timestamptz AS begin_geldigheid,
  NULL::timestamptz AS eind_geldigheid,
  c.gemaakt_op AS tijdstip_registratie,
  NULL::text AS geometrie_hersteld,
  c.id::text AS id_concept,
  c.identificatie AS id_locatie,
  v.laag,
  v.wijziging,
  v.identificatie AS id_object,
  ST_Multi(v.geometrie) AS geometrie
FROM beheer.imev_concept c
JOIN beheer.imev_concept_vorm v ON v.concept = c.id
WHERE c.gepubliceerd_op IS NULL AND v.wijziging <> 'gelijk' AND ST_Dimension(v.geometrie) = 2
