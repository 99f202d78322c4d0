<?xml version="1.0" encoding="UTF-8"?>
<!-- Lines only, all in the blue of the published map for 10-6; levels differ in width and dash, so that they can be told apart without colour. -->
<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:se="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc">
  <NamedLayer>
    <se:Name>ev_pr_contouren</se:Name>
    <UserStyle>
      <se:Name>ev_pr_contouren</se:Name>
      <se:Description>
        <se:Title>Contouren van plaatsgebonden risico</se:Title>
        <se:Title xml:lang="en">Contours of individual risk</se:Title>
      </se:Description>
      <se:FeatureTypeStyle>
        <se:Rule>
          <se:Name>pr10-5</se:Name>
          <se:Description>
            <se:Title>Plaatsgebonden risico 10-5 per jaar</se:Title>
            <se:Title xml:lang="en">Individual risk 10-5 a year</se:Title>
          </se:Description>
          <ogc:Filter>
            <ogc:PropertyIsEqualTo>
              <ogc:PropertyName>type_plaatsgebonden_risico</ogc:PropertyName>
              <ogc:Literal>PR10-5</ogc:Literal>
            </ogc:PropertyIsEqualTo>
          </ogc:Filter>
          <se:PolygonSymbolizer>
            <se:Stroke>
              <se:SvgParameter name="stroke">#002673</se:SvgParameter>
              <se:SvgParameter name="stroke-width">3.2</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
        <se:Rule>
          <se:Name>pr10-6</se:Name>
          <se:Description>
            <se:Title>Plaatsgebonden risico 10-6 per jaar</se:Title>
            <se:Title xml:lang="en">Individual risk 10-6 a year</se:Title>
          </se:Description>
          <ogc:Filter>
            <ogc:PropertyIsEqualTo>
              <ogc:PropertyName>type_plaatsgebonden_risico</ogc:PropertyName>
              <ogc:Literal>PR10-6</ogc:Literal>
            </ogc:PropertyIsEqualTo>
          </ogc:Filter>
          <se:PolygonSymbolizer>
            <se:Stroke>
              <se:SvgParameter name="stroke">#005ce6</se:SvgParameter>
              <se:SvgParameter name="stroke-width">1.6</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
        <se:Rule>
          <se:Name>pr10-7</se:Name>
          <se:Description>
            <se:Title>Plaatsgebonden risico 10-7 per jaar</se:Title>
            <se:Title xml:lang="en">Individual risk 10-7 a year</se:Title>
          </se:Description>
          <ogc:Filter>
            <ogc:PropertyIsEqualTo>
              <ogc:PropertyName>type_plaatsgebonden_risico</ogc:PropertyName>
              <ogc:Literal>PR10-7</ogc:Literal>
            </ogc:PropertyIsEqualTo>
          </ogc:Filter>
          <se:PolygonSymbolizer>
            <se:Stroke>
              <se:SvgParameter name="stroke">#005ce6</se:SvgParameter>
              <se:SvgParameter name="stroke-width">1.6</se:SvgParameter>
              <se:SvgParameter name="stroke-dasharray">10 4</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
        <se:Rule>
          <se:Name>pr10-8</se:Name>
          <se:Description>
            <se:Title>Plaatsgebonden risico 10-8 per jaar</se:Title>
            <se:Title xml:lang="en">Individual risk 10-8 a year</se:Title>
          </se:Description>
          <ogc:Filter>
            <ogc:PropertyIsEqualTo>
              <ogc:PropertyName>type_plaatsgebonden_risico</ogc:PropertyName>
              <ogc:Literal>PR10-8</ogc:Literal>
            </ogc:PropertyIsEqualTo>
          </ogc:Filter>
          <se:PolygonSymbolizer>
            <se:Stroke>
              <se:SvgParameter name="stroke">#005ce6</se:SvgParameter>
              <se:SvgParameter name="stroke-width">1.6</se:SvgParameter>
              <se:SvgParameter name="stroke-dasharray">2 3</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
        <se:Rule>
          <se:Name>bk</se:Name>
          <se:Description>
            <se:Title>Vastgestelde afstand, beperkt kwetsbaar</se:Title>
            <se:Title xml:lang="en">Fixed distance, of limited vulnerability</se:Title>
          </se:Description>
          <ogc:Filter>
            <ogc:PropertyIsEqualTo>
              <ogc:PropertyName>type_plaatsgebonden_risico</ogc:PropertyName>
              <ogc:Literal>vastgesteld BK</ogc:Literal>
            </ogc:PropertyIsEqualTo>
          </ogc:Filter>
          <se:PolygonSymbolizer>
            <se:Stroke>
              <se:SvgParameter name="stroke">#3d3d3d</se:SvgParameter>
              <se:SvgParameter name="stroke-width">1.4</se:SvgParameter>
              <se:SvgParameter name="stroke-dasharray">2 6</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
        <se:Rule>
          <se:Name>k</se:Name>
          <se:Description>
            <se:Title>Vastgestelde afstand, kwetsbaar</se:Title>
            <se:Title xml:lang="en">Fixed distance, vulnerable</se:Title>
          </se:Description>
          <ogc:Filter>
            <ogc:PropertyIsEqualTo>
              <ogc:PropertyName>type_plaatsgebonden_risico</ogc:PropertyName>
              <ogc:Literal>vastgesteld K</ogc:Literal>
            </ogc:PropertyIsEqualTo>
          </ogc:Filter>
          <se:PolygonSymbolizer>
            <se:Stroke>
              <se:SvgParameter name="stroke">#3d3d3d</se:SvgParameter>
              <se:SvgParameter name="stroke-width">1.6</se:SvgParameter>
              <se:SvgParameter name="stroke-dasharray">12 3 2 3</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
        <se:Rule>
          <se:Name>zk</se:Name>
          <se:Description>
            <se:Title>Vastgestelde afstand, zeer kwetsbaar</se:Title>
            <se:Title xml:lang="en">Fixed distance, very vulnerable</se:Title>
          </se:Description>
          <ogc:Filter>
            <ogc:PropertyIsEqualTo>
              <ogc:PropertyName>type_plaatsgebonden_risico</ogc:PropertyName>
              <ogc:Literal>vastgesteld ZK</ogc:Literal>
            </ogc:PropertyIsEqualTo>
          </ogc:Filter>
          <se:PolygonSymbolizer>
            <se:Stroke>
              <se:SvgParameter name="stroke">#3d3d3d</se:SvgParameter>
              <se:SvgParameter name="stroke-width">2.6</se:SvgParameter>
              <se:SvgParameter name="stroke-dasharray">6 3</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
        <se:Rule>
          <se:Name>in_transitie</se:Name>
          <se:Description>
            <se:Title>Gegeven in transitie</se:Title>
            <se:Title xml:lang="en">Still being collected</se:Title>
          </se:Description>
          <se:ElseFilter/>
          <se:PolygonSymbolizer>
            <se:Stroke>
              <se:SvgParameter name="stroke">#8a8a8a</se:SvgParameter>
              <se:SvgParameter name="stroke-width">1.2</se:SvgParameter>
              <se:SvgParameter name="stroke-dasharray">4 4</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
      </se:FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
