-- The label that the rules propose for a building that is permitted and does not stand yet, or whose use is only permitted. In
-- a table of its own: whatever reads register.kgl_label reads buildings that stand.
CREATE TABLE register.kgl_label_vergund (
  LIKE register.kgl_label INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
  PRIMARY KEY (regelset, pand)
);
