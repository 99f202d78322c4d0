-- What the municipality of a building may read of it beside what is published: proposals per rule set and function with
-- their inputs, hits in registers by name, and every correction. The function runs as its owner, since nobody who serves has
-- a right on the register; it keeps to the areas of who asks, by the same setting as the policies of the restricted layers.
CREATE FUNCTION besloten.kgl_dossier(gevraagd text, regelsets text[]) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object(
    'pand', p.identificatie,
    'gemeentecode', p.gemeentecode,
    'status', p.status,
    'labels', (
      SELECT coalesce(jsonb_agg(to_jsonb(l)), '[]')
      FROM (SELECT * FROM register.kgl_label UNION ALL SELECT * FROM register.kgl_label_vergund) AS l
      WHERE l.pand = p.identificatie AND l.regelset = ANY (regelsets)),
    'functies', (
      SELECT coalesce(jsonb_agg(to_jsonb(f)), '[]') FROM register.kgl_functielabel f
      WHERE f.pand = p.identificatie AND f.regelset = ANY (regelsets)),
    'treffers', (
      SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_object('register', t.register, 'code', t.code, 'naam', t.naam,
        'status', t.status, 'verblijfsobject', t.verblijfsobject)), '[]')
      FROM (
        SELECT r.register, r.code, r.naam, r.status, r.verblijfsobject
        FROM register.verblijfsobject_pand v JOIN register.registertreffer r USING (verblijfsobject)
        WHERE v.pand = p.identificatie
        UNION ALL
        SELECT l.register, l.code, NULL, l.status, l.verblijfsobject
        FROM register.kgl_lijsttreffer l WHERE l.pand = p.identificatie
      ) AS t),
    'correcties', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('categorie', c.categorie, 'categorie_voorstel', c.categorie_voorstel,
        'reden', c.reden, 'bron', c.bron, 'organisatie', c.organisatie, 'tijdstip', c.tijdstip,
        'vervallen_op', c.vervallen_op) ORDER BY c.nummer DESC), '[]')
      FROM register.kgl_correctie c WHERE c.pand = p.identificatie),
    'vastgesteld', (
      SELECT jsonb_build_object('categorie', g.categorie, 'regel', g.regel, 'vastgesteld_op', g.vastgesteld_op)
      FROM register.kgl_vastgesteld g WHERE g.pand = p.identificatie))
  FROM register.pand p
  WHERE p.identificatie = gevraagd
    AND EXISTS (
      SELECT FROM (SELECT pand, regelset FROM register.kgl_label UNION ALL SELECT pand, regelset FROM register.kgl_label_vergund)
        AS l
      WHERE l.pand = p.identificatie AND l.regelset = ANY (regelsets))
    AND (current_setting('risicoatlas.areas', true) = '*'
      OR p.gemeentecode = ANY (string_to_array(nullif(current_setting('risicoatlas.areas', true), ''), ',')))
$$;
REVOKE EXECUTE ON FUNCTION besloten.kgl_dossier(text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION besloten.kgl_dossier(text, text[]) TO ra_restricted;
