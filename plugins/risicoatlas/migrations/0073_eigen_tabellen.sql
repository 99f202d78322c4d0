-- What layers on tables of the organisation need: a geometry that spatial tests cannot stumble over, and maps of views.

-- An invalid geometry repaired in its own dimension; NULL where it cannot be repaired.
CREATE FUNCTION publiek.hersteld(vorm geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL RESTRICTED AS $$
BEGIN
  RETURN ST_CollectionExtract(ST_MakeValid(vorm), ST_Dimension(vorm) + 1);
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$;

-- Rows of a restricted layer on a table of the organisation inside a box, for an actor with these areas: as
-- publiek.kaart_besloten, but that the box is tested on the geometry that has the index, and rows are numbered here since
-- their key may be a text. The view in besloten holds the row rule; the condition here is the second wall.
CREATE FUNCTION publiek.kaart_besloten_eigen(
  laag text, gebiedsveld text, kolommen text[], soorten regtype[], venster geometry, gebieden text
) RETURNS SETOF record
LANGUAGE plpgsql VOLATILE SECURITY INVOKER AS $$
DECLARE
  lijst text;
BEGIN
  IF coalesce(gebieden, '') = '' OR venster IS NULL THEN
    RETURN;
  END IF;
  PERFORM set_config('risicoatlas.areas', gebieden, true), set_config('role', 'ra_restricted', true);
  SELECT coalesce(string_agg(format(', %I::%s', kolom, soort), '' ORDER BY nummer), '') INTO lijst
    FROM unnest(kolommen, soorten) WITH ORDINALITY AS kolom(kolom, soort, nummer);
  RETURN QUERY EXECUTE format(
    'SELECT row_number() OVER (ORDER BY volgnummer)%s, geometrie FROM besloten.%I WHERE geometrie_bron && $1%s'
    ' ORDER BY volgnummer',
    lijst, laag, CASE WHEN gebieden = '*' THEN '' ELSE format(' AND %I = ANY (string_to_array($2, '',''))', gebiedsveld) END
  ) USING venster, gebieden;
END $$;
REVOKE ALL ON FUNCTION publiek.kaart_besloten_eigen(text, text, text[], regtype[], geometry, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION publiek.kaart_besloten_eigen(text, text, text[], regtype[], geometry, text) TO ra_public;
