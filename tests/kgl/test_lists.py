"""Own lists: every line is judged, and told by its number with what was found and what would be right."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from .conftest import Office, Visitor

OWN, OTHER = "GM9901", "GM9903"


@pytest.fixture(scope="module")
def own(office: Office) -> Visitor:
    return office.of(OWN)


def send(visitor: Visitor, kind: str, text: str | bytes, query: str = "", form: str = "text/csv") -> TestResponse:
    return visitor.ask(
        f"{visitor.here}/lijsten/{kind}{query}", "POST", data=text, content_type=form,
        headers={"If-Match": visitor.version()},
    )  # fmt: skip


def address(visitor: Visitor, pand: str) -> dict[str, Any]:
    return visitor.building(pand)["adressen"][0]


def listed(visitor: Visitor, kind: str) -> list[tuple[str, str | None, str | None]]:
    found = visitor.ask(f"{visitor.here}/lijsten/{kind}").json["regels"]
    return [(row["pand"], row["verblijfsobject"], row["detail"]) for row in found]


def test_buildings_units_and_addresses_are_found(office: Office, own: Visitor) -> None:
    by_pand, by_unit, by_address = (own.a_building("functie=woonfunctie&categorie=kwetsbaar", n) for n in (10, 11, 12))
    unit, place = address(own, by_unit)["verblijfsobject"], address(own, by_address)
    answer = send(
        own, "zorg",
        "pand;verblijfsobject;postcode;huisnummer;huisletter;huisnummer_toevoeging;detail;reden\r\n"
        f"{by_pand};;;;;;24-uurszorg;Hospice\r\n"
        f";{unit};;;;;bedgebied;\r\n"
        "\r\n"
        f";;{place['postcode'][:4]} {place['postcode'][4:].lower()};{place['huisnummer']};{place['huisletter'] or ''};"
        f"{place['toevoeging'] or ''};dagverblijf;Dagbesteding\r\n",
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert (answer.json["gelezen"], answer.json["toegevoegd"], answer.json["geweigerd"]) == (3, 3, [])
    assert listed(own, "zorg") == [
        (by_pand, None, "24-uurszorg"), (by_unit, unit, "bedgebied"),
        (by_address, place["verblijfsobject"], "dagverblijf"),
    ]  # fmt: skip
    again = send(own, "zorg", f"pand,detail\n{by_pand},24-uurszorg\n").json
    assert (again["toegevoegd"], again["ongewijzigd"]) == (0, 1)
    event = own.ask(f"{own.here}/gebeurtenissen").json["gebeurtenissen"][-2]
    assert (event["soort"], event["gegevens"]["toegevoegd"]) == ("lijst", 3)


def test_every_wrong_line_is_told_and_nothing_is_taken_over(office: Office, own: Visitor) -> None:
    mine, theirs = own.a_building(), office.of(OTHER).a_building()
    lines = (
        f"{mine},,,bedgebied",
        "12,,,bedgebied",
        f"{theirs},,,bedgebied",
        "9901100000000000,,,bedgebied",
        f"{mine},,,opvang",
        ",1234A,1,bedgebied",
        ",1234AB,een,bedgebied",
        ",9999ZZ,1,bedgebied",
        f"{mine},,,bedgebied",
        f"{mine},,",
    )
    answer = send(own, "zorg", "pand,postcode,huisnummer,detail\n" + "\n".join(lines) + "\n")
    assert answer.status_code == 422
    told = {item["regel"]: (item["gevonden"], item["verwacht"]) for item in answer.json["regels"]}
    assert sorted(told) == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert told[3] == ("pand '12'", "16 cijfers")
    assert told[4] == (f"pand {theirs} in een andere gemeente", f"een plaats in gemeente {OWN}")
    assert told[5] == ("pand 9901100000000000 onbekend", "een plaats die in de BAG staat")
    assert told[6] == ("detail 'opvang'", "24-uurszorg of bedgebied of dagverblijf")
    assert told[7][0] == "postcode '1234A'" and told[8][0] == "huisnummer 'een'"
    assert told[9][0] == "9999ZZ 1 onbekend"
    assert told[10][0] == "hetzelfde als regel 2"
    assert told[11] == ("3 kolommen", "4, zoals de kop")
    assert (mine, None, "bedgebied") not in listed(own, "zorg")

    partly = send(own, "zorg", "pand,postcode,huisnummer,detail\n" + "\n".join(lines) + "\n", "?deels=true").json
    assert (partly["gelezen"], partly["toegevoegd"], len(partly["geweigerd"])) == (10, 1, 9)
    assert (mine, None, "bedgebied") in listed(own, "zorg")


def test_a_list_can_take_the_place_of_the_one_before(own: Visitor) -> None:
    first, second = own.a_building(number=3), own.a_building(number=4)
    assert send(own, "kinderopvang", f"pand\n{first}\n").json["toegevoegd"] == 1
    done = send(own, "kinderopvang", f"pand\n{second}\n", "?vervangen=true").json
    assert (done["toegevoegd"], done["vervallen"]) == (1, 1)
    assert listed(own, "kinderopvang") == [(second, None, None)]


def test_the_label_follows_the_list_at_once_and_the_public_at_the_next_publication(
    office: Office, own: Visitor
) -> None:
    pand = own.a_building("functie=kantoorfunctie&categorie=beperktKwetsbaar")
    done = send(own, "kinderopvang", f"pand,reden\n{pand},Crèche\n".encode("cp1252"), "?vervangen=true").json
    assert done["labels_gewijzigd"] >= 1
    assert own.building(pand)["categorie"] == "zeerKwetsbaar"
    assert office.public(OWN)[pand] == "beperktKwetsbaar"
    own.act("publicatie")
    assert office.public(OWN)[pand] == "zeerKwetsbaar"


def test_a_ribbon_names_its_pipeline(own: Visitor) -> None:
    pand = own.a_building("functie=woonfunctie&categorie=kwetsbaar", 20)
    assert send(own, "lint", f"pand\n{pand}\n").json["regels"][0]["gevonden"] == "geen detail"
    assert send(own, "lint", f"pand,detail\n{pand},Leiding A-501\n").json["toegevoegd"] == 1
    assert send(own, "kinderopvang", f"pand,detail\n{pand},x\n").json["regels"][0]["gevonden"] == "detail 'x'"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 415), (b"\n\n", 400), (b"\0\0", 400), (b"naam,detail\nx,bedgebied\n", 400), (b"pand,pand\n1,2\n", 400),
        (b"postcode,detail\n1234AB,bedgebied\n", 400),
    ],
)  # fmt: skip
def test_a_file_that_is_no_list_is_refused(own: Visitor, content: bytes, status: int) -> None:
    assert send(own, "zorg", content, form="text/csv" if content else "").status_code == status


def test_a_file_has_a_bound_and_a_form(own: Visitor) -> None:
    assert send(own, "zorg", b"x" * (8 * 1024 * 1024 + 1)).status_code == 413
    assert send(own, "zorg", "{}", form="application/json").status_code == 415
    assert own.ask(f"{own.here}/lijsten/zorg", "POST", data="pand\n", content_type="text/csv").status_code == 428
