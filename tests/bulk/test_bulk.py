"""Bulk files: made of every public layer at its publication, served with checksums, and listed in a feed."""

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import fiona
import pyarrow.parquet as pq
import pytest
import shapely
from lxml import etree
from psycopg import sql
from pyproj import CRS
from werkzeug.test import Client

from risicoatlas.app import create_app, make_service
from risicoatlas.bulk import export, links, parquet, rows, store
from risicoatlas.cli import program
from risicoatlas.commands import export as command
from risicoatlas.database import reading
from risicoatlas.errors import NotFoundError, RequestError, RisicoAtlasError, UnavailableError
from risicoatlas.features import file_settings
from risicoatlas.publish import engine
from risicoatlas.service import Service

ATOM = "{http://www.w3.org/2005/Atom}"
LAYER = "kgl_public"


@pytest.fixture(scope="module")
def service(town_of_module, run_folder) -> Iterator[Service]:
    """The town with a home of its own, so that its files are not those of another test."""
    home = run_folder / "bulk"
    home.mkdir()
    made = make_service(replace(town_of_module.settings, home=home), town_of_module.database)
    with made.pool:
        yield made


@pytest.fixture(scope="module")
def made(service) -> list[export.Made]:
    """Every layer in every format, small pages so that there are several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "PAGE", 1000)
        return export.export(service)


class Browser(Client):
    """A client that reads an answer to its end and closes it, as a server does."""

    def open(self, *args, **options):
        return super().open(*args, buffered=True, **options)


@pytest.fixture(scope="module")
def client(service, made) -> Browser:
    return Browser(create_app(service))


def edition(made: list[export.Made], layer: str = LAYER) -> store.Edition:
    return next(item.edition for item in made if item.edition.layer == layer)


def path(found: store.Edition, suffix: str) -> Path:
    return next(file.path for file in found.files if file.format.suffix == suffix)


def current(service: Service, layer: str) -> dict[str, str | None]:
    """The served rows: key and geometry as WKB in hex."""
    statement = sql.SQL(
        "SELECT identificatie, encode(ST_AsBinary(geometrie), 'hex') FROM {} WHERE publicatie_tot IS NULL"
    )
    with reading(service.pool) as connection:
        return dict(connection.execute(statement.format(sql.Identifier("publiek", layer))).fetchall())


# --- what is made


def test_every_public_layer_has_every_format_with_every_row_and_no_restricted_one_has_any(service, made):
    public = [layer for layer in service.catalogue if not layer.restricted]
    assert [item.edition.layer for item in made] == [layer.name for layer in public]
    folders = {item.name for item in store.root(service.settings).iterdir() if item.is_dir()}
    assert folders == {layer.name for layer in public}
    for item in made:
        found = item.edition
        served = current(service, found.layer)
        assert [file.format.suffix for file in found.files] == ["gpkg", "fgb", "parquet"]
        assert found.count == len(served)
        for suffix in ("gpkg", "fgb"):
            with fiona.open(path(found, suffix)) as opened:
                assert {row.properties["identificatie"] for row in opened} == set(served), (found.layer, suffix)
        assert set(pq.read_table(path(found, "parquet")).column("identificatie").to_pylist()) == set(served)
        for file in found.files:
            assert file.sha256 == hashlib.sha256(file.path.read_bytes()).hexdigest()
            assert file.size == file.path.stat().st_size


def test_coordinates_are_those_of_the_database_to_the_last_digit(service, made):
    served = current(service, LAYER)
    found = edition(made)
    with fiona.open(path(found, "gpkg")) as opened:
        for row in opened:
            wanted = shapely.from_wkb(bytes.fromhex(served[row.properties["identificatie"]]))
            assert shapely.equals_exact(shapely.geometry.shape(row.geometry), wanted)


def test_geoparquet_has_the_metadata_of_version_1_1_and_the_types_of_the_layer(service, made):
    found = edition(made, "ev_activiteiten")
    file = pq.ParquetFile(path(found, "parquet"))
    geo = json.loads(file.metadata.metadata[b"geo"])
    column = geo["columns"][geo["primary_column"]]
    assert (geo["version"], geo["primary_column"], column["encoding"]) == ("1.1.0", "geometrie", "WKB")
    assert column["geometry_types"] == ["MultiPolygon"]
    assert CRS.from_json_dict(column["crs"]).to_epsg() == 28992
    table = file.read()
    shapes = shapely.from_wkb(table.column("geometrie").to_pylist())
    assert column["bbox"] == pytest.approx(list(shapely.total_bounds(shapes)))
    boxes = [list(box.values()) for box in table.column("bbox").to_pylist()]
    assert boxes == [pytest.approx(list(bounds)) for bounds in shapely.bounds(shapes)]
    types = {name: str(table.schema.field(name).type) for name in ("seveso", "datum_laatste_wijziging", "publicatie")}
    assert types == {"seveso": "bool", "datum_laatste_wijziging": "date32[day]", "publicatie": "int64"}
    assert str(table.schema.field("begin_geldigheid").type) == "timestamp[us, tz=UTC]"


def test_a_row_group_is_a_page_so_that_memory_does_not_grow_with_the_layer(made):
    found = edition(made)
    metadata = pq.ParquetFile(path(found, "parquet")).metadata
    assert found.count > 1000
    assert metadata.num_row_groups == -(-found.count // 1000)


def test_parquet_takes_rows_without_geometry_and_moments_that_have_no_date(service, tmp_path):
    layer = service.catalogue.get(LAYER)
    empty = {item.name: None for item in layer.fields}
    records = [[{**empty, "identificatie": "a", "begin_geldigheid": "infinity"}, None]]
    assert parquet.write(tmp_path / "x.parquet", layer, [records, []]) == 1
    (row,) = pq.read_table(tmp_path / "x.parquet").to_pylist()
    assert (row["geometrie"], row["bbox"], row["begin_geldigheid"]) == (None, None, None)
    assert parquet.write(tmp_path / "leeg.parquet", layer, [[]]) == 0
    assert pq.read_table(tmp_path / "leeg.parquet").num_rows == 0


def test_a_second_export_makes_nothing_and_changes_no_file(service, made):
    before = {file.path: file.path.stat().st_mtime_ns for item in made for file in item.edition.files}
    again = export.export(service)
    assert [item.formats for item in again] == [()] * len(made)
    assert {file.path: file.path.stat().st_mtime_ns for item in again for file in item.edition.files} == before


def test_a_restricted_or_unknown_layer_is_refused(service):
    with pytest.raises(RequestError, match="not a public layer with publications"):
        export.export(service, ["risicolocaties"])
    with pytest.raises(NotFoundError):
        export.export(service, ["nergens"])


def test_two_exports_at_once_are_refused(service, made):
    with (store.root(service.settings) / ".slot").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UnavailableError, match="another export"):
            export.export(service)


# --- what is served


def test_the_newest_file_has_a_stable_address_with_checksum_range_and_conditions(client, service, made):
    found = edition(made)
    for file in found.files:
        whole = client.get(f"/bestanden/{LAYER}/{file.name}")
        assert (whole.status_code, whole.mimetype) == (200, file.format.media_type)
        assert hashlib.sha256(whole.data).hexdigest() == file.sha256
        assert whole.headers["ETag"] == f'"{file.sha256}"'
        assert whole.headers["X-Publication"] == str(found.publication)
        assert (whole.cache_control.public, whole.cache_control.no_cache) == (True, True)
        assert whole.last_modified == found.published
        part = client.get(f"/bestanden/{LAYER}/{file.name}", headers={"Range": "bytes=100-199"})
        assert (part.status_code, part.data) == (206, whole.data[100:200])
        conditions = {"If-None-Match": whole.headers["ETag"]}
        assert client.get(f"/bestanden/{LAYER}/{file.name}", headers=conditions).status_code == 304
        since = {"If-Modified-Since": whole.headers["Last-Modified"]}
        assert client.get(f"/bestanden/{LAYER}/{file.name}", headers=since).status_code == 304
        head = client.head(f"/bestanden/{LAYER}/{file.name}")
        assert (head.content_length, head.data) == (file.size, b"")
        told = client.get(f"/bestanden/{LAYER}/{file.name}.sha256")
        assert told.text == f"{file.sha256}  {file.name}\n"


def test_the_file_of_a_publication_may_be_kept_for_ever_by_caches(client, made):
    found = edition(made)
    answer = client.get(f"/bestanden/{LAYER}/{found.publication}/{LAYER}.gpkg")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get(f"/bestanden/{LAYER}/{found.publication}/{LAYER}.gpkg.sha256").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "risicolocaties/risicolocaties.gpkg",
        "nergens/nergens.gpkg",
        f"{LAYER}/gemeenten.gpkg",
        f"{LAYER}/999/{LAYER}.gpkg",
        f"{LAYER}/bestanden.json",
        f"{LAYER}/1/bestanden.json",
        f"{LAYER}/../.slot",
        f"{LAYER}/%2e%2e/.slot",
        f"{LAYER}/{LAYER}.gpkg.sha256.sha256",
    ],
)
def test_nothing_else_of_the_folder_can_be_asked(client, address):
    assert client.get(f"/bestanden/{address}").status_code == 404


def test_files_of_a_layer_that_became_restricted_are_not_served_and_go_at_the_next_export(service, made, monkeypatch):
    public = store.offered(service)
    monkeypatch.setattr(store, "offered", lambda found: tuple(item for item in public if item.name != "gemeenten"))
    folder = store.root(service.settings) / "gemeenten"
    assert folder.is_dir()
    assert Browser(create_app(service)).get("/bestanden/gemeenten/gemeenten.gpkg").status_code == 404
    kept = folder.with_name(".bewaard")
    shutil.copytree(folder, kept)
    export.export(service)
    assert not folder.exists()
    kept.rename(folder)


def test_the_feed_is_atom_with_an_entry_per_layer_and_publication(client, service, made):
    answer = client.get("/bestanden/atom.xml")
    assert answer.mimetype == "application/atom+xml"
    feed = etree.fromstring(answer.data)
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        assert all(element.find(f"{ATOM}{name}") is not None for name in ("id", "title", "updated"))
    assert feed.find(f"{ATOM}author/{ATOM}name").text
    identifiers = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(identifiers)) == len(identifiers) == len(made)
    assert feed.findtext(f"{ATOM}updated") == max(
        entry.findtext(f"{ATOM}updated") for entry in feed.iter(f"{ATOM}entry")
    )
    base = service.settings.public_url
    for link in feed.iter(f"{ATOM}link"):
        if link.get("rel") == "enclosure":
            found = client.head(link.get("href").removeprefix(base))
            assert (str(found.content_length), found.mimetype) == (link.get("length"), link.get("type"))
    assert edition(made).files[0].sha256 in answer.text
    again = client.get("/bestanden/atom.xml", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_start_page_collections_and_page_of_files_lead_to_them(client, service, made):
    assert 'type="application/atom+xml"' in client.get("/").text
    collection = client.get(f"/ogc/v1/collections/{LAYER}?f=json").json
    found = {link["type"]: link for link in collection["links"] if link["rel"] == "enclosure"}
    assert len(found) == len(store.FORMATS)
    for link in found.values():
        answer = client.head(link["href"].removeprefix(service.settings.public_url))
        assert answer.content_length == link["length"]
    assert any(link["type"] == "application/atom+xml" for link in collection["links"])
    for language, word in (("nl", "Bestanden"), ("en", "Files")):
        page = client.get(f"/bestanden/?lang={language}").text
        assert f"<h1>{word}</h1>" in page
        assert f"/bestanden/{LAYER}/{edition(made).publication}/{LAYER}.parquet" in page
    assert client.get("/bestanden").headers["Location"] == f"{service.settings.public_url}/bestanden/"
    assert links.of_layer(service.catalogue.get("risicolocaties"), service, "nl") == []


# --- from one publication to the next


@pytest.fixture
def next_publication(town_copy, tmp_path_factory, run_folder):
    """The town with files of its first publication, and a function that publishes a change of one building."""
    home = run_folder / tmp_path_factory.mktemp("home").name
    home.mkdir()
    made = make_service(replace(town_copy.settings, home=home), town_copy.database)

    def change(name: str) -> int:
        with town_copy.database.loader() as connection:
            connection.execute(
                "UPDATE register.kgl_label SET reden = %s WHERE pand = (SELECT id_pand_bag FROM publiek.kgl_public"
                " WHERE publicatie_tot IS NULL ORDER BY identificatie LIMIT 1)",
                [name],
            )
            connection.commit()
            return engine.publish(connection, made.catalogue).number

    with made.pool:
        yield SimpleNamespace(service=made, change=change)


def test_a_publication_adds_files_of_the_changed_layer_only_and_old_ones_go(next_publication, monkeypatch):
    service = next_publication.service
    settings = replace(file_settings.read(service.settings.config), publications=2)
    monkeypatch.setattr(file_settings, "read", lambda config: settings)
    export.export(service, formats=["parquet"])
    numbers = [edition(export.export(service, [LAYER], ["parquet"])).publication]
    for reason in ("eerste", "tweede"):
        numbers.append(next_publication.change(reason))
        made = {item.edition.layer: item for item in export.export(service, formats=["parquet"])}
        assert [name for name, item in made.items() if item.formats] == [LAYER]
        reasons = pq.read_table(path(made[LAYER].edition, "parquet")).column("reden").to_pylist()
        assert reason in reasons
    kept = store.editions(service, service.catalogue.get(LAYER))
    assert [item.publication for item in kept] == numbers[:0:-1]


def test_a_file_is_of_one_publication_though_another_is_made_meanwhile(next_publication, monkeypatch):
    service = next_publication.service
    monkeypatch.setattr(rows, "PAGE", 500)
    plans = []
    plan = rows.Source.plan

    def publishing_halfway(source, after=None):
        plans.append(after)
        if len(plans) == 3:
            next_publication.change("halverwege")
        return plan(source, after)

    monkeypatch.setattr(rows.Source, "plan", publishing_halfway)
    (made,) = export.export(service, [LAYER], ["parquet"])
    found = pq.read_table(path(made.edition, "parquet"))
    assert found.num_rows == made.edition.count
    assert "halverwege" not in found.column("reden").to_pylist()
    assert len(set(found.column("identificatie").to_pylist())) == found.num_rows


def test_an_export_that_fails_halfway_leaves_what_was_offered(next_publication, monkeypatch):
    service = next_publication.service
    export.export(service, [LAYER], ["gpkg"])
    before = edition(export.export(service, [LAYER], ["gpkg"]))
    next_publication.change("nieuw")
    monkeypatch.setattr(rows, "PAGE", 500)

    def failing(source, after=None):
        if after:
            raise UnavailableError("gone")
        return plan(source, after)

    plan = rows.Source.plan
    monkeypatch.setattr(rows.Source, "plan", failing)
    with pytest.raises(RisicoAtlasError, match="gone"):
        export.export(service, [LAYER], ["gpkg"])
    ((kept, file),) = store.latest(service, service.catalogue.get(LAYER))
    assert kept == before
    assert hashlib.sha256(file.path.read_bytes()).hexdigest() == file.sha256


# --- the command


def test_the_command_offers_the_formats_of_the_store():
    assert tuple(store.FORMATS) == command.FORMATS


def test_the_command_reports_as_lines_and_as_json(town, run_folder, monkeypatch):
    from click.testing import CliRunner

    monkeypatch.setenv("RISICOATLAS_DATABASE_URL", town.cluster.conninfo("postgres", town.dbname))
    home = run_folder / "opdracht"
    home.mkdir()
    arguments = ["--home", str(home), "export", "gemeenten", "--format", "gpkg"]
    told = CliRunner().invoke(program, [*arguments, "--json"])
    assert told.exit_code == 0, told.output
    (row,) = json.loads(told.stdout)
    assert (row["laag"], row["gemaakt"]) == ("gemeenten", ["gpkg"])
    lines = CliRunner().invoke(program, arguments)
    assert "there already" in lines.stdout
    assert CliRunner().invoke(program, ["export", "--format", "shp"]).exit_code == 2
