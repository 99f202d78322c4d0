<?xml version="1.0" encoding="UTF-8"?>
<!-- A line only, in the blue of the published map: what lies inside stays readable. -->
<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:se="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc">
  <NamedLayer>
    <se:Name>bl_pr10_6</se:Name>
    <UserStyle>
      <se:Name>bl_pr10_6</se:Name>
      <se:Description>
        <se:Title>Plaatsgebonden risico 10-6</se:Title>
        <se:Title xml:lang="en">Individual risk 10-6</se:Title>
      </se:Description>
      <se:FeatureTypeStyle>
        <se:Rule>
          <se:Name>contour</se:Name>
          <se:Description>
            <se:Title>Contour plaatsgebonden risico 10-6 per jaar</se:Title>
            <se:Title xml:lang="en">Contour of individual risk 10-6 a year</se:Title>
          </se:Description>
          <se:PolygonSymbolizer>
            <se:Stroke>
              <se:SvgParameter name="stroke">#005ce6</se:SvgParameter>
              <se:SvgParameter name="stroke-width">1.6</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
      </se:FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
