SELECT * FROM register.ev_contour WHERE familie = 'bl' AND type_plaatsgebonden_risico = 'PR10-6'
