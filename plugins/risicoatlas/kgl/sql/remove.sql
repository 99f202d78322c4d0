-- Established labels of buildings that have none any more, or that went to another municipality.
DELETE FROM register.kgl_vastgesteld o
WHERE o.gemeentecode = ANY (%(gemeenten)s::text[]) AND (%(panden)s::text[] IS NULL OR o.pand = ANY (%(panden)s::text[]))
  AND NOT EXISTS (
    SELECT FROM register.kgl_label l JOIN register.pand p ON p.identificatie = l.pand
    WHERE l.pand = o.pand AND l.regelset = 'basisvulling' AND p.gemeentecode = o.gemeentecode);
