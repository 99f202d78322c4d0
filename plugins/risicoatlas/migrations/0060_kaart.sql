-- What the map renderer asks of the database: the box of a picture in the CRS of a table, and the rows of a restricted layer
-- under the row-level security of who asks.

-- The box of a picture (any CRS of the service) in the CRS `doel`, as a server-built envelope for `&&`. A picture of the whole
-- world holds coordinates that no national grid knows: the box is cut to the Benelux first, and is NULL outside it.
CREATE FUNCTION publiek.kaartvenster(venster geometry, doel integer) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  benelux constant geometry := ST_Transform(ST_Segmentize(ST_MakeEnvelope(2, 49, 8, 56, 4326), 0.5), ST_SRID(venster));
  x_min constant double precision := greatest(ST_XMin(venster), ST_XMin(benelux));
  x_max constant double precision := least(ST_XMax(venster), ST_XMax(benelux));
  y_min constant double precision := greatest(ST_YMin(venster), ST_YMin(benelux));
  y_max constant double precision := least(ST_YMax(venster), ST_YMax(benelux));
  kader geometry;
BEGIN
  IF x_min >= x_max OR y_min >= y_max THEN
    RETURN NULL;
  END IF;
  kader := ST_MakeEnvelope(x_min, y_min, x_max, y_max, ST_SRID(venster));
  -- A straight edge there is a curve here: eight pieces a side keep the envelope within its margin.
  kader := ST_Transform(ST_Segmentize(kader, greatest(x_max - x_min, y_max - y_min) / 8), doel);
  RETURN ST_Expand(ST_Envelope(kader), greatest(1, (ST_XMax(kader) - ST_XMin(kader)) / 100));
END $$;

-- Rows of a restricted layer inside a box, for an actor with these areas ('*' for all). No areas, no rows: a request whose
-- actor was lost on the way sees nothing. Names come from the catalogue and are quoted; forced row-level security is the
-- second wall behind the area condition. The role is transaction-local, so nothing of it is left on the connection.
CREATE FUNCTION publiek.kaart_besloten(
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
    'SELECT volgnummer%s, geometrie FROM besloten.%I WHERE publicatie_tot IS NULL AND geometrie && $1%s ORDER BY volgnummer',
    lijst, laag, CASE WHEN gebieden = '*' THEN '' ELSE format(' AND %I = ANY (string_to_array($2, '',''))', gebiedsveld) END
  ) USING venster, gebieden;
END $$;
REVOKE ALL ON FUNCTION publiek.kaart_besloten(text, text, text[], regtype[], geometry, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION publiek.kaart_besloten(text, text, text[], regtype[], geometry, text) TO ra_public;
