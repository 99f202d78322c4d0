-- As in 0085, and the name of a hit too: the layer of the owner shows it.
CREATE OR REPLACE FUNCTION register.kgl_raakt_treffer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO register.kgl_geraakt (levering, pand, oorzaak)
    SELECT DISTINCT register.huidige_levering(), l.pand, 'registertreffer'
    FROM oud o JOIN nieuw n USING (register, sleutel, code)
    JOIN register.verblijfsobject_pand l ON l.verblijfsobject IN (o.verblijfsobject, n.verblijfsobject)
    WHERE (o.status, o.verblijfsobject, o.naam) IS DISTINCT FROM (n.status, n.verblijfsobject, n.naam);
  ELSE
    INSERT INTO register.kgl_geraakt (levering, pand, oorzaak)
    SELECT DISTINCT register.huidige_levering(), l.pand, 'registertreffer'
    FROM anders JOIN register.verblijfsobject_pand l USING (verblijfsobject);
  END IF;
  RETURN NULL;
END $$;
