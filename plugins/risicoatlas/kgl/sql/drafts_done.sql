-- Corrections, and ends of corrections, that are part of the established version from now on.
UPDATE register.kgl_correctie SET
  gepubliceerd_op = CASE WHEN vervallen_op IS NULL THEN coalesce(gepubliceerd_op, now()) ELSE gepubliceerd_op END,
  vervallen_gepubliceerd_op = CASE WHEN vervallen_op IS NOT NULL THEN now() END
-- A building may have come from another municipality since, or gone to one: that one decides on it then.
WHERE (pand IN (SELECT identificatie FROM register.pand WHERE gemeentecode = ANY (%(gemeenten)s::text[]))
    OR gemeentecode = ANY (%(gemeenten)s::text[])
      AND NOT EXISTS (SELECT FROM register.pand p WHERE p.identificatie = kgl_correctie.pand))
  AND (%(panden)s::text[] IS NULL OR pand = ANY (%(panden)s::text[]))
  AND (vervallen_op IS NULL AND gepubliceerd_op IS NULL OR vervallen_op IS NOT NULL AND vervallen_gepubliceerd_op IS NULL);
