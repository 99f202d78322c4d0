-- Where the lines of an own list lie: per line its buildings in the municipality, and whether anything was found at all.
WITH regel AS (
  SELECT * FROM unnest(%(nummer)s::integer[], %(pand)s::text[], %(verblijfsobject)s::text[], %(postcode)s::text[],
    %(huisnummer)s::integer[], %(huisletter)s::text[], %(toevoeging)s::text[])
    AS r (nummer, pand, verblijfsobject, postcode, huisnummer, huisletter, toevoeging)
), adres AS (
  SELECT r.nummer, v.identificatie AS verblijfsobject
  FROM regel r
  JOIN register.adres a ON a.postcode = r.postcode AND a.huisnummer = r.huisnummer
    AND coalesce(upper(a.huisletter), '') = coalesce(upper(r.huisletter), '')
    AND coalesce(upper(a.toevoeging), '') = coalesce(upper(r.toevoeging), '')
  JOIN (SELECT identificatie, nummeraanduiding FROM register.verblijfsobject
        UNION SELECT verblijfsobject, nummeraanduiding FROM register.verblijfsobject_nevenadres) v
    ON v.nummeraanduiding = a.nummeraanduiding
  WHERE r.pand IS NULL AND r.verblijfsobject IS NULL
), plek AS (
  SELECT nummer, pand, NULL AS verblijfsobject FROM regel WHERE pand IS NOT NULL
  UNION
  SELECT r.nummer, vp.pand, r.verblijfsobject
  FROM regel r JOIN register.verblijfsobject_pand vp ON vp.verblijfsobject = r.verblijfsobject WHERE r.pand IS NULL
  UNION
  SELECT a.nummer, vp.pand, a.verblijfsobject
  FROM adres a JOIN register.verblijfsobject_pand vp ON vp.verblijfsobject = a.verblijfsobject
)
SELECT r.nummer, count(p.identificatie) > 0 AS gevonden,
  coalesce(array_agg(DISTINCT p.identificatie || ' ' || coalesce(plek.verblijfsobject, ''))
    FILTER (WHERE p.gemeentecode = %(gemeente)s), '{}') AS eigen
FROM regel r
LEFT JOIN plek ON plek.nummer = r.nummer
LEFT JOIN register.pand p ON p.identificatie = plek.pand
GROUP BY r.nummer
