-- As in 0085, and apart where only the area is another one: that does not change how many units there are in a hectare, so the
-- neighbours need not be labelled anew.
ALTER TABLE register.kgl_geraakt DROP CONSTRAINT kgl_geraakt_oorzaak_check, ADD CONSTRAINT kgl_geraakt_oorzaak_check CHECK (
  oorzaak IN ('nieuw', 'gewijzigd', 'vervallen', 'verblijfsobject', 'registertreffer', 'kas', 'plaats', 'lijst', 'correctie', 'veel', 'oppervlakte'));
CREATE OR REPLACE FUNCTION register.kgl_raakt_verblijfsobject() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = register, public, pg_temp AS $$
BEGIN
  INSERT INTO register.kgl_geraakt (levering, pand, oorzaak)
  SELECT DISTINCT register.huidige_levering(), l.pand,
    CASE WHEN (o.status, o.gebruiksdoelen) IS DISTINCT FROM (n.status, n.gebruiksdoelen) THEN 'verblijfsobject'
      ELSE 'oppervlakte' END
  FROM oud o JOIN nieuw n USING (identificatie) JOIN register.verblijfsobject_pand l ON l.verblijfsobject = o.identificatie
  WHERE (o.status, o.oppervlakte_m2, o.gebruiksdoelen) IS DISTINCT FROM (n.status, n.oppervlakte_m2, n.gebruiksdoelen);
  RETURN NULL;
END $$;
