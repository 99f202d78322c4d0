SELECT * FROM register.ev_contour WHERE type IS NOT NULL
