"""What is refused, how, and what stays hidden: OWS exceptions, XML attacks, injection, restricted layers."""

import pytest
from tests.wfs.conftest import NS, Client

from risicoatlas.wfs import service as wfs

HEAD = f'xmlns:wfs="{NS["wfs"]}" xmlns:fes="{NS["fes"]}"'
FEATURE = {"request": "GetFeature", "typeNames": "proef"}
REFUSED = [
    ({"service": None, **FEATURE}, "MissingParameterValue", "service"),
    ({"service": "FOO", **FEATURE}, "InvalidParameterValue", "service"),
    ({}, "MissingParameterValue", "request"),
    ({"request": "Nope"}, "OperationNotSupported", "request"),
    ({"request": "Transaction"}, "OperationNotSupported", "request"),
    ({"request": "LockFeature"}, "OperationNotSupported", "request"),
    ({"request": "CreateStoredQuery"}, "OperationNotSupported", "request"),
    ({"version": "1.0.0", **FEATURE}, "VersionNegotiationFailed", "version"),
    ({"version": "9", **FEATURE}, "InvalidParameterValue", "version"),
    ({"request": "GetFeature"}, "MissingParameterValue", "typeNames"),
    ({"request": "GetFeature", "typeNames": "nope"}, "InvalidParameterValue", "typeNames"),
    ({"request": "GetFeature", "typeNames": "besloten:proef"}, "InvalidParameterValue", "typeNames"),
    ({"request": "GetFeature", "typeNames": "foo:proef"}, "InvalidParameterValue", "typeNames"),
    ({"request": "GetFeature", "typeNames": "proef,punten"}, "OptionNotSupported", "typeNames"),
    ({**FEATURE, "typeName": "punten"}, "InvalidParameterValue", "typeNames"),
    ({**FEATURE, "outputFormat": "text/html"}, "InvalidParameterValue", "outputFormat"),
    ({**FEATURE, "resultType": "all"}, "InvalidParameterValue", "resultType"),
    ({**FEATURE, "resolve": "remote"}, "OptionNotSupported", "resolve"),
    ({**FEATURE, "filer": "<Filter/>"}, "InvalidParameterValue", "filer"),
    ({**FEATURE, "query": "b'<fes:Filter/>'"}, "InvalidParameterValue", "query"),
    ({**FEATURE, "filter": "<Filter/>", "bbox": "1,2,3,4"}, "InvalidParameterValue", "bbox"),
    ({**FEATURE, "filter": "<Filter/>", "resourceId": "proef.1"}, "InvalidParameterValue", "resourceId"),
    ({**FEATURE, "cql_filter": "aantal ="}, "InvalidParameterValue", "cql_filter"),
    ({"request": "GetFeature", "resourceId": "nope.1"}, "InvalidParameterValue", "resourceId"),
    ({"request": "GetCapabilities", "updateSequence": "9" * 5000}, "InvalidUpdateSequence", "updateSequence"),
    ({**FEATURE, "srsName": "urn:ogc:def:crs:EPSG:\0:28992"}, "InvalidParameterValue", "srsName"),
    ({**FEATURE, "srsName": 'urn:ogc:def:crs:EPSG:"\n<x:28992'}, "InvalidParameterValue", "srsName"),
    ({**FEATURE, "resolve": "\x01"}, "OptionNotSupported", "resolve"),
    ({**FEATURE, "namespaces": "nonsense"}, "InvalidParameterValue", "namespaces"),
]


@pytest.mark.parametrize(("parameters", "code", "locator"), REFUSED)
def test_a_wrong_parameter_is_refused_by_name(client, ogc, parameters, code, locator):
    reply = client.get(**parameters)
    reply.refused(code, locator)
    ogc.assertValid(reply.xml)


def test_text_that_xml_cannot_hold_leaves_the_report_well_formed(client, ogc):
    reply = client.get(**FEATURE, **{"\x01\ufffe": "x"})
    reply.refused("InvalidParameterValue", "\ufffd\ufffd")
    ogc.assertValid(reply.xml)


def test_an_order_is_read_in_a_time_that_grows_with_its_length(client):
    """The expression that read it tried every way to share out the signs: minutes for these."""
    client.get(**FEATURE, sortBy=f"a{'+' * 20_000}!").refused("InvalidParameterValue", "sortBy")


@pytest.mark.parametrize("name", ["map", "DPI", "MAP_RESOLUTION", "FORMAT_OPTIONS", "_"])
def test_parameters_of_the_vendor_list_change_nothing(client, name):
    assert client.feature(count=2, **{name: "x"}).ids == client.feature(count=2).ids


def test_parameters_of_other_operations_are_ignored(client):
    reply = client.get(request="GetCapabilities", SRSNAME="urn:ogc:def:crs:EPSG::4326", outputFormat="x", anything="y")
    assert reply.status == 200
    assert client.feature(count=1, sections="All", acceptVersions="2.0.0").status == 200


def test_a_name_given_twice_must_not_contradict_itself(client):
    assert client.query("service=WFS&VERSION=2.0.0&version=2.0.0&request=GetCapabilities").status == 200
    client.query("service=WFS&request=GetFeature&typeNames=proef&count=1&COUNT=2").refused(
        "InvalidParameterValue", "count"
    )


BODIES = {
    "not well-formed": ("<wfs:GetFeature", "OperationParsingFailed", "request"),
    "unknown root": (f'<wfs:Nope {HEAD} service="WFS"/>', "OperationNotSupported", "request"),
    "transaction": (f'<wfs:Transaction {HEAD} service="WFS" version="2.0.0"/>', "OperationNotSupported", "request"),
    "no service": (f'<wfs:GetFeature {HEAD} version="2.0.0"/>', "MissingParameterValue", "service"),
    "old version": (
        '<GetFeature xmlns="http://www.opengis.net/wfs" service="WFS" version="1.0.0"/>',
        "VersionNegotiationFailed",
        "version",
    ),
    "no query": (f'<wfs:GetFeature {HEAD} service="WFS" version="2.0.0"/>', "MissingParameterValue", "typeNames"),
    "another child": (
        f'<wfs:GetFeature {HEAD} service="WFS" version="2.0.0"><wfs:Foo/></wfs:GetFeature>',
        "OperationParsingFailed",
        "Foo",
    ),
    "query without type": (
        f'<wfs:GetFeature {HEAD} service="WFS" version="2.0.0"><wfs:Query/></wfs:GetFeature>',
        "MissingParameterValue",
        "typeNames",
    ),
    "no service at all": ("<a/>", "OperationNotSupported", "request"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_wrong_body_is_refused(client, name):
    body, code, locator = BODIES[name]
    client.post(body).refused(code, locator)


def test_a_body_of_another_kind_is_refused(client):
    client.post("{}", "application/json").refused("OperationParsingFailed", "request")
    client.post(b"\xff\xfe\x00", "application/x-www-form-urlencoded").refused("OperationParsingFailed", "request")
    client.post("", "application/xml").refused("OperationParsingFailed", "request")


def test_other_methods_are_refused_and_head_has_no_body(client):
    client.query("service=WFS&request=GetCapabilities", "DELETE").refused("OperationNotSupported", "request", 405)
    reply = client.query("service=WFS&request=GetCapabilities", "HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert client.query("", "OPTIONS").status == 204


# Attacks


SECRET = "geheime inhoud"
ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "{}">]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_external_entity_is_never_read(client, tmp_path, encoding):
    file = tmp_path / "geheim.txt"
    file.write_text(SECRET)
    body = (
        ENTITY.format(file.as_uri())
        + f'<wfs:GetFeature {HEAD} service="WFS" version="2.0.0"><wfs:Query typeNames="&e;proef"/></wfs:GetFeature>'
    )
    reply = client.post(body.encode(encoding) if encoding == "utf-8" else body.encode("utf-16"))
    assert reply.status == 400
    assert SECRET.encode() not in reply.body
    filtered = (
        ENTITY.format(file.as_uri())
        + "<Filter><PropertyIsEqualTo><PropertyName>naam</PropertyName><Literal>&e;</Literal>"
        + "</PropertyIsEqualTo></Filter>"
    )
    client.feature(filter=filtered).refused("OperationParsingFailed", "filter")


def test_entities_are_not_expanded(client):
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "aaaaaaaaaa">{levels}]><wfs:GetFeature {HEAD} service="&e11;" version="2.0.0"/>'
    client.post(bomb).refused("OperationParsingFailed", "request")
    assert client.post(bomb.encode("utf-16")).status == 400


def test_a_body_that_is_too_large_or_too_deep_is_refused(client):
    large = f'<wfs:GetFeature {HEAD} service="WFS">' + "<!-- -->" * 200_000 + "</wfs:GetFeature>"
    assert "1048576" in client.post(large).refused("InvalidParameterValue", "request")
    deep = f'<wfs:GetFeature {HEAD} service="WFS">' + "<a>" * 100 + "</a>" * 100 + "</wfs:GetFeature>"
    client.post(deep).refused("InvalidParameterValue", "request")


INJECTIONS = [
    "'; DROP TABLE publiek.proef; --",
    "') OR 1=1 --",
    "x' UNION SELECT sha256 FROM beheer.sleutel --",
    "\\'; SELECT 1 --",
    "$$; SELECT 1; $$",
    "%s",
    "{0}",
    "naam) OR (true",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_a_value_stays_a_value(client, text):
    literal = text.replace("&", "&amp;").replace("<", "&lt;")
    comparison = f"<PropertyName>naam</PropertyName><Literal>{literal}</Literal>"
    like = f'<PropertyIsLike wildCard="*" singleChar="?" escapeChar="!">{comparison}</PropertyIsLike>'
    for condition in (f"<PropertyIsEqualTo>{comparison}</PropertyIsEqualTo>", like):
        reply = client.feature(filter=f"<Filter>{condition}</Filter>")
        assert (reply.status, reply.ids) == (200, [])
    assert client.feature(resourceId=f"proef.{text.replace(',', '')}").ids == []
    assert client.feature(resultType="hits").xml.get("numberMatched") == "403"


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize(
    "name", ["typeNames", "propertyName", "sortBy", "srsName", "bbox", "count", "outputFormat", "valueReference"]
)
def test_sql_in_a_name_is_refused_and_not_echoed_from_the_database(client, name, text):
    request = "GetPropertyValue" if name == "valueReference" else "GetFeature"
    reply = client.get(request=request, **{"typeNames": "proef", "valueReference": "naam", name: text})
    assert reply.status == 400
    for word in (b"psycopg", b"syntax error", b"relation", b"Traceback", b"SELECT r."):
        assert word not in reply.body


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><x/>', "&lt;", "\x01\x02", "\ufffe"])
def test_what_is_echoed_in_a_report_is_escaped(client, ogc, text):
    reply = client.feature(text)
    ogc.assertValid(reply.xml)
    reply.refused("InvalidParameterValue", "typeNames")


def test_a_null_byte_is_refused_or_finds_nothing(client):
    comparison = client.feature(cql_filter="naam = 'a\x00b'")
    comparison.refused("InvalidParameterValue", "cql_filter")
    assert client.feature(resourceId="proef.a_x0000_b").ids == []
    query = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    client.get(request="GetFeature", storedQuery_Id=query, id="proef.a_x0000_b").refused("NotFound", "id", 404)


def test_a_failure_of_our_own_says_nothing_of_the_inside(world, monkeypatch):
    def broken(*args: object) -> None:
        raise RuntimeError("SELECT geheim FROM /pad/naar/bestand.py")

    monkeypatch.setitem(wfs.OPERATIONS, wfs.requests.GetFeature, broken)
    text = Client(wfs.create(world)).feature().refused("NoApplicableCode", "service", 500)
    assert "geheim" not in text
    assert "bestand" not in text


# Hidden layers


def test_a_hidden_layer_answers_like_one_that_never_existed(client):
    requests = [
        {"request": "GetFeature", "typeNames": "{}"},
        {"request": "GetFeature", "typeNames": "besloten:{}"},
        {"request": "GetFeature", "typeNames": "{}", "cql_filter": "waarde = 1"},
        {"request": "GetFeature", "typeNames": "{}", "resultType": "hits"},
        {"request": "GetFeature", "resourceId": "{}.VL.PROEF.1"},
        {"request": "GetFeature", "typeNames": "proef", "resourceId": "{}.VL.PROEF.1"},
        {"request": "DescribeFeatureType", "typeNames": "{}"},
        {"request": "GetPropertyValue", "typeNames": "{}", "valueReference": "waarde"},
        {"request": "GetFeature", "storedQuery_Id": "urn:ogc:def:query:OGC-WFS::GetFeatureById", "id": "{}.VL.PROEF.1"},
    ]
    for parameters in requests:
        replies = [
            client.get(**{name: value.format(layer) for name, value in parameters.items()})
            for layer in ("geheim", "nergens")
        ]
        hidden, absent = ((reply.status, reply.body.replace(b"geheim", b"nergens")) for reply in replies)
        if parameters.get("typeNames") == "proef":
            assert all(reply.ids == [] for reply in replies)
            continue
        assert hidden == absent


def test_another_municipality_sees_nothing_of_it(client, gemeente):
    rows = gemeente.feature("geheim").texts(".//b:gemeentecode")
    assert set(rows) == {"44021"}
    query = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    gemeente.get(request="GetFeature", storedQuery_Id=query, id="geheim.VL.PROEF.15").refused("NotFound", "id", 404)
    assert gemeente.get(request="GetFeature", storedQuery_Id=query, id="geheim.VL.PROEF.5").status == 200


def test_without_an_actor_everything_is_refused(world):
    client = Client(wfs.create(world))
    started: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "QUERY_STRING": "service=WFS&request=GetFeature&typeNames=proef"}
    import contextvars

    def call() -> bytes:
        return b"".join(client.application(environ, lambda status, headers: started.append(status)))

    body = contextvars.Context().run(call)
    assert started == ["403 Forbidden"]
    assert b"ExceptionReport" in body
