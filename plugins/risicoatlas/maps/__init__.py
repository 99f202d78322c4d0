"""Maps: styles in SLD, pictures by mapnik, WMS, WMTS and tiles by MapProxy in front of it."""
