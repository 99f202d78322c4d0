<?xml version="1.0" encoding="UTF-8"?>
<!-- The colours of the buildings, light and with an outline, since a location is large and buildings lie in it. -->
<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:se="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc">
  <NamedLayer>
    <se:Name>kgl_locaties</se:Name>
    <UserStyle>
      <se:Name>kgl_locaties</se:Name>
      <se:Description>
        <se:Title>Kwetsbaarheid van locaties</se:Title>
        <se:Title xml:lang="en">Vulnerability of locations</se:Title>
      </se:Description>
      <se:FeatureTypeStyle>
        <se:Rule>
          <se:Name>kwetsbaar</se:Name>
          <se:Description>
            <se:Title>Kwetsbare locatie</se:Title>
            <se:Title xml:lang="en">Vulnerable location</se:Title>
          </se:Description>
          <ogc:Filter>
            <ogc:PropertyIsEqualTo>
              <ogc:PropertyName>categorie_kwetsbaarheid</ogc:PropertyName>
              <ogc:Literal>kwetsbaar</ogc:Literal>
            </ogc:PropertyIsEqualTo>
          </ogc:Filter>
          <se:PolygonSymbolizer>
            <se:Fill>
              <se:SvgParameter name="fill">#fd9a3c</se:SvgParameter>
              <se:SvgParameter name="fill-opacity">0.45</se:SvgParameter>
            </se:Fill>
            <se:Stroke>
              <se:SvgParameter name="stroke">#8c4a00</se:SvgParameter>
              <se:SvgParameter name="stroke-width">2.2</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
        <se:Rule>
          <se:Name>beperktKwetsbaar</se:Name>
          <se:Description>
            <se:Title>Beperkt kwetsbare locatie</se:Title>
            <se:Title xml:lang="en">Location of limited vulnerability</se:Title>
          </se:Description>
          <ogc:Filter>
            <ogc:PropertyIsEqualTo>
              <ogc:PropertyName>categorie_kwetsbaarheid</ogc:PropertyName>
              <ogc:Literal>beperktKwetsbaar</ogc:Literal>
            </ogc:PropertyIsEqualTo>
          </ogc:Filter>
          <se:PolygonSymbolizer>
            <se:Fill>
              <se:SvgParameter name="fill">#ecdcb9</se:SvgParameter>
              <se:SvgParameter name="fill-opacity">0.6</se:SvgParameter>
            </se:Fill>
            <se:Stroke>
              <se:SvgParameter name="stroke">#8a7b52</se:SvgParameter>
              <se:SvgParameter name="stroke-width">1</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
        <se:Rule>
          <se:Name>niet_bepaald</se:Name>
          <se:Description>
            <se:Title>Kwetsbaarheid van de locatie niet bepaald</se:Title>
            <se:Title xml:lang="en">Vulnerability of the location not determined</se:Title>
          </se:Description>
          <ogc:Filter>
            <ogc:PropertyIsEqualTo>
              <ogc:PropertyName>categorie_kwetsbaarheid</ogc:PropertyName>
              <ogc:Literal>niet_bepaald</ogc:Literal>
            </ogc:PropertyIsEqualTo>
          </ogc:Filter>
          <se:PolygonSymbolizer>
            <se:Fill>
              <se:SvgParameter name="fill">#b0b0b0</se:SvgParameter>
              <se:SvgParameter name="fill-opacity">0.5</se:SvgParameter>
            </se:Fill>
            <se:Stroke>
              <se:SvgParameter name="stroke">#4d4d4d</se:SvgParameter>
              <se:SvgParameter name="stroke-width">1</se:SvgParameter>
              <se:SvgParameter name="stroke-dasharray">3 2</se:SvgParameter>
            </se:Stroke>
          </se:PolygonSymbolizer>
        </se:Rule>
      </se:FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
