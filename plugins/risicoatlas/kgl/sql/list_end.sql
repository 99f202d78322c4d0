-- The rows of an own list that a list in its place does not have.
UPDATE register.kgl_lijst l SET vervallen_op = now(), vervallen_door = %(door)s
WHERE l.gemeentecode = %(gemeente)s AND l.soort = %(soort)s AND l.vervallen_op IS NULL
  AND NOT EXISTS (
    SELECT FROM unnest(%(pand)s::text[], %(vbo)s::text[], %(detail)s::text[]) AS r (pand, verblijfsobject, detail)
    WHERE l.pand = r.pand AND coalesce(l.verblijfsobject, '') = r.verblijfsobject
      AND coalesce(l.functie_detail, l.geldt_voor, '') = r.detail)
RETURNING pand
