-- What a municipality does with the labels that the rules propose: it takes them over, corrects, validates and publishes.

-- Everything that happened to the KGL of a municipality: by whom, when, and with what. Nothing is changed or removed here.
CREATE TABLE register.kgl_gebeurtenis (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gemeentecode text NOT NULL,
  soort text NOT NULL,
  tijdstip timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- who did it (the key and its organisation); null where the service did it by itself
  sleutel_id text,
  organisatie text,
  gegevens jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ON register.kgl_gebeurtenis (gemeentecode, nummer);

-- A label that the municipality gives in place of the proposed one. It stands until it is withdrawn, whatever the rules say.
CREATE TABLE register.kgl_correctie (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gemeentecode text NOT NULL,
  pand text NOT NULL,
  -- the proposal when the correction was made
  categorie_voorstel text,
  regel_voorstel text,
  categorie text NOT NULL CHECK (categorie IN ('zeerKwetsbaar', 'kwetsbaar', 'beperktKwetsbaar', 'niet_bepaald')),
  reden text NOT NULL,
  bron text NOT NULL CHECK (bron IN ('hand', 'lijst', 'imev')),
  sleutel_id text,
  organisatie text,
  tijdstip timestamptz NOT NULL DEFAULT clock_timestamp(),
  vervallen_op timestamptz,
  vervallen_door text
);
CREATE UNIQUE INDEX ON register.kgl_correctie (pand) WHERE vervallen_op IS NULL;
CREATE INDEX ON register.kgl_correctie (gemeentecode);

-- The version that a municipality has established: all that the public may read of a building. Layers are published from
-- here, so that a proposal, a correction that is not published yet, or a change that waits for approval stays behind.
CREATE TABLE register.kgl_vastgesteld (
  pand text PRIMARY KEY,
  gemeentecode text NOT NULL,
  categorie text NOT NULL,
  functie text,
  gebruiksdoelen text,
  oppervlakte_m2 bigint,
  regel text NOT NULL,
  artikel text NOT NULL,
  reden text NOT NULL,
  reden_en text NOT NULL,
  waarschuwingen text[] NOT NULL,
  geldt_voor text,
  regelset text NOT NULL,
  gecorrigeerd boolean NOT NULL,
  begin_geldigheid date,
  tijdstip_registratie timestamptz,
  geometrie geometry(MultiPolygon, 28992) NOT NULL,
  geometrie_hersteld text,
  -- of all of the above: what comes out the same is not written again
  waarde_hash uuid NOT NULL,
  vastgesteld_op timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON register.kgl_vastgesteld (gemeentecode);

-- Null: what stands ready becomes the established version at the next publication.
ALTER TABLE register.kgl_gemeente ADD COLUMN vastgesteld_op timestamptz;

-- What would be established now: the proposal of the default rules, or the correction in its place.
CREATE VIEW register.kgl_geldend AS
SELECT g.*, md5(ROW(g.*)::text)::uuid AS waarde_hash
FROM (
  SELECT l.pand, p.gemeentecode,
    coalesce(c.categorie, l.categorie) AS categorie,
    l.functie,
    (SELECT string_agg(doel, ', ' ORDER BY nummer) FROM jsonb_array_elements_text(l.invoer -> 'gebruiksdoelen')
       WITH ORDINALITY AS d (doel, nummer)) AS gebruiksdoelen,
    (l.invoer ->> 'oppervlakte_pand_m2')::bigint AS oppervlakte_m2,
    CASE WHEN c.nummer IS NULL THEN l.regel ELSE 'correctie' END AS regel,
    CASE WHEN c.nummer IS NULL THEN l.artikel ELSE 'Vastgesteld door het bevoegd gezag' END AS artikel,
    CASE WHEN c.nummer IS NULL THEN l.reden ELSE 'Het bevoegd gezag heeft deze categorie vastgesteld.' END AS reden,
    CASE WHEN c.nummer IS NULL THEN l.reden_en ELSE 'The competent authority has set this category.' END AS reden_en,
    l.waarschuwingen,
    CASE WHEN c.nummer IS NULL THEN l.geldt_voor END AS geldt_voor,
    l.regelset,
    c.nummer IS NOT NULL AS gecorrigeerd,
    p.begin_geldigheid,
    greatest(p.tijdstip_registratie, l.berekend_op, c.tijdstip) AS tijdstip_registratie,
    p.geometrie,
    p.geometrie_hersteld
  FROM register.kgl_label l
  JOIN register.pand p ON p.identificatie = l.pand
  LEFT JOIN register.kgl_correctie c ON c.pand = l.pand AND c.vervallen_op IS NULL
  WHERE l.regelset = 'basisvulling'
) AS g;
