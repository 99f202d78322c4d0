-- Labels of this set of buildings that are no longer live.
DELETE FROM register.kgl_label l
WHERE l.regelset = %(regelset)s AND (%(panden)s::text[] IS NULL OR l.pand = ANY (%(panden)s::text[]))
  AND NOT EXISTS (SELECT FROM bron.kgl_oordeel o WHERE o.pand = l.pand);
