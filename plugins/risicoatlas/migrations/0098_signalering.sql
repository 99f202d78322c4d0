-- What the layer signalering is counted from: areas with the way in which they were given, and the public part of the
-- vulnerable buildings and locations, found by index.

CREATE INDEX kgl_vastgesteld_plek ON register.kgl_vastgesteld USING gist (geometrie);
CREATE INDEX imev_kwetsbare_locatie_plek ON register.imev_object USING gist (geometrie)
  WHERE entity_type = 'KwetsbareLocatie';
-- what a publication of changes asks for
CREATE INDEX imev_contour_sleutel ON register.imev_object (identificatie) WHERE soort = 'contour';

-- Attention areas and contours of PR 10-6. A contour that was given as a distance is tested exactly: within `reikwijdte_m`
-- of `vorm`, its reference. Any other by overlap with `vorm`, the area itself.
CREATE VIEW register.signalering_gebied AS
SELECT
  c.*,
  coalesce(c.type, 'pr10_6') AS soort,
  o.geometrie IS NULL AS op_afstand,
  CASE WHEN o.geometrie IS NULL THEN r.geometrie ELSE c.geometrie END AS vorm,
  CASE WHEN o.geometrie IS NULL THEN c.afstand_m ELSE 0 END AS reikwijdte_m
FROM register.ev_contour AS c
JOIN register.imev_object AS o ON o.nummer = c.nummer
JOIN register.imev_object AS r ON r.nummer = o.ouder
WHERE c.type IS NOT NULL OR c.type_plaatsgebonden_risico = 'PR10-6';

-- The locations that the layer kgl_locaties shows with an area; `geleverd` is what the index holds.
CREATE VIEW register.kgl_locatie_openbaar AS
SELECT l.identificatie, l.gemeentecode, l.categorie, l.geleverd, register.als_vlak(l.geleverd) AS geometrie
FROM (
  SELECT identificatie, geometrie AS geleverd,
    coalesce(register.gemeente_van(geometrie), upper(substring(identificatie FROM '^NL\.IMEV\.(gm[0-9]{4})\.'))) AS gemeentecode,
    CASE kenmerken ->> 'categorieKwetsbaarheid' WHEN 'gegevenInTransitie' THEN 'niet_bepaald'
      ELSE kenmerken ->> 'categorieKwetsbaarheid' END AS categorie
  FROM register.imev_nu
  WHERE entity_type = 'KwetsbareLocatie'
) AS l
JOIN register.kgl_gemeente AS k ON k.gemeentecode = l.gemeentecode
WHERE k.gepubliceerd_op <= transaction_timestamp();
