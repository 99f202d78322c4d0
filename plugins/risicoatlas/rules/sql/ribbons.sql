-- Buildings in a ribbon of houses along a pipeline, by the list of their own municipality, with the names of the pipelines.
CREATE UNLOGGED TABLE bron.kgl_lint AS
SELECT pand, string_agg(DISTINCT geldt_voor, ', ' ORDER BY geldt_voor) AS leidingen
FROM register.kgl_lijsttreffer
WHERE code = 'lint'
GROUP BY pand;
