-- The rows of an own list that are not there yet.
INSERT INTO register.kgl_lijst (gemeentecode, soort, pand, verblijfsobject, functie_detail, geldt_voor, reden, toegevoegd_door)
SELECT %(gemeente)s, %(soort)s, r.pand, nullif(r.verblijfsobject, ''),
  CASE WHEN %(zorg)s THEN nullif(r.detail, '') END, CASE WHEN NOT %(zorg)s THEN nullif(r.detail, '') END, r.reden, %(door)s
FROM unnest(%(pand)s::text[], %(vbo)s::text[], %(detail)s::text[], %(reden)s::text[])
  AS r (pand, verblijfsobject, detail, reden)
WHERE NOT EXISTS (
  SELECT FROM register.kgl_lijst l
  WHERE l.gemeentecode = %(gemeente)s AND l.soort = %(soort)s AND l.vervallen_op IS NULL AND l.pand = r.pand
    AND coalesce(l.verblijfsobject, '') = r.verblijfsobject AND coalesce(l.functie_detail, l.geldt_voor, '') = r.detail)
RETURNING pand
