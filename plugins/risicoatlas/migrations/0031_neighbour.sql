-- Distance in metres to the nearest other row of bron.kgl_buur, the buildings with one function that a classification looks
-- at; none within `zoekafstand_m` gives that distance. A function of its own, because PostgreSQL keeps a correlated subquery
-- in the leader, while it calls a parallel safe function in every worker.
CREATE FUNCTION register.afstand_tot_buur(pand text, geometrie geometry, zoekafstand_m double precision)
RETURNS double precision LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 AS $$
DECLARE
  afstand_m double precision;
BEGIN
  SELECT ST_Distance(b.geometrie, afstand_tot_buur.geometrie) INTO afstand_m
  FROM bron.kgl_buur b
  WHERE b.pand <> afstand_tot_buur.pand
    AND b.geometrie && ST_Expand(afstand_tot_buur.geometrie, afstand_tot_buur.zoekafstand_m)
  ORDER BY b.geometrie <-> afstand_tot_buur.geometrie
  LIMIT 1;
  RETURN least(afstand_m, zoekafstand_m);
END $$;
