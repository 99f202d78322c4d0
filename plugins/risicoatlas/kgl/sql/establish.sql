INSERT INTO register.kgl_vastgesteld AS oud (
  pand, gemeentecode, categorie, functie, gebruiksdoelen, oppervlakte_m2, regel, artikel, reden, reden_en, waarschuwingen,
  geldt_voor, regelset, gecorrigeerd, begin_geldigheid, tijdstip_registratie, geometrie, geometrie_hersteld, waarde_hash)
SELECT n.* FROM register.kgl_geldend n LEFT JOIN register.kgl_vastgesteld o USING (pand)
WHERE n.gemeentecode = ANY (%(gemeenten)s::text[]) AND (%(panden)s::text[] IS NULL OR n.pand = ANY (%(panden)s::text[]))
  AND o.waarde_hash IS DISTINCT FROM n.waarde_hash
  AND (%(concepten)s OR NOT EXISTS (SELECT FROM register.kgl_concept c WHERE c.pand = n.pand))
ON CONFLICT (pand) DO UPDATE
SET gemeentecode = excluded.gemeentecode, categorie = excluded.categorie, functie = excluded.functie,
  gebruiksdoelen = excluded.gebruiksdoelen, oppervlakte_m2 = excluded.oppervlakte_m2, regel = excluded.regel,
  artikel = excluded.artikel, reden = excluded.reden, reden_en = excluded.reden_en, waarschuwingen = excluded.waarschuwingen,
  geldt_voor = excluded.geldt_voor, regelset = excluded.regelset, gecorrigeerd = excluded.gecorrigeerd,
  begin_geldigheid = excluded.begin_geldigheid, tijdstip_registratie = excluded.tijdstip_registratie,
  geometrie = excluded.geometrie, geometrie_hersteld = excluded.geometrie_hersteld, waarde_hash = excluded.waarde_hash,
  vastgesteld_op = excluded.vastgesteld_op;
