SELECT code AS identificatie, plaats AS naam, plaats AS bronhouder, code AS bronhoudercode, 'gemeente' AS bevoegdgezag,
  code AS gemeentecode, NULL AS begin_geldigheid, NULL AS eind_geldigheid, NULL AS tijdstip_registratie,
  NULL AS geometrie_hersteld, ST_Multi(ST_MakeEnvelope(x, 509000, x + 2000, 511000, 28992)) AS geometrie
FROM (VALUES ('GM9901', 'Weiland', 159000), ('GM9902', 'Dijkveen', 161000)) AS gemeente(code, plaats, x)
