-- Corrections that stand while the proposal under them has changed: told once per change.
INSERT INTO register.kgl_wijziging (run, gemeentecode, pand, functie, soort, oude_categorie, nieuwe_categorie, oude_regel,
  nieuwe_regel, status, voorstel)
SELECT %(run)s, c.gemeentecode, c.pand, l.functie, 'herzien', coalesce(w.nieuwe_categorie, c.categorie_voorstel), l.categorie,
  coalesce(w.nieuwe_regel, c.regel_voorstel), l.regel, 'behouden', md5(ROW(l.categorie, l.regel)::text)::uuid
FROM register.kgl_correctie c
JOIN register.kgl_label l ON l.regelset = 'basisvulling' AND l.pand = c.pand
LEFT JOIN LATERAL (
  SELECT nieuwe_categorie, nieuwe_regel FROM register.kgl_wijziging w
  JOIN register.kgl_run r ON r.nummer = w.run AND r.tijdstip > c.tijdstip
  WHERE w.pand = c.pand AND w.status = 'behouden' ORDER BY w.nummer DESC LIMIT 1) AS w ON true
WHERE c.vervallen_op IS NULL AND (%(panden)s::text[] IS NULL OR c.pand = ANY (%(panden)s::text[]))
  AND c.categorie_voorstel IS NOT NULL
  AND (l.categorie, l.regel) IS DISTINCT FROM
    (coalesce(w.nieuwe_categorie, c.categorie_voorstel), coalesce(w.nieuwe_regel, c.regel_voorstel, l.regel))
ORDER BY c.gemeentecode, c.pand
