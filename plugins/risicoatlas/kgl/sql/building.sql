-- One building with proposal, verdicts per function, correction, history and addresses. One row of JSON, or none.
WITH geschiedenis AS (
  SELECT nummer, categorie_voorstel AS voorstel, regel_voorstel AS regel, categorie, reden, bron, sleutel_id, organisatie,
    tijdstip, gepubliceerd_op, vervallen_op, vervallen_door
  FROM register.kgl_correctie WHERE pand = %(pand)s
)
SELECT jsonb_build_object(
  'pand', g.pand,
  'identificatie', g.identificatie,
  'gemeentecode', g.gemeentecode,
  'pandstatus', g.pandstatus,
  'categorie', g.categorie,
  'voorstel', jsonb_build_object('categorie', g.voorstel, 'functie', g.functie, 'regel', g.regel, 'artikel', g.artikel,
    'reden', g.reden, 'reden_en', g.reden_en, 'waarschuwingen', g.waarschuwingen, 'geldt_voor', g.geldt_voor,
    'invoer', g.invoer, 'berekend_op', g.berekend_op),
  'functies', coalesce((SELECT jsonb_agg(jsonb_build_object('functie', f.functie, 'categorie', f.categorie, 'regel', f.regel,
    'artikel', f.artikel, 'reden', f.reden, 'reden_en', f.reden_en, 'invoer', f.invoer) ORDER BY f.functie)
    FROM register.kgl_gebouw_functie f WHERE f.pand = g.pand AND f.gemeentecode = g.gemeentecode), '[]'),
  'adressen', coalesce((SELECT jsonb_agg(jsonb_build_object('verblijfsobject', a.verblijfsobject, 'status', a.status,
    'oppervlakte_m2', a.oppervlakte_m2, 'gebruiksdoelen', a.gebruiksdoelen, 'openbareruimte', a.openbareruimte,
    'huisnummer', a.huisnummer, 'huisletter', a.huisletter, 'toevoeging', a.toevoeging, 'postcode', a.postcode,
    'woonplaats', a.woonplaats) ORDER BY a.verblijfsobject)
    FROM register.kgl_gebouw_adres a WHERE a.pand = g.pand AND a.gemeentecode = g.gemeentecode), '[]'),
  'correctie', (SELECT to_jsonb(h) FROM geschiedenis h WHERE h.nummer = g.correctie_nummer),
  'voorstel_gewijzigd', g.voorstel_gewijzigd,
  'concept', g.concept,
  'vastgesteld', CASE WHEN g.vastgesteld IS NOT NULL THEN
    jsonb_build_object('categorie', g.vastgesteld, 'regel', g.vastgesteld_regel, 'op', g.vastgesteld_op) END,
  'geschiedenis', coalesce((SELECT jsonb_agg(to_jsonb(h) ORDER BY h.nummer) FROM geschiedenis h), '[]')
)
FROM register.kgl_gebouw g
WHERE g.pand = %(pand)s AND g.gemeentecode = %(gemeente)s
