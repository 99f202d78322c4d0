SELECT * FROM register.ev_contour WHERE familie = 'bn' AND type = 'gifwolk'
