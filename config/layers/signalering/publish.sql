-- One row per attention area and contour of PR 10-6, with the vulnerable buildings and locations inside, as their
-- municipalities have published them. Where a part of an area is in no municipality that has published, nothing is counted:
-- unknown is not none. Every lookup goes by a spatial index, once per area; nothing is stored per pair.
WITH stand AS MATERIALIZED (
  SELECT gemeentecode, coalesce(k.gepubliceerd_op <= transaction_timestamp(), false) AS gepubliceerd
  FROM (SELECT gemeentecode FROM register.gemeente WHERE land = 'NL' AND bestaat) AS g
  FULL JOIN register.kgl_gemeente AS k USING (gemeentecode)
),
openbaar AS MATERIALIZED (
  SELECT gemeentecode, count(*) AS aantal
  FROM (
    SELECT gemeentecode FROM register.kgl_vastgesteld
    UNION ALL
    SELECT gemeentecode FROM register.kgl_locatie_openbaar WHERE geometrie IS NOT NULL
  ) AS objecten
  GROUP BY gemeentecode
)
SELECT
  g.identificatie, g.naam, g.bronhouder, g.bronhoudercode, g.bevoegdgezag, g.gemeentecode, g.begin_geldigheid,
  g.eind_geldigheid, g.tijdstip_registratie, g.geometrie_hersteld,
  g.familie, g.soort AS type, g.bedrijfsnaam, g.evactiviteit, g.activiteit, g.bkl_code, g.seveso, g.placeholder,
  g.op_afstand, g.afstand_m,
  CASE WHEN NOT oordeel.onbekend THEN gebouw.zkg END AS zkg,
  CASE WHEN NOT oordeel.onbekend THEN gebouw.kg END AS kg,
  CASE WHEN NOT oordeel.onbekend THEN gebouw.bkg END AS bkg,
  CASE WHEN NOT oordeel.onbekend THEN locatie.kl END AS kl,
  CASE WHEN NOT oordeel.onbekend THEN locatie.bkl END AS bkl,
  CASE WHEN NOT oordeel.onbekend THEN gebouw.niet_bepaald + locatie.niet_bepaald END AS niet_bepaald,
  -- a building may lie over the boundary of its municipality
  greatest(bekend.getest, gebouw.alle + locatie.alle) AS getest,
  gebouw.alle + locatie.alle AS gevonden,
  oordeel.onbekend,
  array_to_string(raakt.gemeenten, ', ') AS gemeenten,
  bekend.niet_gepubliceerd,
  oordeel.buiten_gemeenten,
  CASE WHEN g.soort = 'pr10_6' AND NOT oordeel.onbekend THEN gebouw.zkg + gebouw.kg + locatie.kl END AS grenswaarde,
  CASE WHEN g.soort = 'pr10_6' AND NOT oordeel.onbekend THEN gebouw.bkg + locatie.bkl END AS standaardwaarde,
  CASE WHEN g.soort IN ('brand', 'explosie') THEN true WHEN g.soort = 'gifwolk' THEN false END AS voorschriftengebied,
  g.id_referentie, g.id_activiteit, g.id_locatie,
  g.geometrie
FROM register.signalering_gebied AS g
CROSS JOIN LATERAL (
  SELECT array_agg(DISTINCT d.gemeentecode ORDER BY d.gemeentecode) AS gemeenten,
    coalesce(bool_or(ST_Covers(d.geometrie, g.geometrie)), false) AS in_een_deel
  FROM register.gemeente_deel AS d
  WHERE d.geometrie && ST_Expand(g.vorm, g.reikwijdte_m)
    AND CASE WHEN g.op_afstand THEN ST_DWithin(g.vorm, d.geometrie, g.reikwijdte_m)
      ELSE ST_Intersects(g.vorm, d.geometrie) END
) AS raakt
CROSS JOIN LATERAL (
  SELECT string_agg(s.gemeentecode, ', ' ORDER BY s.gemeentecode) FILTER (WHERE NOT s.gepubliceerd) AS niet_gepubliceerd,
    coalesce(sum(o.aantal) FILTER (WHERE s.gepubliceerd), 0)::bigint AS getest
  FROM stand AS s
  LEFT JOIN openbaar AS o USING (gemeentecode)
  WHERE s.gemeentecode = ANY (raakt.gemeenten)
) AS bekend
CROSS JOIN LATERAL (
  -- boundaries that are cut into parts fit to a hair: a square metre is no part of an area
  SELECT CASE
    WHEN raakt.gemeenten IS NULL THEN true
    WHEN raakt.in_een_deel THEN false
    ELSE ST_Area(g.geometrie) - (
      SELECT coalesce(sum(ST_Area(ST_Intersection(d.geometrie, g.geometrie))), 0)
      FROM register.gemeente_deel AS d WHERE ST_Intersects(g.geometrie, d.geometrie)) > 1
  END AS buiten_gemeenten
  OFFSET 0
) AS rand
CROSS JOIN LATERAL (
  SELECT rand.buiten_gemeenten, rand.buiten_gemeenten OR bekend.niet_gepubliceerd IS NOT NULL AS onbekend
) AS oordeel
CROSS JOIN LATERAL (
  SELECT
    count(*) AS alle,
    count(*) FILTER (WHERE v.categorie = 'zeerKwetsbaar') AS zkg,
    count(*) FILTER (WHERE v.categorie = 'kwetsbaar') AS kg,
    count(*) FILTER (WHERE v.categorie = 'beperktKwetsbaar') AS bkg,
    count(*) FILTER (WHERE v.categorie = 'niet_bepaald') AS niet_bepaald
  FROM register.kgl_vastgesteld AS v
  -- IS TRUE keeps this from becoming a join: the codes are hashed once, not looked up per building
  WHERE (v.gemeentecode IN (SELECT gemeentecode FROM stand WHERE gepubliceerd)) IS TRUE
    AND v.geometrie && ST_Expand(g.vorm, g.reikwijdte_m)
    AND CASE WHEN g.op_afstand THEN ST_DWithin(g.vorm, v.geometrie, g.reikwijdte_m)
      ELSE ST_Intersects(g.vorm, v.geometrie) END
) AS gebouw
CROSS JOIN LATERAL (
  SELECT
    count(*) AS alle,
    count(*) FILTER (WHERE l.categorie = 'kwetsbaar') AS kl,
    count(*) FILTER (WHERE l.categorie = 'beperktKwetsbaar') AS bkl,
    count(*) FILTER (WHERE l.categorie = 'niet_bepaald') AS niet_bepaald
  FROM register.kgl_locatie_openbaar AS l
  WHERE l.geleverd && ST_Expand(g.vorm, g.reikwijdte_m)
    AND CASE WHEN g.op_afstand THEN ST_DWithin(g.vorm, l.geometrie, g.reikwijdte_m)
      ELSE ST_Intersects(g.vorm, l.geometrie) END
) AS locatie
