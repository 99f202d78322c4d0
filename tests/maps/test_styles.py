"""Styles: every SLD is whole and says what is drawn; what the reader does not know stops the start."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from risicoatlas.catalogue import Text
from risicoatlas.errors import ConfigError
from risicoatlas.maps import legend, mapnik_style, sld
from risicoatlas.maps.graphics import Graphics
from risicoatlas.maps.style import HATCHES, MARKS, Fill, Hatch, PointSymbol, PolygonSymbol, Rule, Stroke, TextSymbol

HEAD = """<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:se="http://www.opengis.net/se"
  xmlns:ogc="http://www.opengis.net/ogc">
<NamedLayer><se:Name>kgl_public</se:Name><UserStyle><se:FeatureTypeStyle>
"""
TAIL = "</se:FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"
COLOR = '<se:SvgParameter name="fill">#112233</se:SvgParameter>'
FILL = f"<se:PolygonSymbolizer><se:Fill>{COLOR}</se:Fill></se:PolygonSymbolizer>"


@pytest.fixture(scope="session")
def graphics(tmp_path_factory: pytest.TempPathFactory) -> Graphics:
    return Graphics(tmp_path_factory.mktemp("symbols"))


@pytest.fixture(scope="session")
def styles(settings, catalogue):
    return sld.read_all(settings.styles, catalogue)


@pytest.fixture
def read(tmp_path: Path, catalogue):
    """Reads one rule's inner XML as a style of kgl_public."""

    def read_rule(inner: str):
        path = tmp_path / "kgl_public.sld"
        path.write_text(f"{HEAD}<se:Rule>\n{inner}\n</se:Rule>{TAIL}")
        return sld.read(path, catalogue.get("kgl_public"))

    return read_rule


def condition(text: str) -> str:
    return f"<ogc:Filter>{text}</ogc:Filter>{FILL}"


def comparison(name: str, field: str, value: str) -> str:
    return f"<ogc:{name}><ogc:PropertyName>{field}</ogc:PropertyName><ogc:Literal>{value}</ogc:Literal></ogc:{name}>"


def test_every_layer_has_a_style_and_no_style_is_left_over(settings, catalogue):
    found = {path.parent.name for path in settings.styles.glob("*/*.sld")}

    assert found == set(catalogue.layers)


def test_every_rule_of_every_style_is_in_the_legend_in_two_languages(styles):
    for style in styles.values():
        titles = [rule.title for rule in style.legend_rules()]
        assert titles
        assert all(title.nl and title.en and title.nl != title.en for title in titles), style.layer


def test_the_colours_of_the_vulnerable_buildings_are_those_of_the_atlas(styles):
    """Red, orange, beige and grey, in this order of weight."""
    rules = {rule.title.en: rule.symbols[0].fill.color for rule in styles["kgl_public"].legend_rules()}

    def channels(color):
        return tuple(int(color[start : start + 2], 16) for start in (1, 3, 5))

    red, orange, beige, grey = map(channels, rules.values())
    assert red[0] > 200
    assert max(red[1:]) < 60
    assert orange[0] > orange[1] > orange[2]
    assert min(beige) > 180
    assert len(set(grey)) == 1


def test_known_colours_of_the_published_maps_are_kept(styles):
    """Fire area RGB 112,68,137 and risk contour RGB 0,92,230, as the published copies draw them."""
    fire = styles["ev_brandaandachtsgebieden"].rules[-1].symbols[0]
    contour = styles["ev_pr10_6"].rules[0].symbols[0]

    assert fire.fill.color == "#704489"
    assert contour == PolygonSymbol(None, Stroke("#005ce6", 1.6))


def test_classes_can_be_told_apart_without_colour(styles, catalogue, graphics):
    """In grey the swatches of a layer still differ: by lightness, hatch, width or dash."""
    for name, style in styles.items():
        drawn = [
            Image.alpha_composite(
                Image.new("RGBA", legend.SWATCH, "white"), legend.swatch(rule, catalogue.get(name), graphics)
            )
            for rule in style.legend_rules()
        ]
        grey = [picture.convert("L").tobytes() for picture in drawn]
        for number, one in enumerate(grey):
            for other in grey[:number]:
                differing = sum(abs(a - b) > 24 for a, b in zip(one, other, strict=True))
                assert differing > 25, f"{name}: two swatches look alike without colour"


def test_the_legend_shows_each_rule_as_the_map_draws_it(client, service, graphics):
    """The swatch's middle has the colour that the building has on the map."""
    layer = service.catalogue.get("kgl_public")
    style = client.app.atelier.renderer.styles["kgl_public"]

    picture = client.wms(request="GetLegendGraphic", layer="kgl_public", format="image/png").picture
    step = legend.SWATCH[1] + legend.MARGIN_PX
    middles = [
        picture.getpixel(
            (legend.MARGIN_PX + legend.SWATCH[0] // 2, legend.MARGIN_PX + number * step + legend.SWATCH[1] // 2)
        )
        for number in range(len(list(style.legend_rules())))
    ]

    expected = [rule.symbols[0].fill.color for rule in style.legend_rules()]
    assert [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue, _ in middles] == expected
    assert legend.draw(style, layer, graphics).size == picture.size


def test_the_legend_as_data_names_rules_colours_and_the_scale(client):
    model = client.wms(request="GetLegendGraphic", layer="kgl_public", format="application/json")

    found = json.loads(model.text)
    assert model.headers["content-type"] == "application/json"
    assert found["layer"] == "kgl_public"
    assert found["drawn_from"] == 100_000
    assert [rule["title"]["nl"] for rule in found["rules"]] == [
        "Zeer kwetsbaar gebouw", "Kwetsbaar gebouw", "Beperkt kwetsbaar gebouw", "Kwetsbaarheid niet bepaald"
    ]  # fmt: skip
    assert found["rules"][0]["symbols"][0]["kind"] == "polygon"
    assert found["rules"][3]["symbols"][0]["dash"] == [3, 2]


def test_the_legend_speaks_english_and_narrows_to_a_scale(client):
    dutch, english, beyond = (
        client.wms(request="GetLegendGraphic", layer="kgl_public", format="image/png", **more)
        for more in ({}, {"language": "en"}, {"scale": 1_000_000})
    )

    assert dutch.body != english.body
    assert beyond.picture.size[1] < dutch.picture.size[1]


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        (f"<se:VendorOption/>{FILL}", "VendorOption in Rule is not supported"),
        (
            "<se:PolygonSymbolizer><se:Geometry/></se:PolygonSymbolizer>",
            "Geometry in PolygonSymbolizer is not supported",
        ),
        ("<se:RasterSymbolizer/>", "RasterSymbolizer in Rule is not supported"),
        (FILL.replace("#112233", "red"), "expected a colour"),
        (FILL.replace('name="fill"', 'name="fil"'), "SvgParameter 'fil'"),
        (condition(comparison("PropertyIsEqualTo", "onbekend", "x")), "has no field 'onbekend'"),
        (condition(comparison("PropertyIsEqualTo", "categorie_kwetsbaarheid", "zeer")), "knows no value 'zeer'"),
        (condition(comparison("PropertyIsEqualTo", "oppervlakte_m2", "veel")), "expected a value of type integer"),
        (condition(comparison("PropertyIsLike", "naam", "a*")), "PropertyIsLike is not supported"),
        (condition("<ogc:And/>"), "at least two"),
        (f"<se:ElseFilter/>{condition(comparison('PropertyIsEqualTo', 'naam', 'a'))}", "not both"),
        (
            f"<se:MinScaleDenominator>5</se:MinScaleDenominator><se:MaxScaleDenominator>5</se:MaxScaleDenominator>{FILL}",
            "not below",
        ),
        (f"<se:MaxScaleDenominator>veel</se:MaxScaleDenominator>{FILL}", "expected a number"),
        ("<se:Name>leeg</se:Name>", "draws nothing"),
        (f"<se:Description><se:Title xml:lang='fr'>Un</se:Title></se:Description>{FILL}", "expected nl or en"),
        ("<se:LineSymbolizer/>", "needs a Stroke"),
    ],
)
def test_what_the_reader_does_not_know_stops_the_start_with_file_and_line(read, inner, message):
    with pytest.raises(ConfigError, match=re.escape(message)) as caught:
        read(inner)

    assert re.match(r".*kgl_public\.sld:\d+: ", str(caught.value))


def test_a_style_that_is_not_well_formed_is_told_with_its_line(tmp_path, catalogue):
    path = tmp_path / "kgl_public.sld"
    path.write_text("<a>\n<b>\n</a>")

    with pytest.raises(ConfigError, match=r"kgl_public\.sld:3: not well-formed"):
        sld.read(path, catalogue.get("kgl_public"))


def test_a_layer_without_a_style_stops_the_start(tmp_path, catalogue):
    with pytest.raises(ConfigError, match="file is missing"):
        sld.read_all(tmp_path, catalogue)


def test_conditions_become_mapnik_expressions(read):
    inner = condition(
        "<ogc:Or><ogc:And>"
        + comparison("PropertyIsGreaterThanOrEqualTo", "oppervlakte_m2", "10")
        + comparison("PropertyIsNotEqualTo", "naam", "d'Oude \\ molen")
        + "</ogc:And><ogc:Not><ogc:PropertyIsNull><ogc:PropertyName>naam</ogc:PropertyName></ogc:PropertyIsNull>"
        + "</ogc:Not>"
        + "</ogc:Or>"
    )

    style = read(inner)

    assert mapnik_style.expression(style.rules[0].condition) == (
        "((([oppervlakte_m2] >= 10) and ([naam] != 'd\\'Oude \\\\ molen')) or not ([naam] = null))"
    )
    assert style.fields == ("naam", "oppervlakte_m2")


def test_between_includes_both_bounds(read):
    inner = condition(
        "<ogc:PropertyIsBetween><ogc:PropertyName>oppervlakte_m2</ogc:PropertyName>"
        "<ogc:LowerBoundary><ogc:Literal>1</ogc:Literal></ogc:LowerBoundary>"
        "<ogc:UpperBoundary><ogc:Literal>9</ogc:Literal></ogc:UpperBoundary></ogc:PropertyIsBetween>"
    )

    expression = mapnik_style.expression(read(inner).rules[0].condition)

    assert expression == "([oppervlakte_m2] >= 1 and [oppervlakte_m2] <= 9)"


def test_a_label_mixes_text_and_a_field(read):
    style = read(
        "<se:TextSymbolizer><se:Label>Pand <ogc:PropertyName>naam</ogc:PropertyName></se:Label>"
        '<se:Font><se:SvgParameter name="font-size">12</se:SvgParameter></se:Font></se:TextSymbolizer>'
    )
    symbol = style.rules[0].symbols[0]

    assert isinstance(symbol, TextSymbol)
    assert symbol.size == 12
    assert [part if isinstance(part, str) else part.name for part in symbol.label] == ["Pand", "naam"]


def test_a_style_reaches_as_far_as_its_widest_symbol(styles):
    """Objects outside a picture are read as far as they show in it: a margin of 64 pixels more than doubles a tile."""
    assert styles["kgl_public"].reach_px == 4
    assert styles["gemeenten"].reach_px > 90


def swatch_of(symbol, layer, graphics):
    return legend.swatch(Rule("proef", Text("a", "b"), None, False, None, None, (symbol,)), layer, graphics)


@pytest.mark.parametrize("shape", HATCHES)
def test_every_hatch_is_drawn(shape, catalogue, graphics):
    symbol = PolygonSymbol(Fill(hatch=Hatch(shape, Stroke("#000000", 2), 8)), None)

    picture = swatch_of(symbol, catalogue.get("kgl_public"), graphics)

    alpha = picture.getchannel("A").histogram()
    assert alpha[0] > 100, "a hatch leaves room"
    assert sum(alpha[128:]) > 8, "a hatch has lines"


@pytest.mark.parametrize("mark", MARKS)
def test_every_mark_is_drawn_in_its_size(mark, catalogue, graphics):
    symbol = PointSymbol(mark, 12, Fill("#123456"), None)

    box = swatch_of(symbol, replace(catalogue.get("kgl_public"), geometry_type="Point"), graphics).getbbox()

    assert box is not None
    assert 9 <= box[2] - box[0] <= 14
    assert 9 <= box[3] - box[1] <= 14


def test_a_hatch_runs_on_from_one_tile_to_the_next(graphics):
    """The cell of a pattern joins itself on every side."""
    for shape in HATCHES:
        with Image.open(graphics.hatch(Hatch(shape, Stroke("#000000", 2), 8))) as cell:
            alpha = cell.getchannel("A")
        twice = Image.new("L", (16, 8))
        twice.paste(alpha, (0, 0))
        twice.paste(alpha, (8, 0))
        columns = [[twice.getpixel((x, y)) for y in range(8)] for x in range(16)]
        steps = [sum(abs(a - b) for a, b in zip(columns[x], columns[x + 1], strict=True)) for x in range(15)]
        assert steps[7] <= max(steps[:7] + steps[8:]), f"{shape} breaks at the edge of its cell"
