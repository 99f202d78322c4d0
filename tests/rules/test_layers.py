"""The layers of vulnerable buildings, on the sample town: who is in them, and what they may not tell."""

import csv

from risicoatlas import catalogue
from risicoatlas.database import Connection
from risicoatlas.publish import engine


def rows(connection: Connection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def test_only_municipalities_that_published_are_public(town, sample_dir):
    with (sample_dir / "kgl_gemeente.csv").open(newline="") as file:
        published = {row["gemeentecode"] for row in csv.DictReader(file) if row["gepubliceerd_op"]}
    with (sample_dir / "answers.csv").open(newline="") as file:
        expected = {row["pand"] for row in csv.DictReader(file) if f"GM{row['pand'][:4]}" in published}
    with town.database.loader() as connection:
        found = rows(
            connection, "SELECT id_pand_bag, gemeentecode FROM publiek.kgl_public WHERE publicatie_tot IS NULL"
        )
    assert {code for _, code in found} == published
    assert {pand for pand, _ in found} == expected


def test_identifier_of_a_building_is_that_of_the_register_of_external_safety(town):
    with town.database.loader() as connection:
        odd = rows(
            connection,
            "SELECT identificatie FROM publiek.kgl_public"
            " WHERE identificatie !~ '^NL\\.IMEV\\.gm[0-9]{4}\\.[0-9]{16}$'"
            " OR right(identificatie, 16) <> id_pand_bag",
        )
    assert odd == []


def test_every_public_building_has_reason_and_article_in_words(town):
    with town.database.loader() as connection:
        lacking = rows(
            connection,
            "SELECT identificatie FROM publiek.kgl_public"
            " WHERE coalesce(reden, '') = '' OR coalesce(reden_en, '') = '' OR coalesce(artikel, '') = ''"
            " OR coalesce(gebruiksdoelen, '') = '' OR reden ~ '[{}]' OR reden_en ~ '[{}]'",
        )
    assert lacking == []


def test_no_public_text_names_who_is_in_a_register(town):
    with town.database.loader() as connection:
        named = rows(
            connection,
            "SELECT l.identificatie, r.naam FROM publiek.kgl_public l"
            " JOIN register.verblijfsobject_pand v ON v.pand = l.id_pand_bag"
            " JOIN register.registertreffer r USING (verblijfsobject)"
            " WHERE position(r.naam IN concat_ws(' ', l.naam, l.reden, l.reden_en, l.artikel, l.waarschuwingen)) > 0",
        )
    assert named == []


def test_a_shelter_reads_like_every_other_care(town):
    """The public columns of shelters are the same set of values as those of other care that the same rule found."""
    with town.database.loader() as connection:
        care = rows(
            connection,
            "SELECT DISTINCT p.regel, p.reden, p.reden_en, p.artikel FROM register.kgl_label l"
            " JOIN publiek.kgl_public p ON p.id_pand_bag = l.pand, jsonb_array_elements(l.invoer -> 'treffers') t"
            " WHERE l.regel = 'basisvulling.woon.1' AND t ->> 'code' NOT LIKE '87902%'",
        )
        shelters = rows(
            connection,
            "SELECT DISTINCT p.regel, p.reden, p.reden_en, p.artikel FROM register.kgl_label l"
            " JOIN publiek.kgl_public p ON p.id_pand_bag = l.pand, jsonb_array_elements(l.invoer -> 'treffers') t"
            " WHERE l.regel = 'basisvulling.woon.1' AND t ->> 'code' LIKE '87902%'",
        )
    assert shelters and shelters == care


def test_status_has_a_row_per_municipality_whether_it_published_or_not(town):
    with town.database.loader() as connection:
        found = dict(rows(connection, "SELECT gemeentecode, gepubliceerd FROM publiek.kgl_status"))
        boundaries = {code for (code,) in rows(connection, "SELECT gemeentecode FROM publiek.gemeenten")}
    assert found == {"GM9901": True, "GM9902": False, "GM9903": True}
    assert boundaries == set(found)


def test_status_of_a_municipality_without_boundary_has_no_geometry(town_copy):
    with town_copy.database.loader() as connection:
        connection.execute("INSERT INTO register.kgl_gemeente (gemeentecode, gepubliceerd_op) VALUES ('GM0457', now())")
        connection.commit()
        engine.publish(connection, catalogue.read(town_copy.settings.config), ["kgl_status"])
        row = connection.execute(
            "SELECT naam, bestaat, gepubliceerd, geometrie IS NULL FROM publiek.kgl_status"
            " WHERE gemeentecode = 'GM0457'"
        ).fetchone()
    assert row == (None, False, True, True)


def test_withdrawn_municipality_leaves_the_public_layer(town_copy):
    with town_copy.database.loader() as connection:
        connection.execute("UPDATE register.kgl_gemeente SET gepubliceerd_op = NULL WHERE gemeentecode = 'GM9901'")
        connection.commit()
        engine.publish(connection, catalogue.read(town_copy.settings.config), ["kgl_public"])
        left = rows(
            connection, "SELECT DISTINCT gemeentecode FROM publiek.kgl_public WHERE publicatie_tot IS NULL ORDER BY 1"
        )
    assert left == [("GM9903",)]


def test_struck_risk_locations_are_flagged_and_not_hidden(town):
    with town.database.loader() as connection:
        connection.execute("SET risicoatlas.areas = '*'")
        loaded = rows(connection, "SELECT identificatie, geschrapt FROM register.risicolocatie ORDER BY 1")
        found = rows(connection, "SELECT identificatie, geschrapt FROM besloten.risicolocaties ORDER BY 1")
    assert loaded and found == loaded
    assert {struck for _, struck in found} == {True, False}
