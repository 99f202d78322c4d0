"""A table that cannot be served is refused with file:line, the reason and what would be right."""

from pathlib import Path

import psycopg
import pytest
from tests.own.conftest import RULES, copied, write_config

from risicoatlas import catalogue as catalogues
from risicoatlas.cluster import Cluster
from risicoatlas.database import Database
from risicoatlas.errors import ConfigError
from risicoatlas.own import complete
from risicoatlas.providers import parameters
from risicoatlas.publish import tables

ODD = """
CREATE TABLE gis.odd (
  zonder integer, met integer UNIQUE, deels integer, paar_a integer, paar_b integer, dag date UNIQUE,
  tekst text, "Straat Naam" text, bbox text, publicatie text, tijden time, vak geometry(Polygon, 28992));
INSERT INTO gis.odd (zonder, met) VALUES (1, 1), (1, NULL);
CREATE UNIQUE INDEX ON gis.odd (deels) WHERE deels > 0;
CREATE UNIQUE INDEX ON gis.odd (paar_a, paar_b);
CREATE TABLE gis.los (id integer PRIMARY KEY, vak geometry);
CREATE TABLE gis.wereld (id integer PRIMARY KEY, vak geometry(Polygon, 4326));
CREATE TABLE gis.wolk (id integer PRIMARY KEY, vak geometry(MultiPoint, 28992));
CREATE TABLE gis.alles (id integer PRIMARY KEY, vak geometry(Geometry, 28992));
CREATE TABLE gis.twee (id integer PRIMARY KEY, vak geometry(Polygon, 28992), punt geometry(Point, 28992));
CREATE TABLE gis.kaal (id integer PRIMARY KEY, naam text);
CREATE TABLE gis.dicht (id integer PRIMARY KEY, vak geometry(Polygon, 28992));
CREATE VIEW gis.dubbel AS SELECT 1 AS id, geom FROM gis.bomen WHERE gid < 3;
GRANT SELECT ON ALL TABLES IN SCHEMA gis TO ra_owner;
REVOKE SELECT ON gis.dicht FROM ra_owner;
"""
FIELD = "fields: [{{name: {}, column: {}}}]\n"
PUBLIC = "access: public\n"


@pytest.fixture(scope="module")
def odd(cluster: Cluster, tables_of_others: str) -> Database:
    database = copied(cluster, tables_of_others)
    with psycopg.connect(database.conninfo("superuser"), autocommit=True) as connection:
        connection.execute(ODD)
    return database


CASES = {
    "no table": ("table: gis.nergens\nkey: id\n", 4, "there is no table or view gis.nergens in the database"),
    "no schema": ("table: nergens.bomen\nkey: id\n", 4, "there is no table or view nergens.bomen"),
    "no key column": ("table: gis.bomen\nkey: id\n", 5, "gis.bomen has no column 'id': it has gid, soort"),
    "no unique key": ("table: gis.odd\nkey: zonder\n", 5, "gis.odd has no unique key zonder: give it a primary key"),
    "partly unique": ("table: gis.odd\nkey: deels\n", 5, "gis.odd has no unique key deels"),
    "unique with another": ("table: gis.odd\nkey: paar_a\n", 5, "unique here: met, dag"),
    "key of a type": ("table: gis.odd\nkey: dag\n", 5, "dag is date: expected a key of int2, int4"),
    "key with NULLs": ("table: gis.odd\nkey: met\n", 5, "gis.odd has rows without a met"),
    "key of a view": ("table: gis.dubbel\nkey: id\n", 5, "gis.dubbel has no unique key id: several rows share one"),
    "no right": ("table: gis.dicht\nkey: id\n", 4, "GRANT USAGE ON SCHEMA gis TO ra_owner; GRANT SELECT ON gis.dicht"),
    "our schema": ("table: beheer.sleutel\nkey: id\n", 4, "schema beheer belongs to the service"),
    "drafts": ("table: register.pand\nkey: id\n", 4, "schema register belongs to the service"),
    "no geometry": ("table: gis.kaal\nkey: id\n", 4, "gis.kaal has geometry columns none: expected one"),
    "two geometries": ("table: gis.twee\nkey: id\n", 4, "gis.twee has geometry columns vak, punt"),
    "geometry column": ("table: gis.twee\nkey: id\ngeometry_column: vorm\n", 6, "has no column 'vorm'"),
    "not a geometry": ("table: gis.kaal\nkey: id\ngeometry_column: naam\n", 6, "naam is text: expected a column of"),
    "no SRID": ("table: gis.los\nkey: id\ngeometry: Point\n", 4, "vak of gis.los has no SRID (0)"),
    "SRID not offered": ("table: gis.wereld\nkey: id\n", 4, "vak is in EPSG:4326, expected EPSG:28992 or EPSG:31370"),
    "another SRID": ("table: gis.bomen\nkey: gid\nsrid: 31370\n", 6, "found 31370, but geom is in EPSG:28992"),
    "any geometry": ("table: gis.alles\nkey: id\n", 4, "vak holds any geometry (Geometry): say geometry: Point"),
    "geometry type": ("table: gis.wolk\nkey: id\n", 4, "vak is MultiPoint: expected one of Point, LineString"),
    "another type": ("table: gis.bomen\nkey: gid\ngeometry: Point\n", 6, "geom is Polygon, which is served as"),
    "no such column": ("table: gis.bomen\nkey: gid\n" + FIELD.format("x", "y"), 6, "gis.bomen has no column 'y'"),
    "column type": ("table: gis.bomen\nkey: gid\n" + FIELD.format("k", "kenmerken"), 6, "type jsonb is not served"),
    "name for GML": ("table: gis.bomen\nkey: gid\n" + FIELD.format("'Straat Naam'", "Straat Naam"), 6, "none for GML"),
    "name of ours": ("table: gis.bomen\nkey: gid\n" + FIELD.format("limit", "limit"), 6, "uses the name limit itself"),
    "listed twice": ("table: gis.bomen\nkey: gid\nfields: [{name: soort}, {name: soort, column: Naam}]\n", 6, "twice"),
    "field type": ("table: gis.bomen\nkey: gid\nfields: [{name: soort, type: text}]\n", 6, "unknown key 'type'"),
    "no schema name": ("table: bomen\nkey: gid\n", 4, "found 'bomen', expected schema.name"),
    "three names": ("table: a.b.c\nkey: gid\n", 4, "found 'a.b.c', expected schema.name"),
    "no key": ("table: gis.bomen\n", 4, "gis.bomen needs a key"),
    "key without table": ("geometry: Point\nkey: id\n", 5, "key needs a table"),
    "field sets": ("table: gis.bomen\nkey: gid\nfield_sets: [contour]\n", 6, "an own table has no field sets"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_served_is_refused_with_its_place(odd: Database, tmp_path: Path, case: str) -> None:
    text, line, message = CASES[case]
    config = write_config(tmp_path, {"proef": PUBLIC + text})
    with odd.loader() as connection, pytest.raises(ConfigError) as found:
        tables.ensure(connection, catalogues.read(config))
    assert str(found.value).startswith(f"{config}/layers/proef/layer.yaml:{line}: "), found.value
    assert message in str(found.value)


def test_a_restricted_table_needs_a_text_with_the_code_of_the_area(odd: Database, tmp_path: Path) -> None:
    text = "access: restricted\ntable: gis.bomen\nkey: gid\narea_field: hoogte\n"
    config = write_config(tmp_path, {"proef": text}, RULES.split("- {who: gemeente")[0])
    with odd.loader() as connection, pytest.raises(ConfigError) as found:
        tables.ensure(connection, catalogues.read(config))
    assert "layer.yaml:6: found 'hoogte', expected a field of text with the code: identificatie, soort, Naam" in str(
        found.value
    )


def test_a_restricted_table_without_area_field_is_refused_before_the_database(tmp_path: Path) -> None:
    config = write_config(tmp_path, {"proef": "access: restricted\ntable: gis.bomen\nkey: gid\n"})
    with pytest.raises(ConfigError, match="needs an area_field"):
        catalogues.read(config)


@pytest.mark.parametrize("name", ["Bomen", "bomen-1", "1bomen", "bömen", "bo men"])
def test_the_name_of_a_layer_is_one_for_every_protocol(tmp_path: Path, name: str) -> None:
    config = write_config(tmp_path, {name: "access: public\ntable: gis.bomen\nkey: gid\n"})
    with pytest.raises(ConfigError, match="expected a folder name of lower-case letters"):
        catalogues.read(config)


def test_no_field_has_the_name_of_a_parameter() -> None:
    plain = {name for name in parameters.ITEMS if complete.FIELD_NAME.fullmatch(name)}
    assert plain <= complete.PARAMETERS
