"""Tiles belong to one publication; a database that breaks a connection or goes away leaves no wrong picture behind."""

import threading
import time

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from risicoatlas import catalogue as catalogues
from risicoatlas.errors import UnavailableError
from risicoatlas.maps import publication, wsgi
from risicoatlas.publish.engine import publish

from .conftest import CLASSES, TOWN_BOX, Client, centre
from .test_pictures import COLORS, pixel, tile_of

LEVEL = 13
RECOLOUR = "CASE categorie WHEN 'zeerKwetsbaar' THEN 'kwetsbaar' ELSE categorie END AS categorie_kwetsbaarheid"


@pytest.fixture
def changed(fresh, tmp_path):
    """The client of a fresh world, and what publishes the first building as 'kwetsbaar' instead of 'zeerKwetsbaar'."""
    import shutil
    from dataclasses import replace

    service, database = fresh
    config = tmp_path / "config"
    shutil.copytree(service.settings.config, config)
    query = config / "layers" / "kgl_public" / "publish.sql"

    def republish():
        query.write_text(query.read_text().replace("categorie AS categorie_kwetsbaarheid", RECOLOUR))
        with database.loader() as connection:
            publish(connection, catalogues.read(replace(service.settings, config=config).config))
            connection.commit()
        time.sleep(publication.EVERY_S)

    return Client(wsgi.create(service)), republish


def first_building(client):
    column, row, box = tile_of(centre("zeerKwetsbaar"), LEVEL)
    tile = client.get(f"/tiles/kgl_public/EPSG:28992/{LEVEL}/{column}/{row}.png")
    return tile.picture.getpixel(pixel(centre("zeerKwetsbaar"), box, (256, 256)))


def test_a_new_publication_is_soon_on_the_map(changed):
    client, republish = changed
    before = first_building(client)

    republish()

    assert before == COLORS["zeerKwetsbaar"]
    assert first_building(client) == COLORS["kwetsbaar"]


def test_who_has_a_tile_of_before_is_sent_the_new_one(changed):
    """MapProxy gives a tile that it has just drawn no version of its own, whatever is on it."""
    client, republish = changed
    column, row, _ = tile_of(centre("zeerKwetsbaar"), LEVEL)
    path = f"/tiles/kgl_public/EPSG:28992/{LEVEL}/{column}/{row}.png"
    before = client.get(path)

    republish()
    after = client.get(path, environ={"HTTP_IF_NONE_MATCH": before.headers["etag"]})

    assert after.status == 200
    assert after.body != before.body


def test_ended_rows_are_not_drawn(changed):
    """The building of before is still in the table, ended: it must not lie under or over the new one."""
    client, republish = changed
    republish()

    picture = client.map("kgl_public", TOWN_BOX).picture

    assert picture.getpixel(pixel(centre("zeerKwetsbaar"), TOWN_BOX, picture.size)) == COLORS["kwetsbaar"]
    assert COLORS["zeerKwetsbaar"] not in {color for _, color in picture.getcolors(maxcolors=10_000)}


def test_each_publication_and_each_style_has_tiles_of_its_own(changed):
    client, republish = changed
    tiles = client.app.tiles
    first_building(client)
    before = {path.name for path in tiles.iterdir() if path.name[:10].isdecimal()}

    republish()
    first_building(client)
    after = {path.name for path in tiles.iterdir() if path.name[:10].isdecimal()}

    assert len(before) == 1
    assert len(after - before) == 1
    assert all(name.endswith(client.app.digest) for name in after)


def test_tiles_of_long_ago_are_deleted_and_the_last_ones_stay(tmp_path):
    names = [f"{number:010d}-1-abc" for number in (7, 8, 9)]
    for age, name in enumerate(reversed(names)):
        (tmp_path / name).mkdir()
        moment = time.time() - age * 100
        import os

        os.utime(tmp_path / name, (moment, moment))
    (tmp_path / "symbols").mkdir()

    publication.forget_old(tmp_path, names[2])
    for thread in threading.enumerate():
        if thread.name == "forget-tiles":
            thread.join()

    assert {path.name for path in tmp_path.iterdir()} == {names[1], names[2], "symbols"}


def test_another_database_with_the_same_number_has_other_tiles():
    """A home whose database was made anew counts from 1 again."""
    assert publication.Publication(1, 1000).folder("x") != publication.Publication(1, 2000).folder("x")


def test_before_the_first_publication_the_maps_are_empty_and_answer(empty_service):
    client = Client(wsgi.create(empty_service))

    answer = client.map("kgl_public", TOWN_BOX)

    assert answer.picture.getbbox() is None
    assert "kgl_public" in client.wms(request="GetCapabilities").text


def test_a_connection_that_the_database_closed_is_made_anew(fresh, cluster):
    """The renderer holds connections for long; PostgreSQL may have been restarted in between."""
    service, database = fresh
    client = Client(wsgi.create(service))
    assert client.map("kgl_public", TOWN_BOX).status == 200
    with psycopg.connect(database.conninfo("superuser"), autocommit=True) as connection:
        killed = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'risicoatlas maps' AND datname = current_database()"
        ).fetchall()

    picture = client.map("kgl_public", TOWN_BOX).picture

    assert killed
    assert picture.getpixel(pixel(centre("kwetsbaar"), TOWN_BOX, picture.size)) == COLORS["kwetsbaar"]


def test_without_the_database_tiles_that_were_drawn_are_still_served_and_others_say_why(fresh, monkeypatch):
    service, _ = fresh
    client = Client(wsgi.create(service))
    column, row, _ = tile_of(centre("zeerKwetsbaar"), LEVEL)
    known = f"/tiles/kgl_public/EPSG:28992/{LEVEL}/{column}/{row}.png"
    before = client.get(known)
    renderer = client.app.atelier.renderer

    def gone(*_):
        raise UnavailableError("the database cannot be reached at the moment")

    time.sleep(publication.EVERY_S)
    monkeypatch.setattr(publication, "current", gone)
    monkeypatch.setattr(type(renderer), "draw", gone)
    again = client.get(known)
    other = client.map("kgl_public", TOWN_BOX)

    assert again.body == before.body
    assert other.status >= 500
    assert "cannot be reached" in other.text
    assert "ServiceException" in other.text


def test_an_answer_of_the_renderer_never_holds_the_words_of_the_database(fresh, caplog):
    """A table that is gone: the client gets our sentence, the log gets PostgreSQL's."""
    service, database = fresh
    client = Client(wsgi.create(service))
    with database.loader() as connection:
        connection.execute("DROP TABLE publiek.kgl_public")
        connection.commit()

    answer = client.map("kgl_public", TOWN_BOX)

    assert answer.status >= 500
    assert "layer kgl_public cannot be drawn at the moment" in answer.text
    assert "relation" not in answer.text
    assert "publiek" not in answer.text
    assert "publiek.kgl_public" in caplog.text


def test_many_threads_draw_at_once_and_each_picture_is_whole(client):
    """One mapnik map per thread; eight threads on the connections of one pool."""
    pictures = []

    def draw(kind):
        x, y = centre(kind)
        for _ in range(5):
            picture = client.map("kgl_public", (x - 8, y - 8, x + 8, y + 8), size=(64, 64)).picture
            pictures.append(picture.getpixel((32, 32)) == COLORS[kind])

    threads = [threading.Thread(target=draw, args=(kind,)) for kind in CLASSES * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert pictures == [True] * 40


def test_the_renderer_reads_the_address_of_the_database_whatever_is_in_it(service):
    """Blanks and quotes in a password or path are values of the connection string, nothing more."""
    from risicoatlas.maps.renderer import datasource

    layer = service.catalogue.get("kgl_public")
    style = wsgi.create(service).atelier.renderer.styles["kgl_public"]

    made = datasource("host='/a b' dbname='c d' user=x password='it\\'s options=-crole=ra_owner'", layer, style, 28992)
    parsed = psycopg.conninfo.conninfo_to_dict(f"dbname={made['dbname']} password={made['password']}")

    assert parsed["dbname"] == "c d"
    assert parsed["host"] == "/a b"
    assert parsed["password"] == "it's options=-crole=ra_owner"
    assert "-c role=ra_public" in parsed["options"]
    assert "ra_owner" not in parsed["options"]
    assert isinstance(service.pool, ConnectionPool)
