"""The sample town over HTTP, asked as the clients of the real register ask it: only the host differs."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.conftest import Server, Town
from tests.crs.conftest import flemish_key, own_town, visitor  # noqa: F401
from tests.integration.conftest import Answer, ask

AREAS = "ev_explosieaandachtsgebieden"


@dataclass(frozen=True)
class Spot:
    """A point inside an explosion area of the town, in metres and degrees, and who lies there or within 500 m."""

    x: float
    y: float
    longitude: float
    latitude: float
    here: frozenset[str]
    near: frozenset[str]


@pytest.fixture(scope="session")
def spot(town: Town) -> Spot:
    with town.database.loader() as connection:
        row = connection.execute(
            f"SELECT round(ST_X(p)::numeric, 1), round(ST_Y(p)::numeric, 1) FROM publiek.{AREAS},"
            " ST_PointOnSurface(geometrie) AS p WHERE publicatie_tot IS NULL ORDER BY volgnummer LIMIT 1"
        ).fetchone()
        assert row
        x, y = map(float, row)
        point = f"ST_SetSRID(ST_MakePoint({x}, {y}), 28992)"
        found = connection.execute(
            f"SELECT ST_X(g), ST_Y(g), array(SELECT identificatie FROM publiek.{AREAS} WHERE publicatie_tot IS NULL"
            f" AND ST_Intersects(geometrie, {point})), array(SELECT identificatie FROM publiek.{AREAS}"
            f" WHERE publicatie_tot IS NULL AND ST_DWithin(geometrie, {point}, 500))"
            f" FROM ST_Transform({point}, 4258) AS g"
        ).fetchone()
    assert found
    return Spot(x, y, found[0], found[1], frozenset(found[2]), frozenset(found[3]))


@dataclass(frozen=True)
class Register:
    """``register("typeNames=...")`` is a GetFeature at the address of the real service, host apart."""

    url: str

    def __call__(self, path: str = "/geoserver/wfs", **parameters: Any) -> Answer:
        base = {"service": "WFS", "version": "2.0.0", "request": "GetFeature"}
        pairs = {name: value for name, value in {**base, **parameters}.items() if value is not None}
        return ask(f"{self.url}{path}?{urlencode(pairs)}")

    def json(self, layer: str = f"rev_public:{AREAS}", **parameters: Any) -> dict[str, Any]:
        answer = self(typeNames=layer, **{"outputFormat": "application/json", **parameters})
        assert answer.status == 200, answer.text
        return json.loads(answer.body)

    def get(self, address: str, **headers: str) -> Answer:
        return ask(f"{self.url}{address}", **headers)


@pytest.fixture(scope="session")
def register(server: Server) -> Register:
    return Register(server.url)


@pytest.fixture(scope="session")
def count_of(town: Town) -> Callable[[str], int]:
    """The number of objects of a public layer that are valid now, counted in the database."""

    def counted(layer: str, condition: str = "true") -> int:
        with town.database.loader() as connection:
            row = connection.execute(
                f"SELECT count(*) FROM publiek.{layer} WHERE publicatie_tot IS NULL AND {condition}"
            ).fetchone()
        assert row
        return row[0]

    return counted
