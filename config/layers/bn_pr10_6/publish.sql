SELECT * FROM register.ev_contour WHERE familie = 'bn' AND type_plaatsgebonden_risico = 'PR10-6'
