"""The page and its forms: what is told, in which form, and what never is."""

import csv
import io
import json
from typing import Any

import pytest
import shapely
from tests.conftest import Town
from tests.web.conftest import browser, document, words
from werkzeug.test import Client, TestResponse

from risicoatlas.app import make_service

from .test_counts import Ground, rows

UNPUBLISHED = "GM9902"
COUNTS = ("zkg", "kg", "bkg", "kl", "bkl", "niet_bepaald")


@pytest.fixture(scope="module")
def client(town: Town) -> Any:
    service = make_service(town.settings, town.database)
    service.pool.open(wait=True)
    yield browser(service)
    service.pool.close()


def asked(client: Client, path: str = "", **query: str) -> TestResponse:
    return client.get(f"/signalering/{path}", query_string={"f": "json", **query})


def known(town: Town, condition: str) -> dict[str, Any]:
    found = rows(
        town, "SELECT to_jsonb(s) - 'geometrie' - 'geometrie_etrs89' FROM publiek.signalering s"
        f" WHERE publicatie_tot IS NULL AND {condition} ORDER BY identificatie LIMIT 1",
    )  # fmt: skip
    return dict(found[0][0])


class TestReports:
    def test_an_area_lists_exactly_what_it_counts(self, town: Town, client: Client) -> None:
        for condition in ("zkg > 0 AND op_afstand", "kg > 0 AND NOT op_afstand", "kl > 0"):
            row = known(town, condition)
            found = asked(client, f"gebieden/{row['identificatie']}").json
            (area,) = found["gebieden"]
            assert {name: area[name] for name in COUNTS} == {name: row[name] for name in COUNTS}
            assert len(found["objecten"]) == found["objecten_gevonden"] == row["gevonden"]
            listed = [item["categorie_kwetsbaarheid"] for item in found["objecten"] if item["soort"] == "gebouw"]
            assert listed.count("zeerKwetsbaar") == row["zkg"]
            assert found["onbekend"] is False and found["niet_gepubliceerd"] == []

    def test_a_municipality_is_named_with_date_and_variant(self, town: Town, client: Client) -> None:
        row = known(town, "gemeenten = 'GM9901, GM9902' OR gemeenten = 'GM9902, GM9903'")
        found = asked(client, f"gebieden/{row['identificatie']}").json
        states = {item["code"]: item for item in found["gemeenten"]}
        assert set(states) == set(row["gemeenten"].split(", "))
        assert states[UNPUBLISHED]["gepubliceerd"] is False and states[UNPUBLISHED]["gepubliceerd_op"] is None
        other = next(item for code, item in states.items() if code != UNPUBLISHED)
        assert other["gepubliceerd"] is True and other["gepubliceerd_op"].startswith("2026-04-")
        assert other["variant"] == "automatisch"
        assert found["onbekend"] is True and found["niet_gepubliceerd"] == [UNPUBLISHED]

    def test_an_activity_has_all_its_areas(self, town: Town, client: Client) -> None:
        row = known(town, "id_activiteit IS NOT NULL AND type = 'pr10_6'")
        found = asked(client, f"activiteiten/{row['id_activiteit']}").json
        wanted = rows(
            town, "SELECT identificatie FROM publiek.signalering WHERE id_activiteit = %s AND publicatie_tot IS NULL",
            row["id_activiteit"],
        )  # fmt: skip
        assert {item["identificatie"] for item in found["gebieden"]} == {key for (key,) in wanted}

    def test_a_municipality_has_the_areas_that_touch_it(self, town: Town, client: Client) -> None:
        for code in ("GM9901", UNPUBLISHED, "GM9903"):
            found = asked(client, f"gemeenten/{code}").json
            wanted = rows(
                town, "SELECT identificatie FROM publiek.signalering WHERE gemeenten LIKE %s"
                " AND publicatie_tot IS NULL",
                f"%{code}%",
            )  # fmt: skip
            assert {item["identificatie"] for item in found["gebieden"]} == {key for (key,) in wanted}
            assert code in {item["code"] for item in found["gemeenten"]}
        page = client.get("/signalering/gemeenten/GM9903")
        assert "Getest: alle gebieden, geen geraakt." in words(page)

    def test_nothing_of_an_unpublished_municipality_is_told(self, town: Town, client: Client) -> None:
        panden = [pand for (pand,) in rows(
            town, "SELECT identificatie FROM register.pand WHERE gemeentecode = %s", UNPUBLISHED)]  # fmt: skip
        answers = [
            asked(client, f"gemeenten/{UNPUBLISHED}", f=name).text for name in ("json", "geojson", "csv", "html")
        ]
        place = rows(
            town,
            "SELECT ST_AsText(ST_PointOnSurface(geometrie)) FROM register.pand WHERE identificatie = %s",
            panden[0],
        )[0][0]
        for name in ("json", "geojson", "csv", "html"):
            answers.append(asked(client, geometrie=place, afstand="brand:300", f=name).text)
        told = "\n".join(answers)
        assert not [pand for pand in panden if pand in told]
        found = asked(client, geometrie=place, afstand="brand:50").json
        assert found["onbekend"] is True and found["gebieden"][0]["zkg"] is None

    @pytest.mark.parametrize("path", ["gebieden/NL.IMEV.bestaat-niet", "activiteiten/x", "gemeenten/GM0001"])
    def test_what_is_not_there_is_said(self, client: Client, path: str) -> None:
        assert asked(client, path).status_code == 404
        page = client.get(f"/signalering/{path}")
        assert page.status_code == 404 and "Dit kan niet worden beantwoord" in words(page)


class TestForms:
    def test_zero_reads_tested_none_found(self, town: Town, client: Client) -> None:
        row = known(town, "gevonden = 0 AND NOT onbekend")
        path = f"/signalering/gebieden/{row['identificatie']}"
        assert f"Getest: {row['getest']:,}".replace(",", ".") + ", geen gevonden." in words(client.get(path))
        assert f"Tested: {row['getest']:,}, none found." in words(client.get(f"{path}?lang=en"))

    def test_the_page_says_unknown_and_why(self, town: Town, client: Client) -> None:
        row = known(town, "onbekend AND niet_gepubliceerd IS NOT NULL")
        page = client.get(f"/signalering/gebieden/{row['identificatie']}")
        text = words(page)
        assert "onbekend" in text and f"Niet gepubliceerd: {UNPUBLISHED}." in text
        cells = document(page).xpath("//table[1]/tbody/tr[1]/td[@class='number']")
        assert {cell.text_content().strip() for cell in cells} == {"onbekend"}

    def test_a_toxic_cloud_is_shown_without_building_rules(self, town: Town, client: Client) -> None:
        row = known(town, "type = 'gifwolk'")
        assert "er gelden geen bouwvoorschriften" in words(client.get(f"/signalering/gebieden/{row['identificatie']}"))

    def test_csv_has_a_line_per_area_and_an_empty_cell_for_unknown(self, client: Client) -> None:
        answer = asked(client, f"gemeenten/{UNPUBLISHED}", f="csv")
        assert answer.headers["Content-Type"].startswith("text/csv")
        lines = list(csv.DictReader(io.StringIO(answer.text)))
        assert lines and all(line["zkg"] == "" and line["onbekend"] == "true" for line in lines)
        assert f"{UNPUBLISHED} niet gepubliceerd" in lines[0]["gemeenten"]

    def test_geojson_has_areas_and_objects(self, town: Town, client: Client) -> None:
        row = known(town, "zkg > 0")
        found = asked(client, f"gebieden/{row['identificatie']}", f="geojson").json
        kinds = [feature["properties"]["soort"] for feature in found["features"]]
        assert kinds.count("gebied") == 1 and len(kinds) == 1 + row["gevonden"]
        assert all(feature["geometry"]["type"] == "MultiPolygon" for feature in found["features"])
        assert found["crs"]["properties"]["name"].endswith("28992")

    def test_the_form_stands_alone(self, client: Client) -> None:
        page = client.get("/signalering/")
        assert page.status_code == 200
        for field in document(page).xpath("//input[not(@type='hidden')] | //textarea"):
            assert document(page).xpath(f"//label[@for='{field.get('id')}']"), field.get("id")

    def test_an_address_without_slash_leads_there(self, client: Client) -> None:
        answer = client.get("/signalering?gemeente=GM9901")
        assert answer.status_code == 308 and answer.headers["Location"].endswith("/signalering/?gemeente=GM9901")

    @pytest.mark.parametrize(
        ("query", "locator"),
        [
            ({"gemeente": "Weesp"}, "gemeente"),
            ({"gebied": "a", "gemeente": "GM9901"}, "gemeente"),
            ({"afstand": "brand:60"}, "afstand"),
            ({"straat": "x"}, "straat"),
            ({"geometrie": "POINT(5 52)"}, "geometrie"),
            ({"geometrie": "POINT(NaN 1)"}, "geometrie"),
            ({"geometrie": "{}"}, "geometrie"),
            ({"geometrie": "POINT(160000 510000)", "crs": "EPSG:31370"}, "crs"),
            ({"geometrie": "POINT(160000 510000)", "afstand": "vuur:60"}, "afstand"),
            ({"geometrie": "POINT(160000 510000)", "afstand": "brand:-1"}, "afstand"),
            ({"geometrie": "POINT(160000 510000)", "afstand": "brand:10001"}, "afstand"),
            ({"geometrie": "LINESTRING(100000 450000, 200000 550000)"}, "geometrie"),
            ({"gemeente": "GM9901", "f": "pdf"}, "f"),
            ({}, "gebied"),
        ],
    )
    def test_what_cannot_be_answered_is_refused(self, client: Client, query: dict[str, str], locator: str) -> None:
        answer = asked(client, **query)
        assert answer.status_code == 400
        if query.get("f") != "pdf":
            assert answer.json["locator"] == locator


class TestWhatIf:
    def test_a_footprint_gives_the_areas_that_it_touches(self, town: Town, client: Client) -> None:
        ground = Ground.of(town)
        areas = rows(
            town, "SELECT identificatie, id_referentie, afstand_m, ST_AsBinary(geometrie) FROM publiek.signalering"
            " WHERE publicatie_tot IS NULL",
        )  # fmt: skip
        for x, y in ((160_500, 509_700), (158_000, 508_000), (157_700, 507_700), (161_500, 509_500)):
            place = shapely.box(x, y, x + 120, y + 80)
            found = asked(client, geometrie=place.wkt).json
            wanted = {
                key for key, reference, distance, shape in areas
                if (shapely.intersects(shapely.from_wkb(bytes(shape)), place) if distance is None
                    else shapely.dwithin(ground.references[reference], place, distance))
            }  # fmt: skip
            assert {item["identificatie"] for item in found["gebieden"]} == wanted
            assert found["gemeenten"]

    def test_a_new_source_counts_like_the_layer_does(self, town: Town, client: Client) -> None:
        found = rows(
            town,
            "SELECT ST_AsText(r.geometrie), to_jsonb(s) FROM publiek.signalering s JOIN publiek.ev_referenties_punt r"
            " ON r.identificatie = s.id_referentie AND r.publicatie_tot IS NULL WHERE s.op_afstand AND"
            " s.publicatie_tot IS NULL AND s.afstand_m > 0 ORDER BY s.identificatie",
        )
        assert len(found) > 5
        for place, row in found:
            asked_ = {"geometrie": place, "afstand": f"{row['type']}:{row['afstand_m']}"}
            (area,) = asked(client, **asked_).json["gebieden"]
            for name in (*COUNTS, "getest", "gevonden", "onbekend", "niet_gepubliceerd", "buiten_gemeenten",
                         "grenswaarde", "standaardwaarde", "voorschriftengebied"):  # fmt: skip
                assert area[name] == row[name], (row["identificatie"], name)

    def test_it_is_the_same_by_post_and_in_degrees(self, client: Client) -> None:
        place = {"type": "Point", "coordinates": [160_500, 509_700]}
        asked_ = asked(client, geometrie=json.dumps(place), afstand="brand:200,gifwolk:400").json
        body = {"geometrie": place, "afstand": {"brand": 200, "gifwolk": 400}, "f": "json"}
        assert client.post("/signalering/", json=body).json == asked_
        form = {"geometrie": "POINT(160500 509700)", "afstand": "brand:200, gifwolk:400", "f": "json"}
        assert client.post("/signalering/", data=form).json == asked_
        assert client.post("/signalering/", data={**form, "f": "html"}).status_code == 200
        assert len(asked_["gebieden"]) == 2

    def test_nothing_is_stored(self, town: Town, client: Client) -> None:
        def everything() -> dict[str, int]:
            tables = rows(
                town, "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
                " WHERE schemaname IN ('publiek', 'register', 'beheer', 'bron', 'besloten')",
            )  # fmt: skip
            return {name: rows(town, f"SELECT count(*) FROM {name}")[0][0] for (name,) in tables}

        before = everything()
        assert asked(client, geometrie="POINT(160500 509700)", afstand="brand:200").status_code == 200
        assert client.post("/signalering/", json={"geometrie": "POINT(160500 509700)"}).status_code == 200
        assert everything() == before

    def test_outside_every_municipality_is_unknown(self, client: Client) -> None:
        found = asked(client, geometrie="POINT(20000 380000)", afstand="brand:50").json
        assert found["buiten_gemeenten"] is True and found["onbekend"] is True and found["gemeenten"] == []
        assert found["gebieden"][0]["zkg"] is None

    def test_a_body_that_is_too_large_is_refused(self, client: Client) -> None:
        answer = client.post("/signalering/?f=json", data=b"{" + b" " * 600_000, content_type="application/json")
        assert answer.status_code in (400, 413)

    @pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"[" * 100_000])
    def test_a_body_that_is_no_object_is_refused(self, client: Client, body: bytes) -> None:
        answer = client.post("/signalering/?f=json", data=body, content_type="application/json")
        assert answer.status_code == 400 and "JSON" in answer.json["description"]
