-- The answer key once more, straight from the decision table: register hits, then the functions, then the heaviest.
-- Reads the temporary tables pand, vbo, adres, treffer, topografie; gives pand, label, regel.
WITH levend AS (
  SELECT id, ST_MakeValid(geom) AS geom FROM pand
  WHERE status IN ('Pand in gebruik', 'Pand in gebruik (niet ingemeten)', 'Verbouwing pand', 'Pand buiten gebruik',
                   'Sloopvergunning verleend')
), bewoond AS (
  SELECT v.*, m2 NOT IN (0, 999, 9999, 99999, 999999) AS bekend FROM vbo v
  WHERE status IN ('Verblijfsobject in gebruik', 'Verblijfsobject in gebruik (niet ingemeten)',
                   'Verbouwing verblijfsobject', 'Verblijfsobject buiten gebruik')
), in_pand AS (
  SELECT l.id AS pand, b.* FROM bewoond b CROSS JOIN LATERAL unnest(b.panden) AS p(id) JOIN levend l ON l.id = p.id
), raak AS (
  SELECT t.register, t.code, t.status, v.id AS vbo
  FROM treffer t JOIN vbo v ON v.id = t.vbo WHERE t.vbo <> ''
  UNION ALL
  SELECT t.register, t.code, t.status, v.id
  FROM treffer t
  JOIN adres a ON (a.postcode, a.huisnummer, a.huisletter, a.toevoeging) = (t.postcode, t.huisnummer, t.huisletter, t.toevoeging)
  JOIN vbo v ON v.adres = a.id
  WHERE t.vbo = ''
), raak_pand AS (
  SELECT i.pand,
    bool_or(r.register = 'lrk' AND r.code IN ('KDV', 'BSO') AND r.status = 'Geregistreerd') AS lrk,
    bool_or(r.register = 'duo' AND r.code IN ('po', 'so', 'vso')) AS duo,
    bool_or(r.register = 'kvk' AND (replace(r.code, '.', '') LIKE '87302%' OR replace(r.code, '.', '') LIKE '9634%')) AS bed,
    bool_or(r.register = 'kvk' AND replace(r.code, '.', '') ~ '^(872|873|879)') AS zorg,
    bool_or(r.register = 'kvk' AND replace(r.code, '.', '') LIKE '511%') AS distributie
  FROM in_pand i JOIN raak r ON r.vbo = i.id GROUP BY i.pand
), feiten AS (
  SELECT pand,
    array_agg(DISTINCT doel) AS doelen,
    count(DISTINCT doel) AS functies
  FROM in_pand CROSS JOIN LATERAL unnest(doelen) AS d(doel) GROUP BY pand
), maten AS (
  SELECT pand,
    coalesce(sum(m2) FILTER (WHERE bekend), 0) AS m2, bool_and(bekend) AS bekend,
    count(*) FILTER (WHERE 'winkelfunctie' = ANY (doelen)) AS winkels,
    coalesce(max(m2) FILTER (WHERE 'winkelfunctie' = ANY (doelen) AND bekend), 0) AS grootste_winkel,
    bool_and(bekend) FILTER (WHERE 'winkelfunctie' = ANY (doelen)) AS winkels_bekend,
    count(*) FILTER (WHERE 'logiesfunctie' = ANY (doelen)) AS logies,
    coalesce(sum(m2) FILTER (WHERE 'logiesfunctie' = ANY (doelen) AND bekend), 0) AS logies_m2,
    bool_and(bekend) FILTER (WHERE 'logiesfunctie' = ANY (doelen)) AS logies_bekend
  FROM in_pand GROUP BY pand
), vrij AS (
  SELECT f.pand, d.doel,
    NOT EXISTS (
      SELECT FROM feiten g JOIN levend m ON m.id = g.pand
      WHERE g.pand <> f.pand AND d.doel = ANY (g.doelen) AND ST_DWithin(m.geom, l.geom, 76)
    ) AS vrij
  FROM feiten f JOIN levend l ON l.id = f.pand
  CROSS JOIN LATERAL unnest(ARRAY['woonfunctie', 'logiesfunctie']) AS d(doel)
  WHERE d.doel = ANY (f.doelen)
), glas AS (
  SELECT l.id AS pand, sum(ST_Area(ST_Intersection(l.geom, t.geom))) >= 0.5 * min(ST_Area(l.geom)) AS kas
  FROM levend l JOIN topografie t ON ST_Intersects(l.geom, t.geom)
  WHERE 'kas, warenhuis' = ANY (t.soorten) AND t.eind IS NULL GROUP BY l.id
), stand AS (
  SELECT pand, f.doelen, f.functies, m.m2, m.bekend, m.winkels, m.grootste_winkel, m.winkels_bekend, m.logies, m.logies_m2,
    m.logies_bekend, coalesce(r.lrk, false) AS lrk, coalesce(r.duo, false) AS duo,
    coalesce((SELECT g.kas FROM glas g WHERE g.pand = m.pand), false) AS kas,
    coalesce(r.bed, false) AS bed, coalesce(r.zorg, false) AS zorg, coalesce(r.distributie, false) AS distributie,
    (SELECT v.vrij FROM vrij v WHERE v.pand = m.pand AND v.doel = 'woonfunctie') AS woon_vrij,
    (SELECT v.vrij FROM vrij v WHERE v.pand = m.pand AND v.doel = 'logiesfunctie') AS logies_vrij
  FROM feiten f JOIN maten m USING (pand) LEFT JOIN raak_pand r USING (pand)
), oordeel (pand, orde, regel) AS (
  SELECT pand, 0, CASE WHEN lrk THEN 'register.lrk' WHEN duo THEN 'register.duo' WHEN bed THEN 'register.bedgebied' END
  FROM stand WHERE lrk OR duo OR bed
  UNION ALL
  SELECT pand, 1, CASE WHEN zorg THEN 'woon.1' WHEN functies > 1 THEN 'woon.2' WHEN woon_vrij THEN 'woon.3' ELSE 'woon.5' END
  FROM stand WHERE 'woonfunctie' = ANY (doelen)
  UNION ALL
  SELECT pand, 2, CASE WHEN zorg THEN 'bijeenkomst.2' WHEN m2 > 250 THEN 'bijeenkomst.3' WHEN bekend THEN 'bijeenkomst.4' END
  FROM stand WHERE 'bijeenkomstfunctie' = ANY (doelen)
  UNION ALL
  SELECT pand, 3, CASE WHEN m2 > 1500 THEN 'kantoor.1' WHEN bekend THEN 'kantoor.2' END
  FROM stand WHERE 'kantoorfunctie' = ANY (doelen)
  UNION ALL
  SELECT pand, 4, CASE WHEN kas THEN 'industrie.1' WHEN distributie AND m2 > 12500 THEN 'industrie.2' WHEN distributie AND bekend THEN 'industrie.3'
    WHEN NOT distributie AND m2 > 5000 THEN 'industrie.4' WHEN NOT distributie AND bekend THEN 'industrie.5' END
  FROM stand WHERE 'industriefunctie' = ANY (doelen)
  UNION ALL
  SELECT pand, 5, CASE WHEN NOT logies_vrij OR logies > 5 OR logies_m2 >= 1500 THEN 'logies.2' WHEN logies_bekend THEN 'logies.1' END
  FROM stand WHERE 'logiesfunctie' = ANY (doelen)
  UNION ALL
  SELECT pand, 6, CASE WHEN m2 > 1000 THEN 'sport.1' WHEN bekend THEN 'sport.2' END
  FROM stand WHERE 'sportfunctie' = ANY (doelen)
  UNION ALL
  SELECT pand, 7, CASE WHEN winkels > 5 AND m2 > 2000 THEN 'winkel.1' WHEN winkels > 5 AND NOT bekend THEN NULL
    WHEN grootste_winkel > 1000 THEN 'winkel.2' WHEN winkels_bekend THEN 'winkel.3' END
  FROM stand WHERE 'winkelfunctie' = ANY (doelen)
  UNION ALL
  SELECT pand, 8, 'onderwijs.3' FROM stand WHERE 'onderwijsfunctie' = ANY (doelen)
  UNION ALL
  SELECT pand, 9, 'gezondheidszorg.2' FROM stand WHERE 'gezondheidszorgfunctie' = ANY (doelen)
  UNION ALL
  SELECT pand, 10, 'cel.1' FROM stand WHERE 'celfunctie' = ANY (doelen)
  UNION ALL
  SELECT pand, 11, 'overige.1' FROM stand WHERE 'overige gebruiksfunctie' = ANY (doelen)
), gewogen AS (
  SELECT *, CASE
    WHEN regel IN ('register.lrk', 'register.duo', 'woon.1', 'bijeenkomst.2', 'cel.1') THEN 3
    WHEN regel IN ('register.bedgebied', 'woon.5', 'bijeenkomst.3', 'kantoor.1', 'industrie.2', 'industrie.4', 'logies.2',
                   'sport.1', 'winkel.1', 'winkel.2', 'onderwijs.3', 'gezondheidszorg.2') THEN 2
    WHEN regel IN ('woon.2', 'woon.3', 'bijeenkomst.4', 'kantoor.2', 'industrie.1', 'industrie.3', 'industrie.5', 'logies.1', 'sport.2',
                   'winkel.3') THEN 1
    WHEN regel = 'overige.1' THEN 0
    END AS gewicht
  FROM oordeel
), zwaarste AS (
  SELECT DISTINCT ON (pand) pand, gewicht, regel, bool_or(regel IS NULL) OVER (PARTITION BY pand) AS open
  FROM gewogen ORDER BY pand, gewicht DESC NULLS LAST, orde
)
SELECT pand,
  CASE WHEN coalesce(gewicht, 0) = 3 THEN 'zeerKwetsbaar' WHEN gewicht = 2 THEN 'kwetsbaar' WHEN open OR gewicht = 0 THEN 'niet_bepaald'
    ELSE 'beperktKwetsbaar' END AS label,
  'basisvulling.' || CASE WHEN open AND coalesce(gewicht, 0) < 2 THEN 'onbekend.oppervlakte' ELSE regel END AS regel
FROM zwaarste
