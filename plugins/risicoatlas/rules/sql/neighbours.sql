-- The live buildings with one function, in the order of their place so that neighbours lie in the same pages; where the
-- rules ask for it, moorings and pitches are dwellings among them.
CREATE UNLOGGED TABLE bron.kgl_buur AS
SELECT g.pand, g.kandidaat, f.aantal_vbo, g.geometrie
FROM bron.kgl_functie f JOIN bron.kgl_gebouw g USING (pand)
WHERE f.functie = %(functie)s
UNION ALL
SELECT identificatie, false, 1, geometrie FROM register.plaats WHERE %(plaatsen)s AND status = 'Plaats aangewezen'
ORDER BY geometrie;
CREATE INDEX ON bron.kgl_buur USING gist (geometrie);
ANALYZE bron.kgl_buur;
