-- Buildings of which the use is permitted and not yet possible: the building itself is permitted and has a verblijfsobject for
-- when it stands, or it stands without a live verblijfsobject and one is formed. Of all buildings, or of %(panden)s.
CREATE UNLOGGED TABLE bron.kgl_vergund AS
SELECT p.identificatie AS pand
FROM register.pand p
WHERE p.status = ANY (%(pand_vergund)s) AND (%(panden)s::text[] IS NULL OR p.identificatie = ANY (%(panden)s::text[]))
  AND p.identificatie IN (
  SELECT a.pand FROM register.verblijfsobject v JOIN register.verblijfsobject_pand a ON a.verblijfsobject = v.identificatie
  WHERE v.status = ANY (%(vbo_levend)s) OR v.status = ANY (%(vbo_vergund)s))
UNION
SELECT p.identificatie
FROM register.pand p
WHERE p.status = ANY (%(pand_levend)s) AND (%(panden)s::text[] IS NULL OR p.identificatie = ANY (%(panden)s::text[]))
  AND p.identificatie IN (
    SELECT a.pand FROM register.verblijfsobject v JOIN register.verblijfsobject_pand a ON a.verblijfsobject = v.identificatie
    WHERE v.status = ANY (%(vbo_vergund)s))
  AND NOT EXISTS (
    SELECT FROM register.verblijfsobject_pand a JOIN register.verblijfsobject v ON v.identificatie = a.verblijfsobject
    WHERE a.pand = p.identificatie AND v.status = ANY (%(vbo_levend)s));
