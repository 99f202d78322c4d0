SELECT * FROM register.ev_contour WHERE contour = 'PRContour'
