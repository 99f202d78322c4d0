-- One row per live pand with a live verblijfsobject, of every municipality: the proposal, what the municipality made of it,
-- and the inputs that only the owner may read.
SELECT
  'NL.IMEV.' || lower(p.gemeentecode) || '.' || l.pand AS identificatie,
  NULL::text AS naam,
  coalesce('Gemeente ' || g.naam, p.gemeentecode) AS bronhouder,
  p.gemeentecode AS bronhoudercode,
  coalesce('Gemeente ' || g.naam, p.gemeentecode) AS bevoegdgezag,
  p.gemeentecode,
  p.begin_geldigheid::timestamp AT TIME ZONE 'Europe/Amsterdam' AS begin_geldigheid,
  NULL::timestamptz AS eind_geldigheid,
  greatest(p.tijdstip_registratie, l.berekend_op, c.tijdstip) AS tijdstip_registratie,
  p.geometrie_hersteld,
  l.pand AS id_pand_bag,
  p.status AS pandstatus,
  coalesce(c.categorie, l.categorie) AS categorie_kwetsbaarheid,
  l.categorie AS voorstel,
  l.functie,
  l.regel,
  l.reden,
  l.reden_en,
  l.artikel,
  l.geldt_voor,
  nullif(array_to_string(l.waarschuwingen, ', '), '') AS waarschuwingen,
  l.regelset,
  l.berekend_op,
  c.categorie AS correctie,
  c.reden AS correctie_reden,
  c.organisatie AS correctie_door,
  c.tijdstip AS correctie_op,
  coalesce(c.categorie_voorstel <> l.categorie, false) AS voorstel_gewijzigd,
  d.pand IS NOT NULL AS concept,
  v.categorie AS vastgesteld,
  v.vastgesteld_op,
  CASE
    WHEN k.gepubliceerd_op IS NOT NULL THEN 'gepubliceerd'
    WHEN k.ingetrokken_op IS NOT NULL THEN 'ingetrokken'
    WHEN k.gevalideerd_op IS NOT NULL THEN 'gevalideerd'
    WHEN k.overgenomen_op IS NOT NULL THEN 'in_eigendom'
    ELSE 'voorgesteld'
  END AS toestand,
  k.variant,
  (SELECT string_agg(doel, ', ' ORDER BY nummer) FROM jsonb_array_elements_text(l.invoer -> 'gebruiksdoelen')
     WITH ORDINALITY AS e (doel, nummer)) AS gebruiksdoelen,
  (l.invoer ->> 'oppervlakte_pand_m2')::bigint AS oppervlakte_m2,
  (l.invoer ->> 'verblijfsobjecten')::bigint AS verblijfsobjecten,
  (SELECT string_agg(DISTINCT concat_ws(' ', r.register, r.code, r.naam), '; ')
   FROM jsonb_to_recordset(l.invoer -> 'treffers') AS t (register text, code text, sleutel text)
   JOIN register.registertreffer r ON r.register = t.register AND r.sleutel = t.sleutel AND r.code = t.code) AS registertreffers,
  (l.invoer - 'treffers')::text AS invoer,
  f.woonfunctie, f.bijeenkomstfunctie, f.celfunctie, f.gezondheidszorgfunctie, f.industriefunctie, f.kantoorfunctie,
  f.logiesfunctie, f.onderwijsfunctie, f.sportfunctie, f.winkelfunctie, f.overige_gebruiksfunctie,
  p.geometrie
FROM register.kgl_label l
JOIN register.pand p ON p.identificatie = l.pand
LEFT JOIN register.gemeente g ON g.gemeentecode = p.gemeentecode
LEFT JOIN register.kgl_gemeente k ON k.gemeentecode = p.gemeentecode
LEFT JOIN register.kgl_correctie c ON c.pand = l.pand AND c.vervallen_op IS NULL
LEFT JOIN register.kgl_concept d ON d.pand = l.pand
LEFT JOIN register.kgl_vastgesteld v ON v.pand = l.pand
-- looked up per building, so that a publication of changes reads no other
LEFT JOIN LATERAL (
  SELECT
    max(categorie) FILTER (WHERE functie = 'woonfunctie') AS woonfunctie,
    max(categorie) FILTER (WHERE functie = 'bijeenkomstfunctie') AS bijeenkomstfunctie,
    max(categorie) FILTER (WHERE functie = 'celfunctie') AS celfunctie,
    max(categorie) FILTER (WHERE functie = 'gezondheidszorgfunctie') AS gezondheidszorgfunctie,
    max(categorie) FILTER (WHERE functie = 'industriefunctie') AS industriefunctie,
    max(categorie) FILTER (WHERE functie = 'kantoorfunctie') AS kantoorfunctie,
    max(categorie) FILTER (WHERE functie = 'logiesfunctie') AS logiesfunctie,
    max(categorie) FILTER (WHERE functie = 'onderwijsfunctie') AS onderwijsfunctie,
    max(categorie) FILTER (WHERE functie = 'sportfunctie') AS sportfunctie,
    max(categorie) FILTER (WHERE functie = 'winkelfunctie') AS winkelfunctie,
    max(categorie) FILTER (WHERE functie = 'overige gebruiksfunctie') AS overige_gebruiksfunctie
  FROM register.kgl_functielabel WHERE regelset = 'basisvulling' AND pand = l.pand
) f ON true
WHERE l.regelset = 'basisvulling'
