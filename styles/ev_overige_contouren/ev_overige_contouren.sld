<?xml version="1.0" encoding="UTF-8"?>
<!-- Explosives and fireworks differ in the dash of the outline, not in colour alone. -->
<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:se="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc">
  <NamedLayer>
    <se:Name>ev_overige_contouren</se:Name>
    <UserStyle>
      <se:Name>ev_overige_contouren</se:Name>
      <se:Description>
        <se:Title>Overige contouren</se:Title>
        <se:Title xml:lang="en">Other contours</se:Title>
      </se:Description>
      <se:FeatureTypeStyle>
        <se:Rule>
          <se:Name>ontplofbaar</se:Name>
          <se:Description>
            <se:Title>Vastgestelde contour ontplofbare stoffen</se:Title>
            <se:Title xml:lang="en">Fixed contour of explosives</se:Title>
          </se:Description>
          <ogc:Filter>
            <ogc:PropertyIsEqualTo>
              <ogc:PropertyName>type_overige_contour</ogc:PropertyName>
              <ogc:Literal>vastgesteld ontplofbaar</ogc:Literal>
            </ogc:PropertyIsEqualTo>
          </ogc:Filter>
          <se:PolygonSymbolizer>
            <se:Fill>
              <se:SvgParameter name="fill">#a3123f</se:SvgParameter>
              <se:SvgParameter name="fill-opacity">0.12</se:SvgParameter>
            </se:Fill>
            <se:Stroke>
              <se:SvgParameter name="stroke">#6e0c2b</se:SvgParameter>
              <se:SvgParameter name="stroke-width">2</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
        <se:Rule>
          <se:Name>vuurwerk</se:Name>
          <se:Description>
            <se:Title>Vastgestelde contour vuurwerk</se:Title>
            <se:Title xml:lang="en">Fixed contour of fireworks</se:Title>
          </se:Description>
          <se:ElseFilter/>
          <se:PolygonSymbolizer>
            <se:Fill>
              <se:SvgParameter name="fill">#c4621a</se:SvgParameter>
              <se:SvgParameter name="fill-opacity">0.06</se:SvgParameter>
            </se:Fill>
            <se:Stroke>
              <se:SvgParameter name="stroke">#7d3c0c</se:SvgParameter>
              <se:SvgParameter name="stroke-width">1.6</se:SvgParameter>
              <se:SvgParameter name="stroke-dasharray">5 3</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
      </se:FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
