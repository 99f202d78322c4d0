"""Drafts, publications and withdrawals: what the public sees, and when."""

from pathlib import Path

import pytest

from risicoatlas import catalogue as catalogues
from risicoatlas.bulk import export, store
from risicoatlas.kgl import purge, workflow
from risicoatlas.publish import engine
from risicoatlas.rules import check, classify

from .conftest import Office, Visitor

AUTOMATIC, MANUAL = "GM9901", "GM9903"


def publish_everything(office: Office) -> None:
    """What a timer or an operator does."""
    with office.town.database.loader() as connection:
        engine.publish(connection, catalogues.read(office.town.settings.config))


@pytest.fixture(scope="module")
def automatic(office: Office) -> Visitor:
    return office.of(AUTOMATIC)


@pytest.fixture(scope="module")
def manual(office: Office) -> Visitor:
    visitor = office.of(MANUAL)
    assert visitor.act("variant", {"variant": "handmatig"}).json["variant"] == "handmatig"
    return visitor


class TestCorrections:
    def test_a_correction_is_a_draft_until_it_is_published(self, office: Office, automatic: Visitor) -> None:
        pand = automatic.a_building("categorie=kwetsbaar")
        made = automatic.correct(pand, "zeerKwetsbaar", " Er is opvang bij gekomen. ").json
        assert (made["categorie"], made["voorstel"]["categorie"], made["concept"]) == (
            "zeerKwetsbaar",
            "kwetsbaar",
            True,
        )
        assert made["correctie"]["reden"] == "Er is opvang bij gekomen."
        assert (made["correctie"]["organisatie"], made["correctie"]["bron"]) == (f"org-{AUTOMATIC}", "hand")
        publish_everything(office)
        assert office.public(AUTOMATIC)[pand] == "kwetsbaar"
        assert automatic.state()["correcties"] == {"geldend": 1, "concept": 1, "voorstel_gewijzigd": 0}

        done = automatic.act("publicatie").json
        assert (done["gewijzigd"], done["correcties"]["concept"]) == (1, 0)
        assert office.public(AUTOMATIC)[pand] == "zeerKwetsbaar"
        assert automatic.building(pand)["vastgesteld"]["regel"] == "correctie"
        row = office.sql(
            "SELECT reden, artikel FROM publiek.kgl_public WHERE id_pand_bag = %s AND publicatie_tot IS NULL", pand
        )
        assert "opvang" not in row[0][0]

        assert automatic.uncorrect(pand).json["categorie"] == "kwetsbaar"
        publish_everything(office)
        assert office.public(AUTOMATIC)[pand] == "zeerKwetsbaar"
        assert automatic.act("publicatie", {"panden": [pand]}).json["gewijzigd"] == 1
        assert office.public(AUTOMATIC)[pand] == "kwetsbaar"
        history = automatic.building(pand)["geschiedenis"]
        assert [(item["categorie"], item["vervallen_op"] is None) for item in history] == [("zeerKwetsbaar", False)]

    def test_a_correction_that_was_withdrawn_before_it_was_published_leaves_no_draft(self, automatic: Visitor) -> None:
        pand = automatic.a_building("categorie=kwetsbaar", 1)
        automatic.correct(pand, "zeerKwetsbaar")
        automatic.correct(pand, "beperktKwetsbaar", "Toch minder.")
        last = automatic.uncorrect(pand).json
        assert (last["concept"], last["categorie"]) == (False, "kwetsbaar")
        assert [item["categorie"] for item in last["geschiedenis"]] == ["zeerKwetsbaar", "beperktKwetsbaar"]

    def test_a_part_of_the_drafts_can_be_published(self, office: Office, automatic: Visitor) -> None:
        shop = automatic.a_building("functie=winkelfunctie&categorie=beperktKwetsbaar")
        house = automatic.a_building("functie=woonfunctie&categorie=kwetsbaar", 5)
        other = automatic.a_building("functie=woonfunctie&categorie=kwetsbaar", 6)
        before = {shop: "beperktKwetsbaar", house: "kwetsbaar", other: "kwetsbaar"}
        for pand in before:
            automatic.correct(pand, "zeerKwetsbaar")

        def seen() -> dict[str, str]:
            public = office.public(AUTOMATIC)
            return {pand: public[pand] for pand in before}

        assert automatic.act("publicatie", {"functie": "winkelfunctie"}).json["correcties"]["concept"] == 2
        assert seen() == before | {shop: "zeerKwetsbaar"}
        assert automatic.act("publicatie", {"panden": [house]}).json["correcties"]["concept"] == 1
        assert seen() == before | {shop: "zeerKwetsbaar", house: "zeerKwetsbaar"}
        assert automatic.act("publicatie", {"panden": ["9902100000000001"]}).status_code == 404
        assert automatic.act("publicatie").json["correcties"]["concept"] == 0
        assert seen() == dict.fromkeys(before, "zeerKwetsbaar")

    def test_a_recompute_keeps_corrections_and_reports_where_the_proposal_changed(
        self, office: Office, automatic: Visitor
    ) -> None:
        pand = automatic.a_building("functie=kantoorfunctie&categorie=beperktKwetsbaar&gecorrigeerd=false")
        automatic.correct(pand, "zeerKwetsbaar", "Er wordt overnacht.")
        automatic.act("publicatie", {"panden": [pand]})
        office.do(
            "UPDATE register.verblijfsobject v SET oppervlakte_m2 = 9000 FROM register.verblijfsobject_pand p"
            " WHERE p.verblijfsobject = v.identificatie AND p.pand = %s",
            pand,
        )
        with office.town.database.loader() as connection:
            classify.classify(connection, check.read_checked(office.town.settings.config, "basisvulling"))
        publish_everything(office)
        found = automatic.building(pand)
        assert (found["categorie"], found["voorstel_gewijzigd"]) == ("zeerKwetsbaar", True)
        assert found["voorstel"]["categorie"] == "kwetsbaar"
        assert office.public(AUTOMATIC)[pand] == "zeerKwetsbaar"
        assert [row["pand"] for row in automatic.buildings("voorstel_gewijzigd=true")] == [pand]
        (told,) = [
            row for row in automatic.ask(f"{automatic.here}/correcties").json["correcties"] if row["pand"] == pand
        ]
        assert (told["voorstel"], told["voorstel_nu"], told["categorie"]) == (
            "beperktKwetsbaar", "kwetsbaar", "zeerKwetsbaar",
        )  # fmt: skip

    def test_a_correction_on_a_building_that_is_gone_is_kept_and_reported(
        self, office: Office, automatic: Visitor
    ) -> None:
        pand = automatic.a_building("functie=kantoorfunctie&categorie=kwetsbaar")
        automatic.correct(pand, "beperktKwetsbaar", "Staat leeg.")
        office.do("DELETE FROM register.kgl_label WHERE pand = %s", pand)
        publish_everything(office)
        assert pand not in office.public(AUTOMATIC)
        (told,) = [
            row for row in automatic.ask(f"{automatic.here}/correcties").json["correcties"] if row["pand"] == pand
        ]
        assert (told["gebouw_aanwezig"], told["voorstel_nu"], told["reden"]) == (False, None, "Staat leeg.")

    def test_a_building_that_goes_to_another_municipality_takes_its_correction_along(
        self, office: Office, automatic: Visitor
    ) -> None:
        before, after = office.of("GM9902"), automatic
        pand = before.a_building("categorie=kwetsbaar")
        assert before.correct(pand, "zeerKwetsbaar", "Van de vorige.").status_code == 200
        office.do("UPDATE register.pand SET gemeentecode = %s WHERE identificatie = %s", AUTOMATIC, pand)
        assert before.ask(f"{before.here}/gebouwen/{pand}").status_code == 404
        assert after.building(pand)["correctie"]["reden"] == "Van de vorige."
        assert pand in {row["pand"] for row in after.ask(f"{after.here}/correcties").json["correcties"]}
        found = after.correct(pand, "beperktKwetsbaar", "Van de nieuwe.").json
        assert [item["organisatie"] for item in found["geschiedenis"]] == ["org-GM9902", f"org-{AUTOMATIC}"]
        after.act("publicatie", {"panden": [pand]})
        assert office.public(AUTOMATIC)[pand] == "beperktKwetsbaar"
        assert after.building(pand)["concept"] is False

    def test_in_the_manual_variant_nothing_goes_public_without_an_act(self, office: Office, manual: Visitor) -> None:
        pand = manual.a_building("functie=kantoorfunctie&categorie=beperktKwetsbaar")
        office.do("UPDATE register.kgl_label SET categorie = 'kwetsbaar', regel = 'proef' WHERE pand = %s", pand)
        publish_everything(office)
        assert office.public(MANUAL)[pand] == "beperktKwetsbaar"
        waiting = office.sql(
            "SELECT pand FROM register.kgl_geldend n JOIN register.kgl_vastgesteld o USING (pand)"
            " WHERE n.gemeentecode = %s AND n.waarde_hash <> o.waarde_hash",
            MANUAL,
        )
        assert waiting == [(pand,)]
        manual.act("publicatie")
        assert office.public(MANUAL)[pand] == "kwetsbaar"

    def test_the_map_of_the_owner_has_a_correction_at_once(self, office: Office, manual: Visitor) -> None:
        pand = manual.a_building("categorie=beperktKwetsbaar")

        def row() -> tuple:
            return office.sql(
                "SELECT correctie, correctie_reden, correctie_door, categorie_kwetsbaarheid, concept, vastgesteld"
                " FROM besloten.kgl_beheer WHERE id_pand_bag = %s AND publicatie_tot IS NULL",
                pand,
            )[0]

        manual.correct(pand, "kwetsbaar", "Gezien.")
        draft = ("kwetsbaar", "Gezien.", f"org-{MANUAL}", "kwetsbaar", True, "beperktKwetsbaar")
        assert row() == draft
        publish_everything(office)
        assert row() == draft
        manual.act("publicatie", {"panden": [pand]})
        assert row() == (*draft[:4], False, "kwetsbaar")
        manual.uncorrect(pand)
        assert row() == (None, None, None, "beperktKwetsbaar", True, "kwetsbaar")


class TestReading:
    def test_buildings_come_in_pages_and_by_what_they_are(self, automatic: Visitor) -> None:
        everything = {row["pand"] for row in automatic.buildings()} | {
            row["pand"] for row in automatic.buildings(f"na={automatic.buildings()[-1]['pand']}")
        }
        seen: list[str] = []
        path = f"{automatic.here}/gebouwen?limit=700"
        while path:
            page = automatic.ask(path).json
            seen += [row["pand"] for row in page["gebouwen"]]
            following = [link["href"] for link in page["links"] if link["rel"] == "next"]
            path = following[0].partition("/aanlevering/v1/kgl")[2] if following else ""
        assert seen == sorted(everything) and len(seen) == automatic.state()["gebouwen"]
        for query, holds in (
            ("categorie=niet_bepaald", lambda row: row["categorie"] == "niet_bepaald"),
            ("gecorrigeerd=true", lambda row: row["correctie"] is not None),
            ("gecorrigeerd=false&categorie=zeerKwetsbaar", lambda row: row["correctie"] is None),
            ("waarschuwing=vbo_in_meer_panden", lambda row: "vbo_in_meer_panden" in row["waarschuwingen"]),
        ):
            rows = automatic.buildings(query)
            assert rows and all(map(holds, rows)), query

    def test_progress_counts_buildings_per_function(self, office: Office, automatic: Visitor) -> None:
        for item in automatic.state()["functies"]:
            assert item["gebouwen"] == sum(item["per_categorie"].values())
        assert sum(automatic.state()["per_categorie"].values()) == automatic.state()["gebouwen"]

    def test_a_building_tells_addresses_verdicts_and_inputs(self, automatic: Visitor) -> None:
        found = automatic.building(automatic.a_building("functie=winkelfunctie"))
        assert found["adressen"][0]["postcode"]
        assert "winkelfunctie" in {item["functie"] for item in found["functies"]}
        assert found["voorstel"]["invoer"]["gebruiksdoelen"]

    def test_the_beginning_lists_what_the_key_reaches(self, automatic: Visitor) -> None:
        found = automatic.ask("").json
        assert [(item["gemeentecode"], item["mag_wijzigen"]) for item in found["gemeenten"]] == [(AUTOMATIC, True)]

    def test_every_act_is_an_event_and_an_audit_row_with_who_and_when(self, office: Office, automatic: Visitor) -> None:
        events = automatic.ask(f"{automatic.here}/gebeurtenissen?limit=1000").json["gebeurtenissen"]
        assert {event["soort"] for event in events} >= {"correctie", "correctie ingetrokken", "publicatie"}
        assert all(event["sleutel_id"] and event["tijdstip"] for event in events)
        correction = next(event for event in events if event["soort"] == "correctie")
        assert set(correction["gegevens"]) == {"pand", "oud", "nieuw", "voorstel", "reden"}
        acts = [action.removeprefix("kgl ") for action, _, outcome, _ in office.audit(AUTOMATIC) if outcome == "gelukt"]
        assert acts == [event["soort"] for event in events]


class TestWithdrawal:
    def test_nothing_of_the_municipality_is_left_anywhere(
        self, office: Office, manual: Visitor, tmp_path: Path
    ) -> None:
        service, layer = office.service, office.service.catalogue.get("kgl_public")
        export.export(service, ["kgl_public"], ["gpkg"])
        assert store.latest(service, layer)
        tiles = service.settings.home / "tiles" / "0000000001-1-oud"
        tiles.mkdir(parents=True, exist_ok=True)
        corrected = manual.a_building("gecorrigeerd=false")
        manual.correct(corrected, "zeerKwetsbaar", "Blijft bewaard.")
        manual.act("publicatie")
        before = office.sql("SELECT max(nummer) FROM publiek.publicatie")[0][0]

        done = manual.act("intrekking", {"reden": "Fout in de bron."}).json
        assert (done["toestand"], done["gepubliceerd_op"]) == ("ingetrokken", None)
        assert office.sql("SELECT count(*) FROM publiek.kgl_public WHERE gemeentecode = %s", MANUAL) == [(0,)]
        assert office.sql("SELECT count(*) FROM register.kgl_vastgesteld WHERE gemeentecode = %s", MANUAL) == [(0,)]
        assert office.sql(
            "SELECT gepubliceerd FROM publiek.kgl_status WHERE gemeentecode = %s AND publicatie_tot IS NULL", MANUAL
        ) == [(False,)]
        kept = office.sql("SELECT vanaf, bestanden_vanaf FROM publiek.laag_bewaard WHERE laag = 'kgl_public'")
        assert kept == [(done["publicatie"], done["publicatie"])] and done["publicatie"] > before
        assert store.editions(service, layer) == []
        assert [path for path in (store.root(service.settings) / "kgl_public").iterdir() if path.is_dir()] == []
        assert not tiles.exists()

        again = manual.act("publicatie").json
        assert again["toestand"] == "gepubliceerd"
        assert office.public(MANUAL)[corrected] == "zeerKwetsbaar"

    def test_files_made_before_are_not_given_where_they_could_not_be_deleted(
        self, office: Office, manual: Visitor
    ) -> None:
        service, layer = office.service, office.service.catalogue.get("kgl_public")
        (made,) = export.export(service, ["kgl_public"], ["fgb"])
        act = workflow.acts.Act(workflow.acts.OPERATOR, MANUAL)
        with office.town.database.loader() as connection:
            done = workflow.withdraw(connection, service.catalogue, act, "Op een andere machine.")
            connection.commit()
        folder = store.root(service.settings) / "kgl_public" / str(made.edition.publication)
        assert folder.is_dir()
        assert store.editions(service, layer) == [] and store.latest(service, layer) == []
        purge.purge(service.settings, service.catalogue, done.publication)
        assert not folder.exists()
