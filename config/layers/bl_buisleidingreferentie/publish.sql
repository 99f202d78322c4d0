SELECT
  identificatie, naam, bronhouder, bronhoudercode, bevoegdgezag,
  register.gemeente_van(geometrie) AS gemeentecode,
  begin_geldigheid, eind_geldigheid, tijdstip_registratie, geometrie_hersteld,
  familie, referentie, omschrijving, bedrijfsnaam, naamexploitant, evactiviteit, activiteit, bkl_code, id_activiteit_tr, seveso,
  resulteert_in_geen_waarde, id_activiteit, id_locatie,
  kenmerken ->> 'status' AS status,
  kenmerken ->> 'buisleidingIdentificatie' AS buisleiding_identificatie,
  register.opsomming(kenmerken -> 'buisleidingCategorieStof') AS buisleiding_categorie_stof,
  kenmerken ->> 'buisleidingMateriaal' AS buisleiding_materiaal,
  kenmerken ->> 'buisleidingProduct' AS buisleiding_product,
  (kenmerken ->> 'wanddikte')::double precision AS wanddikte,
  (kenmerken ->> 'diameter')::double precision AS diameter,
  (kenmerken ->> 'bovenkantbuis')::double precision AS bovenkantbuis,
  (kenmerken ->> 'maximaleWerkdruk')::double precision AS maximale_werkdruk,
  ST_Multi(geometrie) AS geometrie
FROM register.ev_referentie
WHERE familie = 'bl'
