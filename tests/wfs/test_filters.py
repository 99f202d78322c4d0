"""FES filters against PostGIS' own answers on the same rows (FES 2.0; WFS 2.0 conformance, filters)."""

import pytest
from lxml import etree
from tests.wfs.conftest import NS

from risicoatlas.errors import RequestError
from risicoatlas.filters import fes
from risicoatlas.service import Service

FES, OGC = (
    f'xmlns="{NS["fes"]}" xmlns:gml="{NS["gml"]}"',
    'xmlns="http://www.opengis.net/ogc" xmlns:gml="http://www.opengis.net/gml"',
)


def filter_of(inner: str, declared: str = FES) -> str:
    return f"<Filter {declared}>{inner}</Filter>"


def compared(operator: str, name: str, literal: object, attributes: str = "") -> str:
    operands = f"<ValueReference>{name}</ValueReference><Literal>{literal}</Literal>"
    return f"<{operator}{attributes}>{operands}</{operator}>"


def truth(world: Service, condition: str) -> list[str]:
    with world.pool.connection() as connection:
        connection.execute("SET LOCAL ROLE ra_public")
        connection.execute("SET LOCAL timezone = 'Europe/Amsterdam'")
        rows = connection.execute(
            "SELECT 'proef.' || identificatie FROM publiek.proef"
            f" WHERE publicatie_tot IS NULL AND ({condition}) ORDER BY volgnummer"
        )
        return [row[0] for row in rows.fetchall()]


REFERENCE = "<ValueReference>geometrie</ValueReference>"


def polygon(positions: str) -> str:
    ring = f"<gml:LinearRing><gml:posList>{positions}</gml:posList></gml:LinearRing>"
    return f"<gml:Polygon><gml:exterior>{ring}</gml:exterior></gml:Polygon>"


def envelope(lower: str, upper: str, srs_name: str | None = None) -> str:
    corners = f"<gml:lowerCorner>{lower}</gml:lowerCorner><gml:upperCorner>{upper}</gml:upperCorner>"
    stated = f' srsName="{srs_name}"' if srs_name else ""
    return f"<gml:Envelope{stated}>{corners}</gml:Envelope>"


def spatial(operator: str, literal: str) -> str:
    return f"<{operator}>{REFERENCE}{literal}</{operator}>"


def like(pattern: str, attributes: str = "", name: str = "naam") -> str:
    return compared("PropertyIsLike", name, pattern, f' wildCard="*" singleChar="." escapeChar="!"{attributes}')


def instant(moment: str) -> str:
    return f"<gml:TimeInstant gml:id='t'><gml:timePosition>{moment}</gml:timePosition></gml:TimeInstant>"


TRIANGLE = polygon("131000 481000 131050 481000 131050 481050 131000 481000")
TRIANGLE_SQL = "ST_GeomFromText('POLYGON((131000 481000,131050 481000,131050 481050,131000 481000))', 28992)"
LINE = "<gml:LineString><gml:posList>131001 481001 131051 481051</gml:posList></gml:LineString>"
LINE_SQL = "ST_GeomFromText('LINESTRING(131001 481001,131051 481051)', 28992)"
POINT = "<gml:Point><gml:pos>131005 481005</gml:pos></gml:Point>"
POINT_SQL = "ST_Point(131005, 481005, 28992)"
BOX_SQL = "ST_MakeEnvelope(131005, 481005, 131025, 481015, 28992)"


def period(begin: str, end: str) -> str:
    instant = f"<gml:beginPosition>{begin}</gml:beginPosition><gml:endPosition>{end}</gml:endPosition>"
    return f'<gml:TimePeriod gml:id="t">{instant}</gml:TimePeriod>'


def temporal(operator: str, literal: str, name: str = "moment") -> str:
    return f"<{operator}><ValueReference>{name}</ValueReference>{literal}</{operator}>"


UNKNOWN = ' indeterminatePosition="unknown"'
DAYS = (
    "<gml:TimePeriod gml:id='p'><gml:begin><gml:TimeInstant gml:id='b'><gml:timePosition>2024-01-05</gml:timePosition>"
    "</gml:TimeInstant></gml:begin><gml:end><gml:TimeInstant gml:id='e'><gml:timePosition>2024-01-08"
    "</gml:timePosition></gml:TimeInstant></gml:end></gml:TimePeriod>"
)
CASES = {
    "text": (compared("PropertyIsEqualTo", "naam", "rij 7"), "naam = 'rij 7'"),
    "case": (compared("PropertyIsEqualTo", "naam", "RIJ 7", ' matchCase="false"'), "naam = 'rij 7'"),
    "not equal leaves null out": (compared("PropertyIsNotEqualTo", "soort", "a"), "soort <> 'a'"),
    "less": (compared("PropertyIsLessThan", "aantal", 5), "aantal < 5"),
    "less or equal": (compared("PropertyIsLessThanOrEqualTo", "maat", "1.25"), "maat <= 1.25"),
    "greater": (compared("PropertyIsGreaterThan", "aantal", "390.5"), "aantal > 390.5"),
    "greater or equal": (compared("PropertyIsGreaterThanOrEqualTo", "q:aantal", 399), "aantal >= 399"),
    "boolean": (compared("PropertyIsEqualTo", "ja", "true"), "ja"),
    "literal first": (
        "<PropertyIsLessThan><Literal>398</Literal><ValueReference>aantal</ValueReference></PropertyIsLessThan>",
        "398 < aantal",
    ),
    "two properties": (
        "<PropertyIsEqualTo><ValueReference>aantal</ValueReference><ValueReference>maat</ValueReference></PropertyIsEqualTo>",
        "aantal = maat",
    ),
    "date": (compared("PropertyIsLessThan", "dag", "2024-01-05"), "dag < '2024-01-05'"),
    "moment in utc": (
        compared("PropertyIsLessThanOrEqualTo", "moment", "2024-01-05T11:00:00Z"),
        "moment <= '2024-01-05 11:00Z'",
    ),
    "moment elsewhere": (
        compared("PropertyIsEqualTo", "moment", "2024-01-05T20:00:00+09:00"),
        "moment = '2024-01-05 11:00Z'",
    ),
    "moment without offset is local": (
        compared("PropertyIsEqualTo", "moment", "2024-01-05T12:00:00"),
        "moment = '2024-01-05 12:00 Europe/Amsterdam'",
    ),
    "between is inclusive": (
        "<PropertyIsBetween><ValueReference>aantal</ValueReference><LowerBoundary><Literal>3</Literal></LowerBoundary>"
        "<UpperBoundary><Literal>6</Literal></UpperBoundary></PropertyIsBetween>",
        "aantal BETWEEN 3 AND 6",
    ),
    "like": (
        like("rij .2*"),
        "naam ~ '^rij .2'",
    ),
    "like takes % and _ as they are": (
        like("rij_%"),
        "false",
    ),
    "like with an escaped wildcard": (
        like("x!<y*").replace("!<", "!&lt;"),
        "naam LIKE 'x<y%'",
    ),
    "like without case": (
        compared("PropertyIsLike", "naam", "RIJ 1?", ' wildCard="*" singleChar="?" escapeChar="\\" matchCase="false"'),
        "naam ~ '^rij 1.$'",
    ),
    "not like leaves null out": (
        f"<Not>{like('rij*')}</Not>",
        "naam NOT LIKE 'rij%'",
    ),
    "null": ("<PropertyIsNull><ValueReference>naam</ValueReference></PropertyIsNull>", "naam IS NULL"),
    "not null": (
        "<Not><PropertyIsNull><ValueReference>naam</ValueReference></PropertyIsNull></Not>",
        "naam IS NOT NULL",
    ),
    "nothing is nil": ("<PropertyIsNil><ValueReference>naam</ValueReference></PropertyIsNil>", "false"),
    "logic": (
        f"<And><Or>{compared('PropertyIsLessThan', 'aantal', 20)}{compared('PropertyIsGreaterThan', 'aantal', 380)}"
        f"</Or><Not><Or>{compared('PropertyIsEqualTo', 'soort', 'a')}{compared('PropertyIsEqualTo', 'ja', 'false')}"
        "</Or></Not></And>",
        "(aantal < 20 OR aantal > 380) AND NOT (soort = 'a' OR NOT ja)",
    ),
    "three of one": (
        "<Or>" + "".join(compared("PropertyIsEqualTo", "aantal", n) for n in (3, 5, 8)) + "</Or>",
        "aantal IN (3, 5, 8)",
    ),
    "id in logic": (
        f"<Or><ResourceId rid='proef.NL.PROEF.3'/>{compared('PropertyIsEqualTo', 'aantal', 9)}</Or>",
        "aantal IN (3, 9)",
    ),
    "ids": ("<ResourceId rid='proef.NL.PROEF.3'/><ResourceId rid='x.1'/>", "aantal = 3"),
    "ids of nothing": ("<ResourceId rid='x.1'/>", "false"),
    "box": (
        spatial("BBOX", envelope("131005 481005", "131025 481015")),
        f"ST_Intersects(geometrie, {BOX_SQL})",
    ),
    "box without a property": (
        f"<BBOX>{envelope('131005 481005', '131025 481015', 'urn:ogc:def:crs:EPSG::28992')}</BBOX>",
        f"ST_Intersects(geometrie, {BOX_SQL})",
    ),
    "intersects a polygon": (spatial("Intersects", TRIANGLE), f"ST_Intersects(geometrie, {TRIANGLE_SQL})"),
    "intersects a line": (spatial("Intersects", LINE), f"ST_Intersects(geometrie, {LINE_SQL})"),
    "geometry first": (f"<Contains>{TRIANGLE}{REFERENCE}</Contains>", f"ST_Contains({TRIANGLE_SQL}, geometrie)"),
    "disjoint": (spatial("Disjoint", TRIANGLE), f"ST_Disjoint(geometrie, {TRIANGLE_SQL})"),
    "within": (spatial("Within", TRIANGLE), f"ST_Within(geometrie, {TRIANGLE_SQL})"),
    "contains": (spatial("Contains", POINT), f"ST_Contains(geometrie, {POINT_SQL})"),
    "touches": (spatial("Touches", TRIANGLE), f"ST_Touches(geometrie, {TRIANGLE_SQL})"),
    "crosses": (spatial("Crosses", LINE), f"ST_Crosses(geometrie, {LINE_SQL})"),
    "overlaps": (spatial("Overlaps", TRIANGLE), f"ST_Overlaps(geometrie, {TRIANGLE_SQL})"),
    "equals": (
        spatial("Equals", polygon("131000 481000 131010 481000 131010 481010 131000 481010 131000 481000")),
        "aantal = 1",
    ),
    "within a distance": (
        f'<DWithin>{REFERENCE}{POINT}<Distance uom="m">12</Distance></DWithin>',
        f"ST_DWithin(geometrie, {POINT_SQL}, 12)",
    ),
    "beyond": (
        f'<Beyond>{REFERENCE}{POINT}<Distance uom="km">0.1</Distance></Beyond>',
        f"NOT ST_DWithin(geometrie, {POINT_SQL}, 100)",
    ),
    "after an instant": (
        temporal("After", instant("2025-01-20T20:00:00+09:00")),
        "moment > '2025-01-20 11:00Z'",
    ),
    "after a period": (
        temporal("After", period("2025-01-01T00:00:00Z", "2025-01-20T11:00:00Z")),
        "moment > '2025-01-20 11:00Z'",
    ),
    "before": (temporal("Before", "<Literal>2024-01-05T11:00:00Z</Literal>"), "moment < '2024-01-05 11:00Z'"),
    "during is strict": (
        temporal("During", period("2024-01-05T11:00:00Z", "2024-01-08T11:00:00Z")),
        "moment > '2024-01-05 11:00Z' AND moment < '2024-01-08 11:00Z'",
    ),
    "equal times": (
        temporal("TEquals", instant("2024-01-05T11:00:00Z")),
        "moment = '2024-01-05 11:00Z'",
    ),
    "begins": (
        temporal("Begins", period("2024-01-05T11:00:00Z", "2024-01-08T11:00:00Z")),
        "moment = '2024-01-05 11:00Z'",
    ),
    "ends": (
        temporal("Ends", period("2024-01-05T11:00:00Z", "2024-01-08T11:00:00Z")),
        "moment = '2024-01-08 11:00Z'",
    ),
    "a day contains its noon": (
        temporal("TContains", period("2024-01-05T10:00:00Z", "2024-01-05T12:00:00Z"), "dag"),
        "dag = '2024-01-05'",
    ),
    "a day overlaps what begins at its noon": (
        temporal("TOverlaps", period("2024-01-05T12:00:00", "2024-01-08T12:00:00"), "dag"),
        "dag = '2024-01-05'",
    ),
    "a day is overlapped by what ends at its noon": (
        temporal("OverlappedBy", period("2024-01-05T12:00:00", "2024-01-08T12:00:00"), "dag"),
        "dag = '2024-01-08'",
    ),
    "a day is begun by its morning": (
        temporal("BegunBy", period("2024-01-05T00:00:00+01:00", "2024-01-05T12:00:00+01:00"), "dag"),
        "dag = '2024-01-05'",
    ),
    "a day is ended by its evening": (
        temporal("EndedBy", period("2024-01-05T12:00:00", "2024-01-05T23:59:59.999999"), "dag"),
        "dag = '2024-01-05'",
    ),
    "a day meets what begins at its last moment": (
        temporal("Meets", period("2024-01-05T23:59:59.999999", "2024-01-08T12:00:00"), "dag"),
        "dag = '2024-01-05'",
    ),
    "a day is met by what ends at its first moment": (
        temporal("MetBy", period("2024-01-03T12:00:00", "2024-01-05T00:00:00"), "dag"),
        "dag = '2024-01-05'",
    ),
    "any interaction, the ends included": (
        temporal("AnyInteracts", period("2024-01-05T11:00:00Z", "2024-01-08T11:00:00Z")),
        "moment BETWEEN '2024-01-05 11:00Z' AND '2024-01-08 11:00Z'",
    ),
    "a period of days with instants of its own": (
        temporal("During", DAYS),
        "moment > '2024-01-05 00:00+01' AND moment < '2024-01-09 00:00+01'",
    ),
    "a period without a known begin": (
        temporal("AnyInteracts", period("UNKNOWN", "2024-01-08T11:00:00Z").replace(">UNKNOWN", f"{UNKNOWN}>")),
        "moment <= '2024-01-08 11:00Z'",
    ),
    "a period without a known end in an instant": (
        temporal("AnyInteracts", DAYS.replace(">2024-01-08", f"{UNKNOWN}>")),
        "moment >= '2024-01-05 00:00+01'",
    ),
    "until now": (
        temporal("Before", instant("NOW").replace(">NOW", ' indeterminatePosition="now">')),
        "moment < now()",
    ),
    "a property before a property": (
        "<Before><ValueReference>begin_geldigheid</ValueReference><ValueReference>moment</ValueReference></Before>",
        "begin_geldigheid < moment",
    ),
    "a geometry and itself": (f"<Equals>{REFERENCE}{REFERENCE}</Equals>", "ST_Equals(geometrie, geometrie)"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_filter_gives_what_postgis_gives(client, world, name):
    inner, condition = CASES[name]
    text = filter_of(inner, f'{FES} xmlns:q="{NS["p"]}"')
    expected = truth(world, condition)
    assert client.feature(filter=text).ids == expected
    assert client.feature(filter=text, resultType="hits").xml.get("numberMatched") == str(len(expected))
    query = f'<wfs:Query typeNames="proef">{text}</wfs:Query>'
    post = f'<wfs:GetFeature xmlns:wfs="{NS["wfs"]}" service="WFS" version="2.0.0">{query}</wfs:GetFeature>'
    assert client.post(post).ids == expected


def test_every_operator_that_is_declared_has_a_case_that_finds_something(world):
    tags = {
        etree.QName(item).localname for inner, condition in CASES.values()
        for item in etree.fromstring(filter_of(inner, f'{FES} xmlns:q="{NS["p"]}"')).iter()
        if condition == "false" or truth(world, condition)
    }  # fmt: skip
    untested = {*fes.LOGICAL, *fes.COMPARISONS, *fes.SPATIAL, *fes.TEMPORAL} - tags
    assert not untested


OLD = {
    "fes 1.1": filter_of(compared("PropertyIsEqualTo", "aantal", 7).replace("ValueReference", "PropertyName"), OGC),
    "no namespace": filter_of(compared("PropertyIsEqualTo", "aantal", 7).replace("ValueReference", "PropertyName"), ""),
    "feature id": filter_of("<FeatureId fid='proef.NL.PROEF.7'/>", OGC),
    "gml object id": filter_of("<GmlObjectId gml:id='proef.NL.PROEF.7'/>", OGC),
    "with breaks and indents": filter_of(
        "\n <PropertyIsEqualTo>\n  <ValueReference>\n   aantal </ValueReference>\n"
        "  <Literal>7</Literal>\n </PropertyIsEqualTo>\n"
    ),
    "path of the type": filter_of(compared("PropertyIsEqualTo", "rev_public:proef/rev_public:aantal", 7)),
    "gml 3.1 polygon": filter_of(
        "<Intersects><PropertyName>geometrie</PropertyName><gml:Polygon srsName='EPSG:28992'><gml:outerBoundaryIs>"
        "<gml:LinearRing><gml:coordinates>131062,481001 131068,481001 131068,481002 131062,481001</gml:coordinates>"
        "</gml:LinearRing></gml:outerBoundaryIs></gml:Polygon></Intersects></And>".replace("<And>", "").replace(
            "</And>", ""
        ),
        OGC,
    ),
    "gml 2 box": filter_of(
        "<BBOX><PropertyName>geometrie</PropertyName><gml:Box><gml:coordinates cs=',' ts=' '>131062,481001"
        " 131068,481002</gml:coordinates></gml:Box></BBOX>",
        OGC,
    ),
}


@pytest.mark.parametrize("name", OLD)
def test_old_syntax_is_read(client, name):
    assert client.feature(filter=OLD[name]).ids == ["proef.NL.PROEF.7"]


def test_an_envelope_in_another_crs_means_the_same_place(client, world):
    with world.pool.connection() as connection:
        connection.execute("SET LOCAL ROLE ra_public")
        west, south, east, north = connection.execute(
            "SELECT ST_X(a), ST_Y(a), ST_X(b), ST_Y(b) FROM ST_Transform(ST_Point(131005, 481005, 28992), 4258) AS a,"
            " ST_Transform(ST_Point(131025, 481015, 28992), 4258) AS b"
        ).fetchone()
    expected = truth(world, "ST_Intersects(geometrie, ST_MakeEnvelope(131005, 481005, 131025, 481015, 28992))")
    for srs_name, corners in (
        ("urn:ogc:def:crs:EPSG::4326", (south, west, north, east)),
        ("EPSG:4326", (west, south, east, north)),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", (west, south, east, north)),
    ):
        lower, upper = " ".join(map(repr, corners[:2])), " ".join(map(repr, corners[2:]))
        text = filter_of(spatial("BBOX", envelope(lower, upper, srs_name)))
        assert client.feature(filter=text).ids == expected


SEGMENT = "<gml:LineStringSegment><gml:posList>{}</gml:posList></gml:LineStringSegment>"
SEGMENTS = SEGMENT.format("131002 481002 131004 481004") + SEGMENT.format("131004 481004 131005 481009")
SHORT_LINE = LINE.replace("131051 481051", "131004 481004")
SMALL = polygon("131002 481002 131004 481002 131004 481004 131002 481002")
SMALL_3D = polygon("131002 481002 0 131004 481002 0 131004 481004 0 131002 481002 0").replace(
    "<gml:posList>", "<gml:posList srsDimension='3'>"
)


@pytest.mark.parametrize(
    "literal",
    [
        f"<gml:MultiPoint><gml:pointMember>{POINT}</gml:pointMember></gml:MultiPoint>",
        f"<gml:MultiPoint><gml:pointMembers>{POINT}</gml:pointMembers></gml:MultiPoint>",
        "<gml:LineString><gml:pos>131002 481002</gml:pos><gml:pos>131004 481004</gml:pos></gml:LineString>",
        f"<gml:Curve><gml:segments>{SEGMENTS}</gml:segments></gml:Curve>",
        f"<gml:MultiCurve><gml:curveMember>{SHORT_LINE}</gml:curveMember></gml:MultiCurve>",
        f"<gml:Surface><gml:patches>{SMALL.replace('gml:Polygon', 'gml:PolygonPatch')}</gml:patches></gml:Surface>",
        f"<gml:MultiSurface><gml:surfaceMember>{SMALL_3D}</gml:surfaceMember></gml:MultiSurface>",
        envelope("131002 481002", "131004 481004"),
        f"<Literal>{POINT}</Literal>",
    ],
)
def test_each_form_of_geometry_is_read(client, literal):
    assert client.feature(filter=filter_of(f"<Intersects>{REFERENCE}{literal}</Intersects>")).ids == [
        "proef.NL.PROEF.1"
    ]


BAD = {
    "not well-formed": ("<Filter", "OperationParsingFailed"),
    "not xml": ("naam = 'x'", "OperationParsingFailed"),
    "another root": (f"<Query {FES}/>", "OperationParsingFailed"),
    "empty": (filter_of(""), "OperationParsingFailed"),
    "two conditions": (filter_of(compared("PropertyIsEqualTo", "aantal", 1) * 2), "OperationParsingFailed"),
    "unknown operator": (filter_of("<Foo/>"), "OperationNotSupported"),
    "function": (
        filter_of("<PropertyIsEqualTo><Function name='f'/><Literal>1</Literal></PropertyIsEqualTo>"),
        "OperationParsingFailed",
    ),
    "function beside a property": (
        filter_of("<PropertyIsEqualTo><ValueReference>naam</ValueReference><Function name='f'/></PropertyIsEqualTo>"),
        "OperationNotSupported",
    ),
    "unknown property": (filter_of(compared("PropertyIsEqualTo", "nope", 1)), "InvalidParameterValue"),
    "property of another namespace": (
        filter_of(compared("PropertyIsEqualTo", "z:naam", 1), f'{FES} xmlns:z="urn:z"'),
        "InvalidParameterValue",
    ),
    "bounded by": (
        filter_of(
            "<PropertyIsEqualTo><ValueReference>gml:boundedBy</ValueReference><Literal><gml:Envelope/></Literal></PropertyIsEqualTo>"
        ),
        "InvalidParameterValue",
    ),
    "text against a number": (filter_of(compared("PropertyIsLessThan", "aantal", "veel")), "InvalidParameterValue"),
    "no date": (filter_of(compared("PropertyIsLessThan", "dag", "2024-13-45")), "InvalidParameterValue"),
    "geometry compared": (filter_of(compared("PropertyIsEqualTo", "geometrie", 1)), "InvalidParameterValue"),
    "box of text": (
        filter_of(f"<BBOX><ValueReference>naam</ValueReference>{envelope('1 2', '3 4')}</BBOX>"),
        "InvalidParameterValue",
    ),
    "one corner": (
        filter_of("<BBOX><gml:Envelope><gml:lowerCorner>1 2</gml:lowerCorner></gml:Envelope></BBOX>"),
        "OperationParsingFailed",
    ),
    "no number": (
        filter_of(f"<Intersects>{REFERENCE}<gml:Point><gml:pos>a b</gml:pos></gml:Point></Intersects>"),
        "OperationParsingFailed",
    ),
    "not finite": (
        filter_of(f"<Intersects>{REFERENCE}<gml:Point><gml:pos>nan 1</gml:pos></gml:Point></Intersects>"),
        "InvalidParameterValue",
    ),
    "open ring": (
        filter_of(spatial("Intersects", polygon("131000 481000 131050 481000 131050 481050 131000 481001"))),
        "InvalidParameterValue",
    ),
    "bow tie": (
        filter_of(spatial("Within", polygon("131000 481000 131010 481010 131010 481000 131000 481010 131000 481000"))),
        "InvalidParameterValue",
    ),
    "arc": (
        filter_of(f"<Intersects>{REFERENCE}<gml:Curve><gml:segments><gml:Arc/></gml:segments></gml:Curve></Intersects>"),
        "InvalidParameterValue",
    ),
    "unknown crs": (
        filter_of(spatial("Intersects", "<gml:Point srsName='EPSG:1'><gml:pos>1 2</gml:pos></gml:Point>")),
        "InvalidParameterValue",
    ),
    "degrees read as metres": (
        filter_of(f"<Intersects>{REFERENCE}<gml:Point><gml:pos>5.1 52.1</gml:pos></gml:Point></Intersects>"),
        "InvalidParameterValue",
    ),
    "unit": (
        filter_of(f"<DWithin>{REFERENCE}{POINT}<Distance uom='parsec'>1</Distance></DWithin>"),
        "InvalidParameterValue",
    ),
    "like on a number": (
        filter_of(like("1*", name="aantal")),
        "InvalidParameterValue",
    ),
    "one character for two wildcards": (
        filter_of(compared("PropertyIsLike", "naam", "1*", ' wildCard="*" singleChar="*" escapeChar="!"')),
        "InvalidParameterValue",
    ),
    "time of a text": (
        filter_of(temporal("After", "<Literal>2024-01-01</Literal>", "naam")),
        "InvalidParameterValue",
    ),
    "a moment that nobody knows": (
        filter_of(temporal("After", instant("X").replace(">X", f"{UNKNOWN}>"))),
        "InvalidParameterValue",
    ),
    "too deep": (filter_of("<Not>" * 65 + "</Not>" * 65), "InvalidParameterValue"),
    "too many": (
        filter_of("<Or>" + compared("PropertyIsEqualTo", "aantal", 1) * 600 + "</Or>"),
        "InvalidParameterValue",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_filter_is_refused_with_its_code_and_never_ignored(client, name):
    text, code = BAD[name]
    client.feature(filter=text).refused(code, "filter")


def test_a_prefix_may_be_bound_beside_the_filter(client):
    text = filter_of(compared("PropertyIsEqualTo", "zz:aantal", 7))
    client.feature(filter=text).refused("InvalidParameterValue", "filter")
    assert client.feature(filter=text, namespaces=f"xmlns(zz,{NS['p']})").ids == ["proef.NL.PROEF.7"]
    assert client.feature("zz:proef", filter=text, namespaces=f"xmlns(zz,{NS['p']})").ids == ["proef.NL.PROEF.7"]


@pytest.mark.parametrize("identifier", ["proef._x0000_", "proef._xD800_", "proef._xDFFF_"])
def test_a_resource_id_with_a_character_that_no_text_holds_is_of_nothing(world, identifier):
    assert fes.key_of(identifier, world.catalogue.get("proef")) is None


def test_a_resource_id_goes_there_and_back(world):
    layer = world.catalogue.get("proef")
    for key in ("NL.IMEV.gm0457.1", "a b", "é/ü", "_x0041_", "x_x", "😀", "a.b.c", "<&>"):
        identifier = fes.resource_id(layer, key)
        assert etree.fromstring(f'<a xmlns:n="u" id="{identifier}"/>').get("id").isascii()
        assert fes.key_of(identifier, layer) == key


def test_the_database_escapes_a_key_as_the_reader_does(world):
    layer = world.catalogue.get("proef")
    with world.pool.connection() as connection:
        connection.execute("SET LOCAL ROLE ra_public")
        for key in ("a b", "é/ü", "_x0041_", "x_x", "😀", "<&>", "__x"):
            found = connection.execute("SELECT publiek.xml_name(%s)", [key]).fetchone()[0]
            assert f"proef.{found}" == fes.resource_id(layer, key)


def test_a_restricted_layer_is_filtered_within_the_rows_of_the_actor(gemeente):
    assert len(gemeente.feature("geheim", filter=filter_of(compared("PropertyIsGreaterThan", "waarde", 5))).ids) == 5
    everything = filter_of(
        f"<Or>{compared('PropertyIsGreaterThan', 'waarde', 0)}{compared('PropertyIsLessThan', 'waarde', 99)}</Or>"
    )
    assert len(gemeente.feature("geheim", filter=everything).ids) == 10
    assert not gemeente.feature("geheim", resourceId="geheim.VL.PROEF.15").ids


def test_reading_a_filter_needs_no_database(world):
    with pytest.raises(RequestError, match="no property"):
        fes.read(filter_of(compared("PropertyIsEqualTo", "nope", 1)), world.catalogue.get("proef"))
