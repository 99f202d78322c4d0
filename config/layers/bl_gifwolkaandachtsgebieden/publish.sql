SELECT * FROM register.ev_contour WHERE familie = 'bl' AND type = 'gifwolk'
