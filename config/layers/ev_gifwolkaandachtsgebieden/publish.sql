SELECT * FROM register.ev_contour WHERE familie = 'ev' AND type = 'gifwolk'
