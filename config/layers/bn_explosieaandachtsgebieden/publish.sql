SELECT * FROM register.ev_contour WHERE familie = 'bn' AND type IN ('explosie', 'explosie_civiel', 'explosie_militair', 'explosie_vuurwerk')
