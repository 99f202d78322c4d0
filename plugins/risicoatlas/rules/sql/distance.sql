-- Wall to wall to the nearest other building with the function, in metres; none within the search distance gives that
-- distance. The index gives the nearest first, so each building costs the same however many there are. A table of its own
-- first, since only CREATE TABLE AS shares the work among processes.
CREATE UNLOGGED TABLE bron.kgl_afstand_deel AS
SELECT pand, register.afstand_tot_buur(pand, geometrie, %(zoekafstand_m)s) AS afstand_m
FROM bron.kgl_buur
WHERE kandidaat;
INSERT INTO bron.kgl_afstand SELECT pand, %(functie)s, afstand_m FROM bron.kgl_afstand_deel;
DROP TABLE bron.kgl_afstand_deel;
