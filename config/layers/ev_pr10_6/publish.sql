SELECT * FROM register.ev_contour WHERE familie = 'ev' AND type_plaatsgebonden_risico = 'PR10-6'
