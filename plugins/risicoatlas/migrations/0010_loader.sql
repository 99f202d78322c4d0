-- What the loader needs: how far a delivery got, its findings, the staging tables, and the repair of geometry.

ALTER TABLE beheer.levering
  -- the last step that was committed: a killed load goes on after it
  ADD COLUMN stap text CHECK (stap IN ('gestaged', 'genormaliseerd')),
  -- codes of the municipalities of which the delivery says to be complete ('NL' for the whole country); null where it does not say
  ADD COLUMN gebied text[];

-- Everything that was found wrong or remarkable in a delivery, one row per object and reason.
CREATE TABLE beheer.bevinding (
  nummer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  levering bigint NOT NULL REFERENCES beheer.levering ON DELETE CASCADE,
  uitkomst text NOT NULL CHECK (uitkomst IN ('geweigerd', 'hersteld', 'melding', 'vervallen')),
  soort text NOT NULL,
  sleutel text,
  plaats text,
  reden text NOT NULL
);
CREATE INDEX ON beheer.bevinding (levering, uitkomst);

-- Addresses that were withdrawn stay known, since withdrawn verblijfsobjecten name them.
ALTER TABLE register.adres ADD COLUMN status text;
CREATE TABLE register.verblijfsobject_nevenadres (
  verblijfsobject text NOT NULL REFERENCES register.verblijfsobject ON DELETE CASCADE,
  nummeraanduiding text NOT NULL,
  PRIMARY KEY (verblijfsobject, nummeraanduiding)
);
CREATE INDEX ON register.verblijfsobject_nevenadres (nummeraanduiding);

-- Staging. Values as delivered, as text, with the place where they stand; `fout` is filled by a reader that could not
-- make anything of an object. One load at a time uses them (an advisory lock sees to it), so they are emptied, not keyed.
CREATE UNLOGGED TABLE bron.bag_pand (
  plaats text, fout text, identificatie text, status text, bouwjaar text, geometrie geometry,
  begin_geldigheid text, tijdstip_registratie text, voorkomen integer
);
CREATE UNLOGGED TABLE bron.bag_verblijfsobject (
  plaats text, fout text, identificatie text, status text, oppervlakte text, gebruiksdoelen text[], panden text[],
  nummeraanduiding text, nevenadressen text[], geometrie geometry, begin_geldigheid text, tijdstip_registratie text,
  voorkomen integer
);
CREATE UNLOGGED TABLE bron.bag_nummeraanduiding (
  plaats text, fout text, identificatie text, status text, postcode text, huisnummer text, huisletter text, toevoeging text,
  openbareruimte text, woonplaats text, openbareruimte_naam text, woonplaats_naam text, voorkomen integer
);
CREATE UNLOGGED TABLE bron.bag_openbareruimte (
  plaats text, fout text, identificatie text, naam text, woonplaats text, voorkomen integer
);
CREATE UNLOGGED TABLE bron.bag_woonplaats (plaats text, fout text, identificatie text, naam text, voorkomen integer);

-- The same, checked and normalised: either fit for the register or with the reason why not.
CREATE UNLOGGED TABLE bron.pand (
  plaats text, fout text, identificatie text, status text, bouwjaar integer, geometrie geometry, hersteld text,
  begin_geldigheid date, tijdstip_registratie timestamptz, waarde_hash bytea
);
CREATE UNLOGGED TABLE bron.verblijfsobject (
  plaats text, fout text, identificatie text, status text, oppervlakte_m2 integer, gebruiksdoelen text[], panden text[],
  nummeraanduiding text, nevenadressen text[], geometrie geometry, hersteld text, begin_geldigheid date,
  tijdstip_registratie timestamptz, waarde_hash bytea
);
CREATE UNLOGGED TABLE bron.adres (
  plaats text, fout text, identificatie text, status text, postcode text, huisnummer integer, huisletter text,
  toevoeging text, openbareruimte text, woonplaats text, waarde_hash bytea
);

CREATE UNLOGGED TABLE bron.gemeente (
  plaats text, fout text, gemeentecode text, naam text, land text, geometrie geometry
);
CREATE UNLOGGED TABLE bron.registertreffer (
  plaats text, fout text, sleutel text, code text, naam text, status text, postcode text, huisnummer text, huisletter text,
  toevoeging text, verblijfsobject text
);
CREATE UNLOGGED TABLE bron.risicolocatie (
  plaats text, fout text, identificatie text, gemeentecode text, rubriek text, startdatum text, einddatum text,
  omv_nummer text, iioa_nummer text, wijziging_vergunning text, bron_rubriek text, omschrijving text, geschrapt text,
  capakey text, geometrie_wkt text
);

-- Text to value without an error that would stop a whole load: null where the text is not such a value.
CREATE FUNCTION bron.als_datum(waarde text) RETURNS date LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN CASE
    WHEN waarde ~ '^\d{4}-\d{2}-\d{2}' THEN left(waarde, 10)::date
    WHEN waarde ~ '^\d{1,2}-\d{1,2}-\d{4}$' THEN to_date(waarde, 'DD-MM-YYYY')
    WHEN waarde ~ '^\d{8}$' THEN to_date(waarde, 'YYYYMMDD')
  END;
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END $$;
CREATE FUNCTION bron.als_tijdstip(waarde text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
  -- Sources differ in the digits behind the second: milliseconds are what the BAG gives.
  RETURN CASE WHEN waarde ~ '^\d{4}-\d{2}-\d{2}' THEN waarde::timestamptz(3) END;
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END $$;
CREATE FUNCTION bron.als_geheel_getal(waarde text) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  -- "201" and the "201.0" of a column that some tool took for a number
  RETURN CASE WHEN waarde ~ '^-?\d{1,10}(\.0+)?$' THEN waarde::numeric::integer END;
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END $$;
CREATE FUNCTION bron.als_geometrie(waarde text, srid integer) RETURNS geometry LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN ST_GeomFromText(waarde, srid);
EXCEPTION WHEN others THEN
  RETURN NULL;
END $$;

-- The words of GEOS for what is wrong, in Dutch, with the place as it gave it.
CREATE FUNCTION bron.reden_ongeldig(reden text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(
    (SELECT vertaling || coalesce(' bij ' || substring(reden FROM '\[.*\]'), '')
     FROM (VALUES
       ('Ring Self-intersection', 'een ring raakt of snijdt zichzelf'),
       ('Self-intersection', 'zelfdoorsnijding'),
       ('Hole lies outside shell', 'een gat ligt buiten het vlak'),
       ('Holes are nested', 'gaten liggen in elkaar'),
       ('Nested shells', 'vlakken liggen in elkaar'),
       ('Interior is disconnected', 'het binnengebied is gedeeld'),
       ('Duplicate Rings', 'een ring komt dubbel voor'),
       ('Too few points in geometry component', 'te weinig verschillende punten'),
       ('Invalid Coordinate', 'een coördinaat is geen getal'),
       ('Ring is not closed', 'een ring is niet gesloten')) AS t (begin, vertaling)
     WHERE reden ILIKE begin || '%'
     LIMIT 1),
    reden)
$$;

-- Make a geometry fit for the register: two dimensions, the dimension that is asked (1 point, 2 line, 3 polygon), multi,
-- millimetres, valid. Gives the geometry and, where it had to be mended, why and how; or null with why it cannot be.
-- ST_ReducePrecision keeps what it rounds valid; ST_SnapToGrid alone does not.
CREATE FUNCTION bron.herstel(bron geometry, dimensie integer, OUT geometrie geometry, OUT hersteld text, OUT fout text)
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  -- 1 point, 2 line, 3 polygon, as ST_CollectionExtract counts
  soort constant text := (ARRAY['punt', 'lijn', 'vlak'])[dimensie];
  was_geldig boolean;
  reden text;
BEGIN
  IF bron IS NULL OR ST_IsEmpty(bron) THEN
    fout := 'de geometrie ontbreekt';
    RETURN;
  END IF;
  IF ST_Dimension(bron) <> dimensie - 1 THEN
    fout := format('de geometrie is een %s, verwacht: %s', GeometryType(bron), soort);
    RETURN;
  END IF;
  geometrie := ST_SnapToGrid(ST_Force2D(bron), 0.001);
  IF geometrie IS NOT NULL AND NOT ST_IsEmpty(geometrie) AND ST_IsValid(geometrie) THEN
    geometrie := ST_Multi(geometrie);
    IF GeometryType(geometrie) <> 'GEOMETRYCOLLECTION' THEN
      RETURN;
    END IF;
  END IF;
  was_geldig := ST_IsValid(bron);
  reden := CASE
    WHEN NOT was_geldig THEN bron.reden_ongeldig(ST_IsValidReason(bron))
    WHEN GeometryType(bron) = 'GEOMETRYCOLLECTION' THEN 'een verzameling van verschillende soorten'
    ELSE 'te klein of te smal om op millimeters geldig te blijven'
  END;
  geometrie := ST_Multi(ST_CollectionExtract(ST_ReducePrecision(ST_CollectionExtract(
    ST_MakeValid(ST_Force2D(bron)), dimensie), 0.001), dimensie));
  IF geometrie IS NULL OR ST_IsEmpty(geometrie) OR NOT ST_IsValid(geometrie) THEN
    geometrie := NULL;
    fout := format('de geometrie is niet te herstellen (%s): er blijft geen %s over', reden, soort);
    RETURN;
  END IF;
  hersteld := format('Ongeldige geometrie (%s); hersteld met ST_MakeValid, alleen %s behouden, op millimeters.', reden,
    (ARRAY['punten', 'lijnen', 'vlakken'])[dimensie]);
EXCEPTION WHEN internal_error OR data_exception THEN
  -- GEOS gives up on coordinates that are not numbers
  geometrie := NULL;
  fout := format('de geometrie is niet te herstellen (%s)', coalesce(reden, SQLERRM));
END $$;
