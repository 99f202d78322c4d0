-- The role of the delivery reads what runs proposed to its municipalities, and the notices of it; decisions go through the
-- owner's connection, since they publish.
GRANT SELECT ON register.kgl_wijziging, register.kgl_bericht, register.kgl_run TO ra_delivery;
ALTER TABLE register.kgl_wijziging ENABLE ROW LEVEL SECURITY;
ALTER TABLE register.kgl_bericht ENABLE ROW LEVEL SECURITY;
-- The owner, and with it a backup, sees every row.
CREATE POLICY beheer ON register.kgl_wijziging TO ra_owner USING (true) WITH CHECK (true);
CREATE POLICY beheer ON register.kgl_bericht TO ra_owner USING (true) WITH CHECK (true);
CREATE POLICY eigen ON register.kgl_wijziging FOR SELECT TO ra_delivery USING (register.kgl_mag(gemeentecode));
CREATE POLICY eigen ON register.kgl_bericht FOR SELECT TO ra_delivery USING (register.kgl_mag(gemeentecode));

-- When the municipality was asked last to validate; what was validated before that is to be validated again.
CREATE INDEX ON register.kgl_gebeurtenis (gemeentecode, tijdstip) WHERE soort = 'validatie_gevraagd';
