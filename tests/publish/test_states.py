"""The KGL of a municipality is public only once it says so."""

from pathlib import Path

import pytest

from risicoatlas import catalogue as catalogues
from risicoatlas.database import Connection
from risicoatlas.errors import RequestError
from risicoatlas.publish import engine, states


def public_codes(connection: Connection) -> set[str]:
    return {
        code
        for (code,) in connection.execute(
            "SELECT DISTINCT gemeentecode FROM publiek.kgl_public WHERE publicatie_tot IS NULL"
        )
    }


def test_a_municipality_is_published_from_the_moment_that_it_is_named(town_copy, settings) -> None:
    with town_copy.database.loader() as connection:
        assert public_codes(connection) == {"GM9901", "GM9903"}
        states.publish_municipalities(connection, ["GM9902"])
        engine.publish(connection, catalogues.read(settings.config))
        assert public_codes(connection) == {"GM9901", "GM9902", "GM9903"}


def test_a_code_without_buildings_is_refused_and_named(connection: Connection) -> None:
    with pytest.raises(RequestError, match="no building of GM0001, Weesp is loaded: codes are written as GM0457"):
        states.publish_municipalities(connection, ["GM0001", "Weesp"])


def test_a_known_state_is_not_overwritten_by_a_file(connection: Connection, tmp_path: Path) -> None:
    path = tmp_path / "states.csv"
    path.write_text(
        "gemeentecode,variant,overgenomen_op,gevalideerd_op,gepubliceerd_op\nGM9901,handmatig,2026-01-01,,\n"
    )
    states.read_states(connection, path)
    path.write_text(
        "gemeentecode,variant,overgenomen_op,gevalideerd_op,gepubliceerd_op\nGM9901,automatisch,,,2026-01-01\n"
    )
    states.read_states(connection, path)
    row = connection.execute("SELECT variant, gepubliceerd_op FROM register.kgl_gemeente").fetchone()
    assert row == ("handmatig", None)
