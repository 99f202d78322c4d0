-- Verdicts of this set that the run did not give again: the building or its function is gone.
DELETE FROM register.kgl_functielabel l
WHERE l.regelset = %(regelset)s AND (%(panden)s::text[] IS NULL OR l.pand = ANY (%(panden)s::text[]))
  AND NOT EXISTS (SELECT FROM bron.kgl_oordeel o WHERE o.pand = l.pand AND o.functie = l.functie);
