-- A key as part of an XML name: what a name may not hold becomes _xHHHH_, and so does the underscore of a literal "_x", so
-- that the way back is certain. Called only for the rare key that needs it.
CREATE FUNCTION publiek.xml_name(key text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT string_agg(
    CASE WHEN piece ~ '[-A-Za-z0-9_.]' AND (piece, following) IS DISTINCT FROM ('_', 'x') THEN piece
         ELSE '_x' || upper(lpad(code, greatest(4, length(code)), '0')) || '_' END, '' ORDER BY place)
  FROM (
    SELECT piece, place, to_hex(ascii(piece)) AS code, lead(piece) OVER (ORDER BY place) AS following
    FROM regexp_split_to_table(key, '') WITH ORDINALITY AS pieces (piece, place)
  ) AS pieces
$$;
