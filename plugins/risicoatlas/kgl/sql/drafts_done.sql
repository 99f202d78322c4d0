-- Corrections, and ends of corrections, that are part of the established version from now on.
UPDATE register.kgl_correctie SET
  gepubliceerd_op = CASE WHEN vervallen_op IS NULL THEN coalesce(gepubliceerd_op, now()) ELSE gepubliceerd_op END,
  vervallen_gepubliceerd_op = CASE WHEN vervallen_op IS NOT NULL THEN now() END
WHERE (gemeentecode = ANY (%(gemeenten)s::text[])
    -- a building may have come from another municipality since
    OR pand IN (SELECT identificatie FROM register.pand WHERE gemeentecode = ANY (%(gemeenten)s::text[])))
  AND (%(panden)s::text[] IS NULL OR pand = ANY (%(panden)s::text[]))
  AND (vervallen_op IS NULL AND gepubliceerd_op IS NULL OR vervallen_op IS NOT NULL AND vervallen_gepubliceerd_op IS NULL);
