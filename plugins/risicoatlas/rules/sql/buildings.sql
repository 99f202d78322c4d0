-- The buildings to label and their surroundings: live, with at least one live verblijfsobject.
-- %(panden)s NULL labels everything; else only these, and bron.kgl_omgeving says what is read along.
CREATE UNLOGGED TABLE bron.kgl_gebouw AS
SELECT p.identificatie AS pand, p.geometrie, true AS kandidaat
FROM register.pand p
WHERE p.status = ANY (%(pand_levend)s) AND %(panden)s::text[] IS NULL
UNION ALL
SELECT p.identificatie, p.geometrie, p.identificatie = ANY (%(panden)s::text[])
FROM register.pand p
WHERE p.status = ANY (%(pand_levend)s) AND p.identificatie IN (SELECT pand FROM bron.kgl_omgeving);
ANALYZE bron.kgl_gebouw;

-- One row per building and live verblijfsobject. Area 0, no area and the placeholder values are unknown.
CREATE UNLOGGED TABLE bron.kgl_vbo AS
SELECT g.pand, g.kandidaat, v.identificatie AS vbo,
  CASE WHEN v.oppervlakte_m2 > 0 AND v.oppervlakte_m2 <> ALL (%(onbekende_m2)s::integer[]) THEN v.oppervlakte_m2 END AS m2,
  -- a gebruiksdoel that no article describes, or none at all, is a function that nothing decides
  CASE
    WHEN v.gebruiksdoelen <@ %(functies)s::text[] AND cardinality(v.gebruiksdoelen) = 1 THEN v.gebruiksdoelen
    ELSE coalesce((SELECT array_agg(DISTINCT CASE WHEN doel = ANY (%(functies)s::text[]) THEN doel ELSE 'onbekend' END)
                   FROM unnest(v.gebruiksdoelen) AS doel), '{onbekend}')
  END AS functies,
  EXISTS (SELECT FROM register.verblijfsobject_pand a WHERE a.verblijfsobject = vp.verblijfsobject AND a.pand <> vp.pand)
    AS in_meer_panden
FROM bron.kgl_gebouw g
JOIN register.verblijfsobject_pand vp ON vp.pand = g.pand
JOIN register.verblijfsobject v ON v.identificatie = vp.verblijfsobject
WHERE v.status = ANY (%(vbo_levend)s);
ANALYZE bron.kgl_vbo;

-- Per building: m2 is unknown as soon as one part is; bekend_m2 is the part that is known.
CREATE UNLOGGED TABLE bron.kgl_pand AS
SELECT pand, kandidaat, count(*)::integer AS aantal_vbo,
  CASE WHEN count(m2) = count(*) THEN sum(m2) END AS m2, coalesce(sum(m2), 0) AS bekend_m2,
  bool_or(in_meer_panden) AS vbo_in_meer_panden
FROM bron.kgl_vbo GROUP BY pand, kandidaat;

-- Per building and function, over the verblijfsobjecten that have the function.
CREATE UNLOGGED TABLE bron.kgl_functie AS
SELECT v.pand, f.functie, count(*)::integer AS aantal_vbo,
  CASE WHEN count(m2) = count(*) THEN sum(m2) END AS m2, coalesce(sum(m2), 0) AS bekend_m2,
  CASE WHEN count(m2) = count(*) THEN max(m2) END AS grootste_m2, coalesce(max(m2), 0) AS grootste_bekend_m2,
  min(m2) AS kleinste_m2,
  bool_or(cardinality(v.functies) > 1) AS andere_op_vbo,
  bool_or(cardinality(array_remove(array_remove(v.functies, 'overige gebruiksfunctie'), f.functie)) > 0)
    AS andere_op_vbo_zonder_overige
FROM bron.kgl_vbo v, unnest(v.functies) AS f (functie)
GROUP BY v.pand, f.functie;

-- The functions of a building in the order of the rules.
CREATE UNLOGGED TABLE bron.kgl_doelen AS
SELECT pand, array_agg(functie ORDER BY array_position(%(functies)s::text[], functie)) AS functies
FROM bron.kgl_functie GROUP BY pand;
CREATE INDEX ON bron.kgl_functie (functie);
ANALYZE bron.kgl_pand, bron.kgl_functie, bron.kgl_doelen;
