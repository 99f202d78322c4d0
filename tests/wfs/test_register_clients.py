"""The requests that clients of the real register's GeoServer send, unchanged but for the host."""

import json

import pytest

BASE = {"version": "2.0.0", "request": "GetFeature"}


def features(reply) -> list[dict]:
    assert reply.status == 200, reply.body
    return json.loads(reply.body)["features"]


def test_a_point_in_rd_with_output_in_degrees(client):
    reply = client.feature(
        "rev_public:proef", outputFormat="application/json", srsName="EPSG:4326", count=5,
        cql_filter="INTERSECTS(geometrie, POINT(131005 481005))",
    )  # fmt: skip
    (found,) = features(reply)
    assert found["id"] == "proef.NL.PROEF.1"
    longitude, latitude = found["geometry"]["coordinates"][0][0][0]
    assert 5 < longitude < 5.1
    assert 52 < latitude < 52.5


def test_a_radius_in_metres(client):
    reply = client.feature(outputFormat="json", cql_filter="DWITHIN(geometrie, POINT(131005 481005), 12, meters)")
    assert len(features(reply)) == 4


def test_a_point_in_degrees_without_a_crs_is_refused_and_says_how_to_write_it(client):
    text = client.feature(cql_filter="INTERSECTS(geometrie, POINT(5.035 52.316))").refused(
        "InvalidParameterValue", "cql_filter"
    )
    assert "28992" in text
    assert "SRID=4326" in text
    reply = client.feature(cql_filter="INTERSECTS(geometrie, SRID=4326;POINT(5.0353 52.31647))")
    assert reply.ids == ["proef.NL.PROEF.1"]


def test_a_count_is_read_from_one_attribute(client):
    for condition, number in (("soort = 'a' AND aantal < 10", 3), ("aantal = -1", 0)):
        reply = client.feature(resultType="hits", cql_filter=condition)
        assert f'numberMatched="{number}"'.encode() in reply.body
        assert reply.body.count(b"numberMatched") == 1


def test_an_apostrophe_is_doubled(client):
    assert client.feature(cql_filter="naam = 'd''Arc'").ids == []
    assert client.feature(cql_filter="naam = 'd'Arc'").status == 400


def test_count_five_gives_five_and_the_whole_number(client):
    reply = client.feature(outputFormat="json", count=5)
    answer = json.loads(reply.body)
    assert (len(answer["features"]), answer["numberMatched"]) == (5, 403)


@pytest.mark.parametrize("name", ["proef", "rev_public:proef"])
def test_the_singular_type_name_in_version_2_gives_the_whole_layer_in_rd(client, name):
    reply = client.get(**BASE, typeName=name, outputFormat="json")
    found = features(reply)
    assert len(found) == 403
    assert found[0]["geometry"]["coordinates"][0][0][0] == [131000, 481000]


def test_nothing_found_is_an_empty_collection(client):
    assert features(client.feature(outputFormat="json", cql_filter="aantal = -1")) == []


def test_the_wrong_name_of_the_geometry_is_answered_with_the_right_one(client):
    text = client.feature(cql_filter="INTERSECTS(geom, POINT(131005 481005))").refused(
        "InvalidParameterValue", "cql_filter"
    )
    assert "geometrie" in text


def test_the_names_of_the_types_stand_literally_in_the_capabilities(client):
    assert b"<Name>rev_public:proef</Name>" in client.get(request="GetCapabilities").body


def test_pages_of_two_thousand_are_given(client):
    assert len(client.feature(count=2000, startIndex=0).ids) == 403
