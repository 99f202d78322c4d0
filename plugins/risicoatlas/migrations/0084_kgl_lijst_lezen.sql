-- The role of the delivery reads the own lists of its municipalities; they are written where their buildings are labelled.
GRANT SELECT ON register.kgl_lijst TO ra_delivery;
ALTER TABLE register.kgl_lijst ENABLE ROW LEVEL SECURITY;
CREATE POLICY beheer ON register.kgl_lijst TO ra_owner USING (true) WITH CHECK (true);
CREATE POLICY eigen ON register.kgl_lijst FOR SELECT TO ra_delivery USING (register.kgl_mag(gemeentecode));
