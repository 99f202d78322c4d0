SELECT
  identificatie, naam, bronhouder, bronhoudercode, bevoegdgezag,
  register.gemeente_van(geometrie) AS gemeentecode,
  begin_geldigheid, eind_geldigheid, tijdstip_registratie, geometrie_hersteld,
  familie, referentie, omschrijving, bedrijfsnaam, naamexploitant, evactiviteit, activiteit, bkl_code, id_activiteit_tr, seveso,
  resulteert_in_geen_waarde, id_activiteit, id_locatie,
  kenmerken ->> 'typeOpslagReferentie' AS type_opslag_referentie,
  (kenmerken ->> 'bovengronds')::boolean AS bovengronds,
  (kenmerken ->> 'inhoud')::double precision AS inhoud,
  (kenmerken ->> 'oppervlakte')::double precision AS oppervlakte,
  (kenmerken ->> 'aantalKoelinstallaties')::numeric::bigint AS aantal_koelinstallaties,
  kenmerken ->> 'opstellingsUitvoering' AS opstellings_uitvoering,
  (kenmerken ->> 'pompbeveiliging')::boolean AS pompbeveiliging,
  ST_Multi(geometrie) AS geometrie
FROM register.ev_referentie
WHERE familie <> 'bl' AND ST_Dimension(geometrie) = 2
