"""Joins of two types in GetFeature (WFS 2.0, 7.9.2.5.3) against PostGIS' own joins of the same rows."""

from urllib.parse import urlsplit

import pytest
from psycopg import sql
from tests.wfs.conftest import GML_ID, NS, Reply
from tests.world import GEMEENTE

from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.features import query
from risicoatlas.features.join import JoinRequest, plan_join
from risicoatlas.features.request import FeatureRequest
from risicoatlas.filters import fes_join
from risicoatlas.wfs.formats.gml32 import Gml32

DECLARED = f'xmlns="{NS["fes"]}" xmlns:gml="{NS["gml"]}" xmlns:q="{NS["p"]}" xmlns:b="{NS["b"]}"'
TYPES = "proef,vlakken"


def filter_of(inner: str) -> str:
    return f"<Filter {DECLARED}>{inner}</Filter>"


def of(*references: str) -> str:
    return "".join(f"<ValueReference>{text}</ValueReference>" for text in references)


def operator(name: str, *references: str, tail: str = "", attributes: str = "") -> str:
    return f"<{name}{attributes}>{of(*references)}{tail}</{name}>"


def literal(name: str, reference: str, value: object) -> str:
    return f"<{name}>{of(reference)}<Literal>{value}</Literal></{name}>"


def both(*parts: str) -> str:
    return f"<And>{''.join(parts)}</And>"


def pairs(reply: Reply) -> list[tuple[str, str]]:
    """The keys of both features of each tuple."""
    assert reply.status == 200, reply.body
    found = []
    for item in reply.find("wfs:member/wfs:Tuple"):
        features = [child for member in item for child in member]
        assert len(item) == len(features) == 2
        left, right = (child.find("{*}identificatie").text for child in features)
        found.append((left, right))
    return found


def truth(world, condition: str, left: str = "publiek.proef", right: str = "publiek.proef") -> list[tuple[str, str]]:
    with world.pool.connection() as connection:
        connection.execute("SET LOCAL ROLE ra_restricted")
        connection.execute("SET LOCAL risicoatlas.areas = '44021'")
        connection.execute("SET LOCAL timezone = 'Europe/Amsterdam'")
        return connection.execute(
            f"SELECT a.identificatie, b.identificatie FROM {left} a JOIN {right} b ON ({condition})"
            " WHERE a.publicatie_tot IS NULL AND b.publicatie_tot IS NULL ORDER BY a.volgnummer, b.volgnummer"
        ).fetchall()


FEW = literal("PropertyIsLessThan", "x/aantal", 4)
FEW_SQL = "a.aantal < 4"
FIRST_LETTERS = literal("PropertyIsLike", "y/naam", "rij 1*").replace(
    "<PropertyIsLike", '<PropertyIsLike wildCard="*" singleChar="." escapeChar="!"'
)


def spatial(name: str, first: str = "x", second: str = "y") -> tuple[str, str]:
    """A test of the geometries of the few and of all, and PostGIS' own."""
    test = operator(name, f"{first}/geometrie", f"{second}/geometrie")
    left, right = ("a", "b") if first == "x" else ("b", "a")
    return both(test, FEW), f"ST_{name}({left}.geometrie, {right}.geometrie) AND {FEW_SQL}"


CASES = {
    "equal": (operator("PropertyIsEqualTo", "x/aantal", "y/maat"), "a.aantal = b.maat"),
    "equal without case": (
        both(operator("PropertyIsEqualTo", "x/naam", "y/naam", attributes=' matchCase="false"'), FEW),
        f"lower(a.naam) = lower(b.naam) AND {FEW_SQL}",
    ),
    "not equal": (
        both(operator("PropertyIsNotEqualTo", "x/soort", "y/soort"), FEW),
        f"a.soort <> b.soort AND {FEW_SQL}",
    ),
    "less": (both(operator("PropertyIsLessThan", "x/aantal", "y/maat"), FEW), f"a.aantal < b.maat AND {FEW_SQL}"),
    "greater or equal": (
        both(operator("PropertyIsGreaterThanOrEqualTo", "x/aantal", "y/aantal"), FEW),
        f"a.aantal >= b.aantal AND {FEW_SQL}",
    ),
    "between": (
        both(
            f"<PropertyIsBetween>{of('y/aantal')}<LowerBoundary>{of('x/maat')}</LowerBoundary><UpperBoundary>"
            f"{of('x/aantal')}</UpperBoundary></PropertyIsBetween>",
            FEW,
        ),
        f"b.aantal BETWEEN a.maat AND a.aantal AND {FEW_SQL}",
    ),
    "intersects": spatial("Intersects"),
    "touches": spatial("Touches"),
    "equals": (operator("Equals", "x/geometrie", "y/geometrie"), "ST_Equals(a.geometrie, b.geometrie)"),
    "within": spatial("Within"),
    "contains": spatial("Contains", "y", "x"),
    "overlaps finds nothing": spatial("Overlaps"),
    "crosses finds nothing": spatial("Crosses"),
    "disjoint": spatial("Disjoint"),
    "boxes": (both(operator("BBOX", "x/geometrie", "y/geometrie"), FEW), f"a.geometrie && b.geometrie AND {FEW_SQL}"),
    "within a distance": (
        both(operator("DWithin", "x/geometrie", "y/geometrie", tail='<Distance uom="m">12</Distance>'), FEW),
        f"ST_DWithin(a.geometrie, b.geometrie, 12) AND {FEW_SQL}",
    ),
    "beyond": (
        both(operator("Beyond", "x/geometrie", "y/geometrie", tail='<Distance uom="km">0.15</Distance>'), FEW),
        f"NOT ST_DWithin(a.geometrie, b.geometrie, 150) AND {FEW_SQL}",
    ),
    "in time": (
        both(operator("After", "y/moment", "x/begin_geldigheid"), FEW),
        f"b.moment > a.begin_geldigheid AND {FEW_SQL}",
    ),
    "one or the other": (
        both(
            f"<Or>{operator('Touches', 'x/geometrie', 'y/geometrie')}"
            f"{operator('PropertyIsEqualTo', 'x/maat', 'y/aantal')}</Or>",
            literal("PropertyIsLessThan", "y/aantal", 5),
        ),
        "(ST_Touches(a.geometrie, b.geometrie) OR a.maat = b.aantal) AND b.aantal < 5",
    ),
    "conditions on one side": (
        both(
            operator("PropertyIsEqualTo", "x/soort", "y/soort"),
            both(FEW, FIRST_LETTERS),
        ),
        f"a.soort = b.soort AND {FEW_SQL} AND b.naam LIKE 'rij 1%%'",
    ),
    "a literal in degrees": (
        both(
            operator("Touches", "x/geometrie", "y/geometrie"),
            f"<Intersects>{of('x/geometrie')}<gml:Point srsName='EPSG:4326'><gml:pos>5.035448 52.316565</gml:pos>"
            "</gml:Point></Intersects>",
        ),
        "ST_Touches(a.geometrie, b.geometrie)"
        " AND ST_Intersects(a.geometrie_etrs89, ST_Point(5.035448, 52.316565, 4258))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_join_gives_the_pairs_that_postgis_gives(client, world, name):
    inner, condition = CASES[name]
    expected = truth(world, condition)
    assert expected or "nothing" in name
    parameters = {"aliases": "x,y", "filter": filter_of(inner)}
    assert pairs(client.feature("proef,proef", **parameters)) == expected
    hits = client.feature("proef,proef", resultType="hits", **parameters)
    assert hits.xml.get("numberMatched") == str(len(expected))
    assert pairs(hits) == []
    query = f'<wfs:Query typeNames="q:proef q:proef" aliases="x y">{filter_of(inner)}</wfs:Query>'
    head = f'xmlns:wfs="{NS["wfs"]}" xmlns:q="{NS["p"]}" service="WFS" version="2.0.0"'
    assert pairs(client.post(f"<wfs:GetFeature {head}>{query}</wfs:GetFeature>")) == expected


@pytest.mark.parametrize(
    ("left", "right"),
    [("punten", "vlakken"), ("rev_public:punten", "rev_public:vlakken"), ("q:punten", "q:vlakken")],
)
def test_types_name_the_sides_where_there_are_no_aliases(client, world, left, right):
    inner = operator("Intersects", f"{left}/geometrie", f"{right}/q:geometrie")
    reply = client.feature("punten,vlakken", filter=filter_of(inner), namespaces=f"xmlns(q,{NS['p']})")
    expected = truth(world, "ST_Intersects(a.geometrie, b.geometrie)", "publiek.punten", "publiek.vlakken")
    assert pairs(reply) == expected
    assert len(expected) == 4
    assert pairs(client.feature("(punten,vlakken)", filter=filter_of(inner))) == expected


def test_a_feature_in_several_pairs_has_an_id_of_its_own_in_each_and_the_answer_is_valid(client, schemas):
    inner = filter_of(operator("Intersects", "punten/geometrie", "vlakken/geometrie"))
    for srs_name in (None, "urn:ogc:def:crs:EPSG::4326"):
        reply = client.feature("punten,vlakken", filter=inner, srsName=srs_name)
        schema = client.get(request="DescribeFeatureType", typeNames="punten,vlakken").body
        schemas.compile(schema).assertValid(reply.xml)
        identifiers = reply.xml.xpath("//@gml:id", namespaces=NS)
        assert len(identifiers) == len(set(identifiers))
        assert {item.get("srsName") for item in reply.find(".//gml:Point")} == {
            srs_name or "urn:ogc:def:crs:EPSG::28992"
        }
    itself = client.feature(
        "punten,punten", aliases="a,b", filter=filter_of(operator("Equals", "a/geometrie", "b/geometrie"))
    )
    schemas.compile(client.get(request="DescribeFeatureType", typeNames="punten").body).assertValid(itself.xml)
    assert len(pairs(itself)) == 4
    for feature in itself.find("wfs:member/wfs:Tuple/wfs:member/*"):
        found = client.feature("punten", resourceId=feature.get(GML_ID))
        assert found.texts(".//p:identificatie") == [feature.findtext("p:identificatie", None, NS)]


def test_pages_of_pairs_have_no_gap_and_no_double(client, world):
    inner = both(operator("PropertyIsEqualTo", "x/soort", "y/soort"), literal("PropertyIsLessThan", "x/aantal", 3))
    parameters = {"aliases": "x,y", "filter": filter_of(inner), "sortBy": "y/aantal DESC,x/naam"}
    whole = pairs(client.feature("proef,proef", **parameters))
    assert [right for _, right in whole] == sorted(
        (right for _, right in whole), key=lambda key: -int(key.rpartition(".")[2])
    )
    page = client.feature("proef,proef", count=50, **parameters)
    assert page.xml.get("numberMatched") == str(len(whole))
    seen = pairs(page)
    while address := page.xml.get("next"):
        page = client.query(urlsplit(address).query)
        seen += pairs(page)
    assert seen == whole
    assert len(set(seen)) == len(seen) > 100


def test_property_names_say_their_side(client):
    inner = filter_of(both(operator("PropertyIsEqualTo", "x/aantal", "y/aantal"), FEW))
    parameters = {"aliases": "x,y", "filter": inner, "count": 1}
    reply = client.feature("proef,proef", propertyName="x/naam,y/geometrie", **parameters)
    left, right = reply.find("wfs:member/wfs:Tuple/wfs:member/p:proef")
    assert [child.tag.partition("}")[2] for child in left] == ["identificatie", "naam"]
    assert [child.tag.partition("}")[2] for child in right] == ["identificatie", "geometrie"]
    refused = client.feature("proef,proef", propertyName="naam", **parameters)
    assert "x/naam" in refused.refused("InvalidParameterValue", "propertyName")
    refused = client.feature("proef,proef", sortBy="z/naam", **parameters)
    assert "x/naam" in refused.refused("InvalidParameterValue", "sortBy")


def test_no_pair_says_on_how_many_objects_it_was_tested(client):
    inner = filter_of(operator("Crosses", "proef/geometrie", "punten/geometrie"))
    reply = client.feature("proef,punten", filter=inner)
    assert (reply.status, reply.xml.get("numberMatched"), reply.headers["X-Objects-Tested"]) == (200, "0", "405")


# Two CRSs, and what may not be seen


def near(distance_m: int) -> str:
    tail = f'<Distance uom="m">{distance_m}</Distance>'
    return filter_of(operator("DWithin", "p/geometrie", "g/geometrie", tail=tail))


def test_a_public_and_a_restricted_type_in_two_crs_join_within_the_rows_of_the_actor(gemeente, world, schemas):
    distance_m = 298_000
    condition = f"ST_DWithin(a.geometrie, ST_Transform(ST_Transform(b.geometrie, 4258), 28992), {distance_m})"
    expected = truth(world, condition, "publiek.punten", "besloten.geheim")
    parameters = {"aliases": "p,g", "filter": near(distance_m)}
    reply = gemeente.feature("punten,geheim", **parameters)
    assert pairs(reply) == expected
    assert len(expected) == 20, "two points, and the ten rows of the own municipality of twenty"
    schema = gemeente.get(request="DescribeFeatureType", typeNames="punten").body
    restricted = gemeente.get(request="DescribeFeatureType", typeNames="geheim").body
    schemas.compile(schema, restricted).assertValid(reply.xml)
    assert gemeente.feature("punten,geheim", resultType="hits", **parameters).xml.get("numberMatched") == "20"
    turned = gemeente.feature("geheim,punten", aliases="g,p", filter=near(distance_m))
    assert sorted((right, left) for left, right in pairs(turned)) == sorted(expected)
    assert "niet in te zien" not in reply.body.decode()


def test_conditions_on_hidden_rows_find_nothing(gemeente):
    hidden = both(
        operator("PropertyIsNotEqualTo", "p/naam", "g/naam"), literal("PropertyIsGreaterThan", "g/waarde", 10)
    )
    reply = gemeente.feature("punten,geheim", aliases="p,g", filter=filter_of(hidden))
    # two public objects, and the ten that may be seen: the others are not even counted
    assert (pairs(reply), reply.headers["X-Objects-Tested"]) == ([], "12")


def test_who_may_not_read_one_side_gets_no_join_and_learns_nothing(client, gemeente):
    parameters = {"aliases": "p,g", "filter": near(300_000)}
    hidden = client.feature("punten,geheim", **parameters).refused("InvalidParameterValue", "typeNames")
    nothing = client.feature("punten,nietser", **parameters).refused("InvalidParameterValue", "typeNames")
    assert hidden.replace("geheim", "") == nothing.replace("nietser", "")


def test_the_restricted_side_stays_behind_its_barrier(world):
    layers = (world.catalogue.get("punten"), world.catalogue.get("geheim"))
    of_sides = fes_join.sides(layers, ("p", "g"))
    found = fes_join.read(near(10), of_sides)
    request = JoinRequest(FeatureRequest("punten"), FeatureRequest("geheim"), ("p", "g"), found.both)
    plan = plan_join(request, GEMEENTE, world)
    assert (plan.role, plan.areas) == ("ra_restricted", "44021")
    text = plan.tally().as_string(None)
    barrier = text[text.index('"besloten"."geheim"') : text.index("OFFSET 0")]
    assert "'44021'" in barrier
    assert "ST_DWithin" not in barrier


# Indexes


@pytest.fixture(scope="module")
def crowded(world, wfs_database) -> None:
    """Statistics, without which the planner knows nothing of the layers."""
    with wfs_database.loader(autocommit=True) as connection:
        connection.execute("ANALYZE publiek.proef")


@pytest.mark.parametrize("name", ["intersects", "touches", "within a distance", "boxes"])
def test_a_spatial_join_uses_the_spatial_index(world, crowded, name):
    layer = world.catalogue.get("proef")
    of_sides = fes_join.sides((layer, layer), ("x", "y"))
    found = fes_join.read(filter_of(CASES[name][0]), of_sides)
    left = FeatureRequest("proef", filter=found.each[0])
    plan = plan_join(JoinRequest(left, FeatureRequest("proef"), ("x", "y"), found.both), ANONYMOUS, world)
    statement = plan.select(Gml32().row(plan), 10)
    with world.pool.connection() as connection:
        connection.execute("SET LOCAL ROLE ra_public")
        # 400 rows fit on few pages: what is asked is whether the index can serve, not whether it pays
        connection.execute("SET LOCAL enable_seqscan = off")
        lines = connection.execute(sql.SQL("EXPLAIN {}").format(statement)).fetchall()
    text = "\n".join(line for (line,) in lines)
    assert "Index Scan using proef_geometrie_idx" in text or "Bitmap Index Scan on proef_geometrie_idx" in text, text


def test_a_join_without_count_gets_no_more_time_than_a_page(client, monkeypatch):
    monkeypatch.setattr(query, "STATEMENT_TIMEOUT_S", 0.001)
    apart = filter_of(operator("Disjoint", "x/geometrie", "z/geometrie"))
    reply = client.feature("proef,proef", aliases="x,z", filter=apart)
    assert "smaller area" in reply.refused("NoApplicableCode", "service", 503)
    assert len(client.feature().ids) == 403, "a whole layer has the time that its reader takes"


# Refusals

TIED = operator("PropertyIsEqualTo", "x/naam", "y/naam")
REFUSED = {
    "three types": (
        {"typeNames": "proef,punten,vlakken", "filter": filter_of(TIED)}, "OptionNotSupported", "typeNames",
    ),
    "no filter": ({"filter": None}, "OptionNotSupported", "typeNames"),
    "cql": ({"filter": None, "cql_filter": "x.naam = y.naam"}, "OptionNotSupported", "cql_filter"),
    "box": ({"filter": None, "bbox": "1,2,3,4"}, "OptionNotSupported", "bbox"),
    "ids": ({"filter": None, "resourceId": "proef.1"}, "OptionNotSupported", "resourceId"),
    "one alias": ({"aliases": "x"}, "InvalidParameterValue", "aliases"),
    "one alias twice": ({"aliases": "x,x"}, "InvalidParameterValue", "aliases"),
    "no alias for a type twice": ({"aliases": None}, "InvalidParameterValue", "aliases"),
    "geojson": ({"outputFormat": "application/json"}, "InvalidParameterValue", "outputFormat"),
    "all pairs": ({"filter": filter_of(FEW)}, "OptionNotSupported", "filter"),
    "all pairs of two conditions": (
        {"filter": filter_of(both(FEW, literal("PropertyIsEqualTo", "y/soort", "a")))}, "OptionNotSupported", "filter",
    ),
    "all pairs by or": (
        {"filter": filter_of(f"<Or>{TIED}{FEW}</Or>")}, "OptionNotSupported", "filter",
    ),
    "a reference without a side": (
        {"filter": filter_of(operator("PropertyIsEqualTo", "x/naam", "naam"))}, "InvalidParameterValue", "filter",
    ),
    "an unknown side": (
        {"filter": filter_of(operator("PropertyIsEqualTo", "x/naam", "z/naam"))}, "InvalidParameterValue", "filter",
    ),
    "an unknown property": (
        {"filter": filter_of(operator("PropertyIsEqualTo", "x/naam", "y/nope"))}, "InvalidParameterValue", "filter",
    ),
    "text against a number": (
        {"filter": filter_of(operator("PropertyIsEqualTo", "x/naam", "y/aantal"))}, "InvalidParameterValue", "filter",
    ),
    "a geometry compared": (
        {"filter": filter_of(operator("PropertyIsEqualTo", "x/geometrie", "y/geometrie"))},
        "InvalidParameterValue", "filter",
    ),
    "a text intersected": (
        {"filter": filter_of(operator("Intersects", "x/geometrie", "y/naam"))}, "InvalidParameterValue", "filter",
    ),
    "a crs that a side does not have": ({"srsName": "EPSG:31370"}, "InvalidParameterValue", "srsName"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_join_cannot_be_is_refused(client, name):
    own, code, locator = REFUSED[name]
    parameters = {"typeNames": "proef,proef", "aliases": "x,y", "filter": filter_of(TIED), **own}
    if name == "three types":
        parameters["aliases"] = "x,y,z"
    client.get(request="GetFeature", **parameters).refused(code, locator)


def test_a_join_has_no_property_values(client):
    reply = client.get(
        request="GetPropertyValue",
        typeNames="proef,proef",
        aliases="x,y",
        filter=filter_of(TIED),
        valueReference="naam",
    )
    reply.refused("OptionNotSupported", "typeNames")


def test_ids_may_stand_in_the_filter_of_a_join(client):
    touching = operator("Touches", "proef/geometrie", "vlakken/geometrie")
    by_id = "<ResourceId rid='proef.NL.PROEF.1'/>"
    assert pairs(client.feature(TYPES, filter=filter_of(both(touching, by_id)))) == []
    itself = both(operator("PropertyIsEqualTo", "proef/publicatie", "punten/publicatie"), by_id)
    assert pairs(client.feature("proef,punten", filter=filter_of(itself)))[0] == ("NL.PROEF.1", "NL.1")
    twice = both(TIED, by_id)
    client.feature("proef,proef", aliases="x,y", filter=filter_of(twice)).refused("InvalidParameterValue", "filter")


def test_the_capabilities_declare_joins(client):
    reply = client.get(request="GetCapabilities")
    for name in ("ImplementsStandardJoins", "ImplementsSpatialJoins", "ImplementsTemporalJoins"):
        assert reply.texts(f".//ows:Constraint[@name='{name}']/ows:DefaultValue") == ["TRUE"]
