-- The verdict per building and function; `rang` orders them: twice the weight of a decided category, and for an undecided
-- one just below the heaviest that it might still turn out to be.
CREATE UNLOGGED TABLE bron.kgl_oordeel (
  pand text NOT NULL,
  functie text NOT NULL,
  volgorde integer NOT NULL,
  categorie text NOT NULL,
  rang integer NOT NULL,
  regel text NOT NULL,
  artikel text NOT NULL,
  reden text NOT NULL,
  reden_en text NOT NULL,
  geldt_voor text,
  invoer jsonb NOT NULL,
  waarschuwing text,
  waarschuwingen text[] NOT NULL
);

-- The heaviest verdict is the label of the building; of equal ones the first function in the order of the rules.
CREATE VIEW bron.kgl_zwaarste AS
SELECT DISTINCT ON (pand) * FROM bron.kgl_oordeel ORDER BY pand, rang DESC, volgorde;
