<?xml version="1.0" encoding="UTF-8"?>
<!-- What would come is drawn with a full line, what would go dashed and grey: they differ without colour too. -->
<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:se="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc">
  <NamedLayer>
    <se:Name>rev_concept</se:Name>
    <UserStyle>
      <se:Name>rev_concept</se:Name>
      <se:Description>
        <se:Title>Concepten van de REV</se:Title>
        <se:Title xml:lang="en">Drafts of the REV</se:Title>
      </se:Description>
      <se:FeatureTypeStyle>
        <se:Rule>
          <se:Name>beeindigd</se:Name>
          <se:Description>
            <se:Title>Vervalt met het concept</se:Title>
            <se:Title xml:lang="en">Goes with the draft</se:Title>
          </se:Description>
          <ogc:Filter>
            <ogc:PropertyIsEqualTo>
              <ogc:PropertyName>wijziging</ogc:PropertyName>
              <ogc:Literal>beeindigd</ogc:Literal>
            </ogc:PropertyIsEqualTo>
          </ogc:Filter>
          <se:PolygonSymbolizer>
            <se:Stroke>
              <se:SvgParameter name="stroke">#595959</se:SvgParameter>
              <se:SvgParameter name="stroke-width">1.6</se:SvgParameter>
              <se:SvgParameter name="stroke-dasharray">5 4</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
        <se:Rule>
          <se:Name>toegevoegd</se:Name>
          <se:Description>
            <se:Title>Komt met het concept</se:Title>
            <se:Title xml:lang="en">Comes with the draft</se:Title>
          </se:Description>
          <se:ElseFilter/>
          <se:PolygonSymbolizer>
            <se:Fill>
              <se:SvgParameter name="fill">#1f6fb4</se:SvgParameter>
              <se:SvgParameter name="fill-opacity">0.15</se:SvgParameter>
            </se:Fill>
            <se:Stroke>
              <se:SvgParameter name="stroke">#0d3f6b</se:SvgParameter>
              <se:SvgParameter name="stroke-width">2</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
      </se:FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
