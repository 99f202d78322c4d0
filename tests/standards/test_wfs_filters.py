"""WFS 2.0, assertions 56 to 80: filters of FES 2.0 (OGC 09-026r2), their answers held beside those of PostGIS.

The rows are those of the small world; ``truth`` is the same condition in SQL. Every filter goes out in each binding.
"""

from collections.abc import Callable

import pytest
from pyproj import Transformer
from tests.standards.bindings import GET, NAMES, POST_FORM, Binding, fes
from tests.standards.conftest import EACH_LAYER
from tests.wfs.conftest import NS, Client, Reply

from risicoatlas.filters import fes as reader
from risicoatlas.service import Service

URN = "urn:ogc:def:crs:EPSG::"
Truth = Callable[[str], list[str]]
Sent = Callable[[str], Reply]


@pytest.fixture(scope="session")
def truth(world: Service) -> Truth:
    """The gml:ids for which a condition holds, in the order of pages."""

    def found(condition: str) -> list[str]:
        with world.pool.connection() as connection:
            connection.execute("SET LOCAL ROLE ra_public")
            connection.execute("SET LOCAL timezone = 'Europe/Amsterdam'")
            rows = connection.execute(
                "SELECT 'proef.' || identificatie FROM publiek.proef"
                f" WHERE publicatie_tot IS NULL AND ({condition}) ORDER BY volgnummer"
            )
            return [row[0] for row in rows.fetchall()]

    return found


@pytest.fixture
def sent(client: Client, binding: Binding) -> Sent:
    """The answer to a filter on the layer ``proef``."""

    def reply(inner: str) -> Reply:
        return binding(client, "GetFeature", typeNames="rev_public:proef", filter=fes(inner))

    return reply


def holds(reply: Reply, expected: list[str], most: int = 402) -> None:
    """The answer is what the database says, and says something: neither nothing nor everything."""
    assert reply.status == 200, reply.body
    assert reply.ids == expected
    assert 0 < len(expected) <= most


def reference(name: str) -> str:
    return f"<fes:ValueReference>{name}</fes:ValueReference>"


def literal(value: object) -> str:
    return f"<fes:Literal>{value}</fes:Literal>"


def compared(operator: str, name: str, value: object, attributes: str = "") -> str:
    return f"<fes:{operator}{attributes}>{reference(name)}{literal(value)}</fes:{operator}>"


def equal(name: str, value: object) -> str:
    return compared("PropertyIsEqualTo", name, value)


def between(name: str, low: object, high: object) -> str:
    return (
        f"<fes:PropertyIsBetween>{reference(name)}<fes:LowerBoundary>{literal(low)}</fes:LowerBoundary>"
        f"<fes:UpperBoundary>{literal(high)}</fes:UpperBoundary></fes:PropertyIsBetween>"
    )


def like(pattern: str, attributes: str = "") -> str:
    return compared("PropertyIsLike", "naam", pattern, f' wildCard="*" singleChar="." escapeChar="\\"{attributes}')


def negated(inner: str) -> str:
    return f"<fes:Not>{inner}</fes:Not>"


def null(name: str) -> str:
    return f"<fes:PropertyIsNull>{reference(name)}</fes:PropertyIsNull>"


def envelope(lower: str, upper: str, srs_name: str = "") -> str:
    stated = f' srsName="{srs_name}"' if srs_name else ""
    corners = f"<gml:lowerCorner>{lower}</gml:lowerCorner><gml:upperCorner>{upper}</gml:upperCorner>"
    return f"<gml:Envelope{stated}>{corners}</gml:Envelope>"


def spatial(operator: str, geometry: str) -> str:
    return f"<fes:{operator}>{reference('geometrie')}{geometry}</fes:{operator}>"


def instant(moment: str) -> str:
    return f'<gml:TimeInstant gml:id="t"><gml:timePosition>{moment}</gml:timePosition></gml:TimeInstant>'


def period(begin: str, end: str) -> str:
    ends = f"<gml:beginPosition>{begin}</gml:beginPosition><gml:endPosition>{end}</gml:endPosition>"
    return f'<gml:TimePeriod gml:id="t">{ends}</gml:TimePeriod>'


def temporal(operator: str, time: str, name: str = "moment") -> str:
    return f"<fes:{operator}>{reference(name)}{time}</fes:{operator}>"


BOX = envelope("131005 481005", "131025 481015")
BOX_SQL = "ST_MakeEnvelope(131005, 481005, 131025, 481015, 28992)"
RING = "131000 481000 131050 481000 131050 481050 131000 481000"
POLYGON = (
    f"<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{RING}</gml:posList></gml:LinearRing></gml:exterior>"
    "</gml:Polygon>"
)
POLYGON_SQL = "ST_GeomFromText('POLYGON((131000 481000,131050 481000,131050 481050,131000 481000))', 28992)"
LINE = "<gml:LineString><gml:posList>131001 481001 131051 481051</gml:posList></gml:LineString>"
CURVE = (
    "<gml:Curve><gml:segments><gml:LineStringSegment><gml:posList>131001 481001 131051 481051</gml:posList>"
    "</gml:LineStringSegment></gml:segments></gml:Curve>"
)
LINE_SQL = "ST_GeomFromText('LINESTRING(131001 481001,131051 481051)', 28992)"
SQUARE = (
    "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>131000 481000 131010 481000 131010 481010 131000 481010 "
    "131000 481000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
)
SQUARE_SQL = "ST_MakeEnvelope(131000, 481000, 131010, 481010, 28992)"
POINT = "<gml:Point><gml:pos>131005 481005</gml:pos></gml:Point>"
POINT_SQL = "ST_Point(131005, 481005, 28992)"


# Identifiers


@pytest.mark.parametrize("layer", EACH_LAYER)
def test_wfs_056_resource_ids_select_exactly_those_features(town_wfs: Client, layer: str, binding: Binding):
    known = GET(town_wfs, "GetFeature", typeNames=layer, count=3).ids
    wanted = known[:2]
    inner = "".join(f'<fes:ResourceId rid="{key}"/>' for key in wanted)
    assert binding(town_wfs, "GetFeature", typeNames=layer, filter=fes(inner)).ids == wanted
    assert GET(town_wfs, "GetFeature", resourceId=",".join(wanted)).ids == wanted
    other = "gemeenten" if layer != "gemeenten" else "kgl_status"
    (foreign,) = GET(town_wfs, "GetFeature", typeNames=other, count=1).ids
    both = GET(town_wfs, "GetFeature", resourceId=f"{wanted[0]},{foreign}")
    assert sorted(key for key in both.ids if key) == sorted([wanted[0], foreign]) or _inside(both) == {
        wanted[0],
        foreign,
    }


def _inside(reply: Reply) -> set[str]:
    """The ids of features in collections within a collection."""
    return {item.get(f"{{{NS['gml']}}}id") for item in reply.find("wfs:member/wfs:FeatureCollection/wfs:member/*")}


def test_wfs_057_an_unknown_resource_id_selects_nothing(client: Client, sent: Sent):
    reply = sent('<fes:ResourceId rid="proef.unknown"/>')
    assert (reply.status, reply.ids) == (200, [])
    assert GET(client, "GetFeature", typeNames="proef", resourceId="proef.unknown").ids == []


@pytest.mark.parametrize("send", [GET, POST_FORM], ids=lambda send: send.name)
def test_wfs_058_a_resource_id_of_another_type_is_refused(town_wfs: Client, send: Binding):
    (foreign,) = GET(town_wfs, "GetFeature", typeNames="kgl_status", count=1).ids
    reply = send(town_wfs, "GetFeature", typeNames="gemeenten", resourceId=foreign)
    reply.refused("InvalidParameterValue", "resourceId")


# Comparisons


def test_wfs_059_equality_on_text_with_and_without_case(sent: Sent, truth: Truth):
    holds(sent(equal("soort", "a")), truth("soort = 'a'"))
    assert sent(equal("soort", "A")).ids == []
    holds(sent(compared("PropertyIsEqualTo", "soort", "A", ' matchCase="false"')), truth("soort = 'a'"))


def test_wfs_060_inequality_leaves_out_what_is_equal_and_what_is_unknown(sent: Sent, truth: Truth):
    for action in ("", ' matchAction="All"', ' matchAction="Any"'):
        reply = sent(compared("PropertyIsNotEqualTo", "soort", "a", action))
        holds(reply, truth("soort <> 'a'"))
        assert "proef.NL.PROEF.leeg" not in reply.ids


OPERATORS = {
    "PropertyIsLessThan": "<",
    "PropertyIsGreaterThan": ">",
    "PropertyIsLessThanOrEqualTo": "<=",
    "PropertyIsGreaterThanOrEqualTo": ">=",
}


@pytest.mark.parametrize(("operator", "sign"), OPERATORS.items())
@pytest.mark.parametrize(("name", "value"), [("aantal", "200"), ("aantal", "200.5"), ("maat", "50"), ("maat", "-1e1")])
def test_wfs_061_comparisons_of_numbers(sent: Sent, truth: Truth, operator: str, sign: str, name: str, value: str):
    reply = sent(compared(operator, name, value))
    assert reply.ids == truth(f"{name} {sign} {value}")


@pytest.mark.parametrize(("operator", "sign"), OPERATORS.items())
@pytest.mark.parametrize(
    ("name", "value", "moment"),
    [
        ("dag", "2024-03-01", "date '2024-03-01'"),
        ("moment", "2024-03-01T11:00:00Z", "timestamptz '2024-03-01 11:00Z'"),
        ("moment", "2024-03-01T20:00:00+09:00", "timestamptz '2024-03-01 11:00Z'"),
        ("moment", "2024-03-01T12:00:00", "timestamptz '2024-03-01 12:00 Europe/Amsterdam'"),
    ],
)
def test_wfs_062_comparisons_of_dates_and_times(sent: Sent, truth: Truth, operator, sign, name, value, moment):
    holds(sent(compared(operator, name, value)), truth(f"{name} {sign} {moment}"))


def test_wfs_063_a_literal_may_come_first(sent: Sent, truth: Truth):
    inner = f"<fes:PropertyIsLessThan>{literal(390)}{reference('aantal')}</fes:PropertyIsLessThan>"
    holds(sent(inner), truth("390 < aantal"))


def test_wfs_064_between_includes_both_ends(sent: Sent, truth: Truth):
    holds(sent(between("aantal", 3, 6)), truth("aantal IN (3, 4, 5, 6)"))
    holds(sent(between("dag", "2024-02-01", "2024-02-03")), truth("dag BETWEEN '2024-02-01' AND '2024-02-03'"))


@pytest.mark.parametrize(
    ("pattern", "condition"),
    [
        ("rij 1*", "naam LIKE 'rij 1%'"),
        ("rij 1.", "naam LIKE 'rij 1_'"),
        ("*&amp;*", "naam LIKE '%&%'"),
    ],
)
def test_wfs_065_patterns_take_the_wildcards_and_escapes_of_the_client(sent: Sent, truth: Truth, pattern, condition):
    holds(sent(like(pattern)), truth(condition))
    assert sent(like(r"rij\*")).ids == []
    assert sent(like("rij%")).ids == sent(like("rij _")).ids == []
    holds(sent(like("RIJ 1*", ' matchCase="false"')), truth("naam LIKE 'rij 1%'"))


def test_wfs_066_not_like_is_the_complement_of_like(sent: Sent, truth: Truth):
    holds(sent(negated(like("rij 1*"))), truth("naam NOT LIKE 'rij 1%'"))


def test_wfs_067_null_and_not_null_add_up_to_all(sent: Sent, truth: Truth):
    without, with_ = sent(null("naam")), sent(negated(null("naam")))
    holds(without, ["proef.NL.PROEF.leeg"])
    holds(with_, truth("naam IS NOT NULL"))
    assert len(without.ids) + len(with_.ids) == len(truth("TRUE"))


def test_wfs_068_nothing_is_nil_here(sent: Sent, client: Client):
    reply = sent(f"<fes:PropertyIsNil>{reference('naam')}</fes:PropertyIsNil>")
    assert (reply.status, reply.ids) == (200, [])
    assert b"xsi:nil" not in GET(client, "GetFeature", typeNames="proef").body


def test_wfs_069_logic_nests(sent: Sent, truth: Truth):
    inner = (
        f"<fes:Or>{equal('aantal', 400)}<fes:And>{equal('soort', 'a')}"
        f"{negated('<fes:Or>' + between('aantal', 10, 390) + equal('ja', 'true') + '</fes:Or>')}</fes:And></fes:Or>"
    )
    holds(sent(inner), truth("aantal = 400 OR (soort = 'a' AND NOT (aantal BETWEEN 10 AND 390 OR ja))"))


def test_wfs_070_an_unknown_property_in_a_filter_is_refused(sent: Sent):
    for name in ("nope", "q:naam", "proef/nope", "volgnummer", "rij_hash"):
        inner = equal(name, "x").replace("<fes:ValueReference>", '<fes:ValueReference xmlns:q="http://example.com/q">')
        sent(inner).refused("InvalidParameterValue", "filter")


def test_wfs_071_bounded_by_cannot_be_compared(sent: Sent):
    box = f"<fes:Literal>{BOX}</fes:Literal>"
    inner = f"<fes:PropertyIsLessThan>{reference('gml:boundedBy')}{box}</fes:PropertyIsLessThan>"
    reply = sent(inner)
    assert reply.status in {400, 403}
    assert reply.find("ows:Exception")


# Space


def test_wfs_072_a_box_with_and_without_a_property(sent: Sent, truth: Truth):
    expected = truth(f"ST_Intersects(geometrie, {BOX_SQL})")
    holds(sent(f"<fes:BBOX>{BOX}</fes:BBOX>"), expected, 10)
    holds(sent(f"<fes:BBOX>{reference('geometrie')}{BOX}</fes:BBOX>"), expected, 10)


def test_wfs_073_a_box_on_what_is_no_geometry_is_refused(sent: Sent):
    for name in ("gml:description", "naam"):
        sent(f"<fes:BBOX>{reference(name)}{BOX}</fes:BBOX>").refused("InvalidParameterValue", "filter")


def test_wfs_074_a_box_in_another_crs_gives_the_same_features(sent: Sent, truth: Truth):
    transformer = Transformer.from_crs(28992, 4326, always_xy=True)
    (west, south), (east, north) = (transformer.transform(*corner) for corner in ((131006, 481006), (131024, 481009)))
    expected = truth("ST_Intersects(geometrie, ST_MakeEnvelope(131006, 481006, 131024, 481009, 28992))")
    for box in (
        envelope(f"{south} {west}", f"{north} {east}", f"{URN}4326"),
        envelope(f"{west} {south}", f"{east} {north}", "urn:ogc:def:crs:OGC:1.3:CRS84"),
    ):
        holds(sent(f"<fes:BBOX>{box}</fes:BBOX>"), expected, 10)


DISTANCE = '<fes:Distance uom="m">30</fes:Distance>'
SPATIAL = {
    "Intersects polygon": (spatial("Intersects", POLYGON), f"ST_Intersects(geometrie, {POLYGON_SQL})"),
    "Intersects line": (spatial("Intersects", LINE), f"ST_Intersects(geometrie, {LINE_SQL})"),
    "Intersects curve": (spatial("Intersects", CURVE), f"ST_Intersects(geometrie, {LINE_SQL})"),
    "Intersects point": (spatial("Intersects", POINT), f"ST_Intersects(geometrie, {POINT_SQL})"),
    "Intersects box": (spatial("Intersects", BOX), f"ST_Intersects(geometrie, {BOX_SQL})"),
    "Disjoint": (spatial("Disjoint", POLYGON), f"ST_Disjoint(geometrie, {POLYGON_SQL})"),
    "Within": (spatial("Within", POLYGON), f"ST_Within(geometrie, {POLYGON_SQL})"),
    "Contains": (spatial("Contains", POINT), f"ST_Contains(geometrie, {POINT_SQL})"),
    "Touches": (spatial("Touches", SQUARE), f"ST_Touches(geometrie, {SQUARE_SQL})"),
    "Crosses": (spatial("Crosses", LINE), f"ST_Crosses(geometrie, {LINE_SQL})"),
    "Overlaps": (spatial("Overlaps", BOX), f"ST_Overlaps(geometrie, {BOX_SQL})"),
    "Equals": (spatial("Equals", SQUARE), f"ST_Equals(geometrie, {SQUARE_SQL})"),
    "DWithin": (spatial("DWithin", POINT + DISTANCE), f"ST_DWithin(geometrie, {POINT_SQL}, 30)"),
    "Beyond": (spatial("Beyond", POINT + DISTANCE), f"NOT ST_DWithin(geometrie, {POINT_SQL}, 30)"),
    "BBOX": (f"<fes:BBOX>{BOX}</fes:BBOX>", f"ST_Intersects(geometrie, {BOX_SQL})"),
}


@pytest.mark.parametrize("case", SPATIAL)
def test_wfs_075_spatial_operators_agree_with_the_database(sent: Sent, truth: Truth, case: str):
    inner, condition = SPATIAL[case]
    holds(sent(inner), truth(condition))


# Time


def test_wfs_076_after_a_moment_or_period_respects_offsets(sent: Sent, truth: Truth):
    for time, later in (
        (instant("2024-03-01T11:00:00Z"), "2024-03-01 11:00Z"),
        (instant("2024-03-01T20:00:00+09:00"), "2024-03-01 11:00Z"),
        (period("2024-01-01T00:00:00Z", "2024-03-01T11:00:00Z"), "2024-03-01 11:00Z"),
    ):
        holds(sent(temporal("After", time)), truth(f"moment > '{later}'"))


# Row n happens at noon in winter time of day n of the year, and is valid from its midnight with no end.
BEGIN, END = "2024-03-01T11:00:00Z", "2024-03-05T11:00:00Z"
TEMPORAL = {
    "After": (temporal("After", instant(BEGIN)), f"moment > '{BEGIN}'"),
    "Before": (temporal("Before", instant(BEGIN)), f"moment < '{BEGIN}'"),
    "During": (temporal("During", period(BEGIN, END)), f"moment > '{BEGIN}' AND moment < '{END}'"),
    "TEquals": (temporal("TEquals", instant(BEGIN)), f"moment = '{BEGIN}'"),
    "Begins": (temporal("Begins", period(BEGIN, END)), f"moment = '{BEGIN}'"),
    "Ends": (temporal("Ends", period(BEGIN, END)), f"moment = '{END}'"),
    "Meets": (temporal("Meets", period(BEGIN, END)), f"moment = '{BEGIN}'"),
    "MetBy": (temporal("MetBy", period(BEGIN, END)), f"moment = '{END}'"),
    "AnyInteracts": (temporal("AnyInteracts", period(BEGIN, END)), f"moment BETWEEN '{BEGIN}' AND '{END}'"),
    # a day is a period of its own, so that it can hold, begin, end and overlap
    "TContains": (temporal("TContains", instant(BEGIN), "dag"), "dag = '2024-03-01'"),
    "BegunBy": (temporal("BegunBy", instant("2024-02-29T23:00:00Z"), "dag"), "dag = '2024-03-01'"),
    "EndedBy": (temporal("EndedBy", instant("2024-03-01T22:59:59.999999Z"), "dag"), "dag = '2024-03-01'"),
    "TOverlaps": (temporal("TOverlaps", period(BEGIN, END), "dag"), "dag = '2024-03-01'"),
    "OverlappedBy": (temporal("OverlappedBy", period(BEGIN, END), "dag"), "dag = '2024-03-05'"),
}


@pytest.mark.parametrize("case", TEMPORAL)
def test_wfs_077_before_during_and_the_other_relations_in_time(sent: Sent, truth: Truth, case: str):
    inner, condition = TEMPORAL[case]
    holds(sent(inner), truth(condition))


# What is declared


def test_wfs_078_what_is_listed_works_and_what_is_not_is_refused(client: Client, sent: Sent):
    capabilities = client.get(request="GetCapabilities")
    listed = {
        item.get("name")
        for kind in ("Comparison", "Spatial", "Temporal")
        for item in capabilities.find(f".//fes:{kind}Operator")
    }
    assert listed == {*reader.COMPARISONS, *reader.SPATIAL, *reader.TEMPORAL}
    tested = {name.partition(" ")[0] for name in (*SPATIAL, *TEMPORAL)}
    assert {*reader.SPATIAL, *reader.TEMPORAL} <= tested
    assert set(reader.COMPARISONS) == {
        *OPERATORS,
        *(f"PropertyIs{kind}" for kind in ("EqualTo", "NotEqualTo", "Like", "Null", "Nil", "Between")),
    }
    # the schema of capabilities has no name for AnyInteracts, which is answered nevertheless
    assert not listed & set(reader.UNNAMED) and set(reader.UNNAMED) <= tested
    for name in ("PropertyIsNope", "Nope"):
        sent(compared(name, "naam", "x")).refused("OperationNotSupported", "filter")
    function = f'<fes:PropertyIsEqualTo>{reference("naam")}<fes:Function name="sleep"/></fes:PropertyIsEqualTo>'
    sent(function).refused("OperationNotSupported", "filter")


OLD = 'xmlns:ogc="http://www.opengis.net/ogc" xmlns:gml="http://www.opengis.net/gml"'


@pytest.mark.parametrize(
    ("filter_", "condition"),
    [
        (
            f"<ogc:Filter {OLD}><ogc:PropertyIsEqualTo><ogc:PropertyName>soort</ogc:PropertyName>"
            "<ogc:Literal>a</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter>",
            "soort = 'a'",
        ),
        (
            "<Filter><PropertyIsEqualTo><PropertyName>rev_public:soort</PropertyName><Literal>a</Literal>"
            "</PropertyIsEqualTo></Filter>",
            "soort = 'a'",
        ),
        (
            f"<ogc:Filter {OLD}><ogc:BBOX><ogc:PropertyName>geometrie</ogc:PropertyName>"
            '<gml:Envelope srsName="EPSG:28992">'
            "<gml:lowerCorner>131005 481005</gml:lowerCorner><gml:upperCorner>131025 481015</gml:upperCorner>"
            "</gml:Envelope></ogc:BBOX></ogc:Filter>",
            f"ST_Intersects(geometrie, {BOX_SQL})",
        ),
    ],
)
def test_wfs_079_the_syntax_of_older_versions_is_read(client: Client, truth: Truth, filter_: str, condition: str):
    expected = truth(condition)
    for send in (GET, POST_FORM):
        holds(send(client, "GetFeature", typeNames="proef", filter=filter_), expected)
    query = {"TYPENAME": "rev_public:proef", "MAXFEATURES": 3, "filter": filter_}
    assert client.get(request="GetFeature", version="2.0.0", SORTBY="aantal A", **query).ids == expected[:3]
    assert client.get(request="GetFeature", version="2.0.0", SORTBY="aantal D", **query).ids == expected[::-1][:3]


@pytest.mark.parametrize(
    "text", ["<fes:Filter", "nonsense", "<a/>", "<Filter/>", "<Filter><PropertyIsEqualTo/></Filter>", "\x00", "<?x?>"]
)
def test_wfs_080_a_filter_that_is_no_xml_is_refused_in_our_words(client: Client, ogc, text: str):
    for send in (GET, POST_FORM):
        reply = send(client, "GetFeature", typeNames="proef", filter=text)
        reply.refused("OperationParsingFailed", "filter")
        ogc.assertValid(reply.xml)
        assert not any(leak in reply.body for leak in (b"Traceback", b"lxml", b".py", b"SELECT"))
    body = f'<wfs:GetFeature xmlns:wfs="{NS["wfs"]}" {NAMES} service="WFS" version="2.0.0"><wfs:Query'
    client.post(body).refused("OperationParsingFailed", "request")
