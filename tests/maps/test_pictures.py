"""What is drawn: the right colour at the right place, alike in every protocol."""

import pytest
from PIL import ImageChops
from pyproj import Transformer

from risicoatlas import proj

from .conftest import CLASSES, ROW_X, ROW_Y, TOWN_BOX, centre

COLORS = {
    "zeerKwetsbaar": (215, 25, 28, 255),
    "kwetsbaar": (253, 154, 60, 255),
    "beperktKwetsbaar": (236, 220, 185, 255),
    "niet_bepaald": (176, 176, 176, 255),
}
# EPSG:28992 in the Dutch tiling scheme: the corner and the resolution of level 0
LEFT, TOP, RESOLUTION = -285401.92, 903401.92, 3440.64


def pixel(point, box, size):
    """Where a point of the map falls in a picture."""
    return (
        int((point[0] - box[0]) / (box[2] - box[0]) * size[0]),
        int((box[3] - point[1]) / (box[3] - box[1]) * size[1]),
    )


def tile_of(point, level):
    """Column, row from the top, and the box of the tile of the Dutch scheme that holds a point."""
    side = 256 * RESOLUTION / 2**level
    column, row = int((point[0] - LEFT) // side), int((TOP - point[1]) // side)
    left, top = LEFT + column * side, TOP - row * side
    return column, row, (left, top - side, left + side, top)


@pytest.mark.parametrize("kind", CLASSES)
def test_each_class_of_building_has_its_colour_where_the_building_stands(client, kind):
    picture = client.map("kgl_public", TOWN_BOX).picture

    assert picture.getpixel(pixel(centre(kind), TOWN_BOX, picture.size)) == COLORS[kind]


def test_nothing_is_drawn_beside_the_buildings(client):
    picture = client.map("kgl_public", TOWN_BOX).picture

    assert picture.getpixel((3, 3)) == (0, 0, 0, 0)


@pytest.mark.parametrize("crs", ["EPSG:4326", "CRS:84", "EPSG:4258", "EPSG:3857"])
def test_a_building_lies_at_the_same_place_in_every_crs(client, crs):
    """The picture is asked around the building's true place; latitude comes first where the authority has it so."""
    number = 4326 if crs == "CRS:84" else int(crs.removeprefix("EPSG:"))
    x, y = Transformer.from_crs(28992, number, always_xy=True).transform(*centre("zeerKwetsbaar"))
    reach = 40.0 if number == 3857 else 0.0005
    box = (x - reach, y - reach, x + reach, y + reach)
    asked = (box[1], box[0], box[3], box[2]) if crs in ("EPSG:4326", "EPSG:4258") else box

    picture = client.map("kgl_public", asked, crs=crs).picture

    assert picture.getpixel((100, 100)) == COLORS["zeerKwetsbaar"]


def test_a_tile_is_the_wms_picture_of_its_box(client):
    column, row, box = tile_of(centre("kwetsbaar"), 13)

    tile = client.get(f"/tiles/kgl_public/EPSG:28992/13/{column}/{row}.png").picture
    picture = client.map("kgl_public", box, size=(256, 256)).picture

    assert tile.size == (256, 256)
    assert tile.getpixel(pixel(centre("kwetsbaar"), box, tile.size)) == COLORS["kwetsbaar"]
    # the box comes back from text: an edge may fall a hair beside
    assert max(high for _, high in ImageChops.difference(tile, picture).getextrema()) <= 2


def test_wmts_and_tiles_count_rows_from_the_top_and_tms_from_the_bottom(client):
    level = 13
    column, row, _ = tile_of(centre("zeerKwetsbaar"), level)
    from_below = 2**level - 1 - row

    tile = client.get(f"/tiles/kgl_public/EPSG:28992/{level}/{column}/{row}.png")
    by_address = client.get(f"/wmts/kgl_public/EPSG:28992/{level}/{column}/{row}.png")
    by_parameters = client.get(
        "/wmts", SERVICE="WMTS", Request="GetTile", VERSION="1.0.0", layer="kgl_public", STYLE="default",
        FORMAT="image/png", TileMatrixSet="EPSG:28992", TileMatrix=level, TileRow=row, TileCol=column,
    )  # fmt: skip
    from_the_bottom = client.get(f"/tms/1.0.0/kgl_public/EPSG:28992/{level}/{column}/{from_below}.png")

    assert tile.picture.getbbox() is not None
    assert tile.body == by_address.body == by_parameters.body == from_the_bottom.body


def test_the_alias_of_the_dutch_grid_gives_the_same_tile(client):
    column, row, _ = tile_of(centre("zeerKwetsbaar"), 13)

    tile = client.get(f"/tiles/kgl_public/EPSG:28992/13/{column}/{row}.png")
    alias = client.get(f"/tiles/kgl_public/NetherlandsRDNewQuad/13/{column}/{row}.png")

    assert alias.status == 200
    assert alias.body == tile.body


@pytest.mark.parametrize(("grid", "half_world"), [("WebMercatorQuad", 20037508.342789244), ("WorldCRS84Quad", 180.0)])
def test_the_world_grids_show_the_building_in_the_tile_of_their_definition(client, grid, half_world):
    level, number = 17, 3857 if grid == "WebMercatorQuad" else 4326
    side = 2 * half_world / 2**level if number == 3857 else 180.0 / 2**level
    top = half_world if number == 3857 else 90.0
    x, y = Transformer.from_crs(28992, number, always_xy=True).transform(*centre("zeerKwetsbaar"))
    column, row = int((x + half_world) // side), int((top - y) // side)
    box = (column * side - half_world, top - (row + 1) * side, (column + 1) * side - half_world, top - row * side)

    tile = client.get(f"/tiles/kgl_public/{grid}/{level}/{column}/{row}.png").picture

    assert tile.getpixel(pixel((x, y), box, tile.size)) == COLORS["zeerKwetsbaar"]


def test_tms_and_tiles_mean_the_same_level_in_every_grid(client):
    x, y = Transformer.from_crs(28992, 4326, always_xy=True).transform(*centre("zeerKwetsbaar"))
    level, side = 16, 180.0 / 2**16
    column, row = int((x + 180) // side), int((90 - y) // side)

    tile = client.get(f"/tiles/kgl_public/WorldCRS84Quad/{level}/{column}/{row}.png")
    from_the_bottom = client.get(f"/tms/1.0.0/kgl_public/WorldCRS84Quad/{level}/{column}/{2**level - 1 - row}.png")

    assert tile.picture.getbbox() is not None
    assert from_the_bottom.body == tile.body


def test_tiles_next_to_each_other_join_to_the_picture_of_both(client):
    """A building that lies over the edge of two metatiles is not cut."""
    level = 13
    column, row, box = tile_of((ROW_X + 70, ROW_Y + 10), level)
    left = client.get(f"/tiles/kgl_public/EPSG:28992/{level}/{column}/{row}.png").picture
    right = client.get(f"/tiles/kgl_public/EPSG:28992/{level}/{column + 1}/{row}.png").picture
    whole = client.map("kgl_public", (box[0], box[1], 2 * box[2] - box[0], box[3]), size=(512, 256)).picture

    joined = whole.copy()
    joined.paste(left, (0, 0))
    joined.paste(right, (256, 0))

    assert max(high for _, high in ImageChops.difference(joined, whole).getextrema()) <= 2


def test_buildings_are_not_drawn_at_a_scale_where_the_legend_says_so(client):
    drawn = client.map("kgl_public", (ROW_X - 2500, ROW_Y - 2500, ROW_X + 2500, ROW_Y + 2500), size=(256, 256)).picture
    empty = client.map("kgl_public", (ROW_X - 5000, ROW_Y - 5000, ROW_X + 5000, ROW_Y + 5000), size=(256, 256)).picture

    assert drawn.getbbox() is not None
    assert empty.getbbox() is None
    assert "vanaf schaal 1:100.000" in client.wms(request="GetCapabilities").text


def test_a_picture_of_another_shape_is_stretched(client):
    """WMS 1.3.0 section 7.3.3.8: the box is drawn on the asked size, whatever its sides."""
    picture = client.map("kgl_public", TOWN_BOX, size=(400, 100)).picture

    assert picture.getpixel(pixel(centre("kwetsbaar"), TOWN_BOX, (400, 100))) == COLORS["kwetsbaar"]


def test_a_box_outside_the_layer_is_a_blank_picture(client):
    answer = client.map("kgl_public,gemeenten", (10_000, 300_000, 20_000, 310_000))

    assert answer.picture.getbbox() is None


def test_a_picture_of_the_whole_world_is_answered(client):
    answer = client.map("gemeenten", (-90, -180, 90, 180), crs="EPSG:4326", size=(256, 128))

    assert answer.status == 200


def test_the_leftmost_layer_lies_at_the_bottom(client):
    below = client.map("kgl_public,gemeenten", TOWN_BOX, size=(64, 64)).picture
    above = client.map("gemeenten,kgl_public", TOWN_BOX, size=(64, 64)).picture

    assert below.size == above.size
    assert above.getpixel(pixel(centre("zeerKwetsbaar"), TOWN_BOX, (64, 64))) == COLORS["zeerKwetsbaar"]


@pytest.mark.parametrize("crs", ["EPSG:28992", "EPSG:4326", "CRS:84", "EPSG:4258", "EPSG:3857"])
def test_a_corner_is_drawn_within_a_centimetre_of_its_place(client, crs):
    """A pixel is a millimetre: the picture shows what the renderer and MapProxy really make of a coordinate."""
    number = 4326 if crs == "CRS:84" else int(crs.removeprefix("EPSG:"))
    x, y = proj.between(28992, number).transform(ROW_X, ROW_Y)
    # a millimetre from west to east and from south to north, in the unit of the CRS there
    right, up = {28992: (1.01e-3, 1.01e-3), 3857: (1.65e-3, 1.65e-3)}.get(number, (1.48e-8, 1.01e-8))
    side, off = 41, 9
    box = (x - right * side / 2, y - up * side / 2, x + right * side / 2, y + up * side / 2)
    asked = (box[1], box[0], box[3], box[2]) if crs in ("EPSG:4326", "EPSG:4258") else box

    picture = client.map("kgl_public", asked, crs=crs, size=(side, side)).picture

    middle = side // 2
    inside, *outside = [
        picture.getpixel((middle + east * off, middle - north * off))[3]
        for east, north in ((1, 1), (-1, 1), (1, -1), (-1, -1))
    ]
    assert inside == 255
    assert outside == [0, 0, 0]
