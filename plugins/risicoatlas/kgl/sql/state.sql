-- Where a municipality stands, with its buildings per gebruiksfunctie and how far validation is. One row of JSON.
WITH gebouw AS (
  SELECT pand, categorie, correctie_nummer, concept, voorstel_gewijzigd
  FROM register.kgl_gebouw WHERE gemeentecode = %(gemeente)s
), per_functie AS (
  SELECT functie, sum(aantal) AS gebouwen, jsonb_object_agg(categorie, aantal) AS per_categorie
  FROM (SELECT f.functie, g.categorie, count(*) AS aantal
        FROM register.kgl_gebouw_functie f JOIN gebouw g USING (pand)
        WHERE f.gemeentecode = %(gemeente)s AND f.functie <> 'register' GROUP BY 1, 2) AS telling
  GROUP BY functie
)
SELECT jsonb_build_object(
  'gemeentecode', %(gemeente)s::text,
  'naam', (SELECT naam FROM register.gemeente WHERE gemeentecode = %(gemeente)s),
  'variant', coalesce(k.variant, 'automatisch'),
  'overgenomen_op', k.overgenomen_op,
  'gevalideerd_op', k.gevalideerd_op,
  'gepubliceerd_op', k.gepubliceerd_op,
  'ingetrokken_op', k.ingetrokken_op,
  'validatie_gevraagd_op', gevraagd.op,
  'wijzigingen', (SELECT count(*) FROM register.kgl_wijziging
    WHERE gemeentecode = %(gemeente)s AND status = 'wacht' AND aangeboden_op IS NOT NULL),
  -- what is in no other number, such as the rows of the own lists, is an event: the version of the state is of that too
  'gebeurtenissen', (SELECT count(*) FROM register.kgl_gebeurtenis WHERE gemeentecode = %(gemeente)s),
  'gebouwen', (SELECT count(*) FROM gebouw),
  'per_categorie', coalesce((SELECT jsonb_object_agg(categorie, aantal) FROM
    (SELECT categorie, count(*) AS aantal FROM gebouw GROUP BY 1) AS telling), '{}'),
  'correcties', (SELECT jsonb_build_object('geldend', count(correctie_nummer), 'concept', count(*) FILTER (WHERE concept),
    'voorstel_gewijzigd', count(*) FILTER (WHERE voorstel_gewijzigd)) FROM gebouw),
  'functies', coalesce((SELECT jsonb_agg(jsonb_build_object(
      'functie', p.functie, 'gebouwen', p.gebouwen, 'per_categorie', p.per_categorie,
      'gevalideerd_op', coalesce(v.gevalideerd_op, ineens.gevalideerd_op), 'gevalideerd_door', v.organisatie,
      'opnieuw_valideren', coalesce(coalesce(v.gevalideerd_op, ineens.gevalideerd_op) < gevraagd.op, false))
      ORDER BY p.functie)
    FROM per_functie p LEFT JOIN register.kgl_validatie v ON v.gemeentecode = %(gemeente)s AND v.functie = p.functie), '[]')
)
FROM (SELECT 1) AS altijd
LEFT JOIN register.kgl_gemeente k ON k.gemeentecode = %(gemeente)s
LEFT JOIN LATERAL (
  SELECT k.gevalideerd_op WHERE NOT EXISTS (SELECT FROM register.kgl_validatie WHERE gemeentecode = %(gemeente)s)
) AS ineens ON true
LEFT JOIN LATERAL (
  SELECT max(tijdstip) AS op FROM register.kgl_gebeurtenis
  WHERE gemeentecode = %(gemeente)s AND soort = 'validatie_gevraagd') AS gevraagd ON true
