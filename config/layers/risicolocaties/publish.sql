-- The inventory as it stands, struck locations included.
SELECT
  r.identificatie,
  NULL::text AS naam,
  g.naam AS bronhouder,
  r.gemeentecode AS bronhoudercode,
  g.naam AS bevoegdgezag,
  r.gemeentecode,
  r.startdatum::timestamp AT TIME ZONE 'Europe/Brussels' AS begin_geldigheid,
  (r.einddatum + 1)::timestamp AT TIME ZONE 'Europe/Brussels' AS eind_geldigheid,
  r.tijdstip_registratie,
  r.geometrie_hersteld,
  r.rubriek, r.startdatum, r.einddatum, r.omv_nummer, r.iioa_nummer, r.wijziging_vergunning, r.bron_rubriek,
  r.omschrijving, r.geschrapt, r.capakey,
  r.geometrie
FROM register.risicolocatie r
LEFT JOIN register.gemeente g ON g.gemeentecode = r.gemeentecode
