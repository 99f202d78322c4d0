SELECT
  identificatie, naam, bronhouder, bronhoudercode, bevoegdgezag,
  register.gemeente_van(geometrie) AS gemeentecode,
  begin_geldigheid, eind_geldigheid, tijdstip_registratie, geometrie_hersteld,
  familie, referentie, omschrijving, bedrijfsnaam, naamexploitant, evactiviteit, activiteit, bkl_code, id_activiteit_tr, seveso,
  resulteert_in_geen_waarde, id_activiteit, id_locatie,
  (kenmerken ->> 'bovengronds')::boolean AS bovengronds,
  (kenmerken ->> 'diameter')::double precision AS diameter,
  kenmerken ->> 'trajectcode' AS trajectcode,
  kenmerken ->> 'watervakcode' AS watervakcode,
  kenmerken ->> 'wegvakcode' AS wegvakcode,
  kenmerken ->> 'referentiesoort' AS referentiesoort,
  ST_Multi(geometrie) AS geometrie
FROM register.ev_referentie
WHERE familie <> 'bl' AND ST_Dimension(geometrie) = 1
