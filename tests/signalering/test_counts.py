"""The layer's counts against a computation of their own: shapely over the published layers, area by area."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from tests.conftest import Town

from risicoatlas import catalogue
from risicoatlas.publish import engine
from risicoatlas.settings import CHECKOUT

FOLLOWED = "kgl_public"
UNPUBLISHED = "GM9902"
REFERENCES = ("ev_referenties_punt", "ev_referenties_lijn", "ev_referenties_polygon", "bl_buisleidingreferentie")
NAMES = {
    "zkg": ("gebouw", "zeerKwetsbaar"), "kg": ("gebouw", "kwetsbaar"), "bkg": ("gebouw", "beperktKwetsbaar"),
    "kl": ("locatie", "kwetsbaar"), "bkl": ("locatie", "beperktKwetsbaar"),
}  # fmt: skip


def rows(town: Town, query: str, *values: Any) -> list[tuple]:
    with town.database.loader() as connection:
        return connection.execute(query, values).fetchall()


def do(town: Town, *statements: str, names: list[str] | None = None, changed_only: bool = False) -> engine.Publication:
    with town.database.loader() as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        return engine.publish(connection, catalogue.read(town.settings.config), names, changed_only=changed_only)


def shapes(town: Town, layer: str, *columns: str) -> tuple[list[tuple], np.ndarray]:
    names = "".join(f", {column}" for column in columns)
    found = rows(
        town, f"SELECT ST_AsBinary(geometrie){names} FROM publiek.{layer} WHERE publicatie_tot IS NULL"
        " AND geometrie IS NOT NULL ORDER BY identificatie",
    )  # fmt: skip
    return [row[1:] for row in found], shapely.from_wkb([bytes(row[0]) for row in found])


@dataclass(frozen=True)
class Ground:
    """The published layers as shapes."""

    town: Town
    objects: list[tuple[str, str, str]]
    object_shapes: np.ndarray
    municipalities: list[tuple[str, bool]]
    municipality_shapes: np.ndarray
    references: dict[str, Any]
    country: Any

    @classmethod
    def of(cls, town: Town) -> "Ground":
        objects, parts = [], []
        for kind, layer in (("gebouw", "kgl_public"), ("locatie", "kgl_locaties")):
            found, drawn = shapes(town, layer, "categorie_kwetsbaarheid", "gemeentecode")
            objects += [(kind, *item) for item in found]
            parts.append(drawn)
        states, borders = shapes(town, "kgl_status", "gemeentecode", "gepubliceerd")
        references = {}
        for layer in REFERENCES:
            keys, drawn = shapes(town, layer, "identificatie")
            references |= {key: shape for (key,), shape in zip(keys, drawn, strict=True)}
        return cls(town, objects, np.concatenate(parts), states, borders, references, shapely.union_all(borders))

    def within(self, others: np.ndarray, area: Any, reference: str, distance: float | None) -> np.ndarray:
        if distance is None:
            return np.flatnonzero(shapely.intersects(area, others))
        return np.flatnonzero(shapely.dwithin(self.references[reference], others, distance))

    def counted(self, area: Any, reference: str, distance: float | None) -> dict[str, Any]:
        inside = Counter(
            self.objects[place][:2] for place in self.within(self.object_shapes, area, reference, distance)
        )
        touched = [self.municipalities[n] for n in self.within(self.municipality_shapes, area, reference, distance)]
        unpublished = sorted(code for code, published in touched if not published)
        whole = shapely.difference(area, self.country).area < 1
        unknown = bool(unpublished) or not whole
        counts = {name: inside[what] for name, what in NAMES.items()}
        counts["niet_bepaald"] = sum(inside[kind, "niet_bepaald"] for kind in ("gebouw", "locatie"))
        published = {code for code, is_published in touched if is_published}
        return {
            **{name: None if unknown else number for name, number in counts.items()},
            "gevonden": sum(inside.values()),
            "getest": max(sum(1 for item in self.objects if item[2] in published), sum(inside.values())),
            "onbekend": unknown,
            "niet_gepubliceerd": ", ".join(unpublished) or None,
            "gemeenten": ", ".join(sorted(code for code, _ in touched)) or None,
        }


@pytest.fixture(scope="module")
def ground(town: Town) -> Ground:
    return Ground.of(town)


@pytest.fixture(scope="module")
def served(town: Town) -> dict[str, dict[str, Any]]:
    return told(town)


def reckoned(ground: Ground) -> dict[str, dict[str, Any]]:
    """What shapely makes of every area of the layers of areas."""
    wanted = {}
    for layer, condition in (("aandachtsgebieden", ""), ("ev_pr_contouren", "PR10-6")):
        columns = ["identificatie", "id_referentie", "afstand_m"]
        columns += ["type_plaatsgebonden_risico"] if condition else ["type"]
        for (key, reference, distance, kind), area in zip(*shapes(ground.town, layer, *columns), strict=True):
            if not condition or kind == condition:
                wanted[key] = ground.counted(area, reference, distance)
    return wanted


def told(town: Town) -> dict[str, dict[str, Any]]:
    """The rows of the layer."""
    found = rows(
        town, "SELECT to_jsonb(s) - 'geometrie' - 'geometrie_etrs89' FROM publiek.signalering s"
        " WHERE publicatie_tot IS NULL",
    )  # fmt: skip
    return {row["identificatie"]: row for (row,) in found}


def assert_equal(served: dict[str, dict[str, Any]], wanted: dict[str, dict[str, Any]]) -> None:
    """The same areas with the same counts."""
    assert {key: {name: row[name] for name in wanted[key]} for key, row in served.items()} == wanted


def test_every_count_is_that_of_an_independent_computation(ground: Ground, served: dict[str, dict[str, Any]]) -> None:
    assert_equal(served, reckoned(ground))
    # nothing of the sample is left out
    assert {row["type"] for row in served.values()} >= {"brand", "explosie", "gifwolk", "pr10_6"}
    assert {row["op_afstand"] for row in served.values()} == {True, False}
    for name in (*NAMES, "niet_bepaald"):
        assert any(row[name] for row in served.values()), name
    assert any(not row["onbekend"] and row["gevonden"] == 0 and row["getest"] > 0 for row in served.values())


def test_an_area_of_a_municipality_that_has_not_published_is_unknown(served: dict[str, dict[str, Any]]) -> None:
    touching = [row for row in served.values() if UNPUBLISHED in (row["gemeenten"] or "")]
    assert touching
    for row in touching:
        assert row["onbekend"] is True and row["niet_gepubliceerd"] == UNPUBLISHED
        assert [row[name] for name in (*NAMES, "niet_bepaald", "grenswaarde", "standaardwaarde")] == [None] * 8


def test_conflicts_are_those_of_pr_10_6_alone(served: dict[str, dict[str, Any]]) -> None:
    for row in served.values():
        if row["type"] != "pr10_6" or row["onbekend"]:
            assert (row["grenswaarde"], row["standaardwaarde"]) == (None, None)
        else:
            assert row["grenswaarde"] == row["zkg"] + row["kg"] + row["kl"]
            assert row["standaardwaarde"] == row["bkg"] + row["bkl"]


def test_no_building_rules_hold_in_a_toxic_cloud(served: dict[str, dict[str, Any]]) -> None:
    said = {(row["type"], row["voorschriftengebied"]) for row in served.values()}
    assert {("brand", True), ("explosie", True), ("gifwolk", False)} <= said
    assert len(said) == len({kind for kind, _ in said})


def test_buildings_are_found_by_index_once_per_area(town: Town) -> None:
    query = (CHECKOUT / "config" / "layers" / "signalering" / "publish.sql").read_text("utf-8")
    with town.database.loader() as connection:
        connection.execute("ANALYZE register.kgl_vastgesteld")
        plan = connection.execute(f"EXPLAIN (FORMAT JSON) {query}").fetchone()[0][0]["Plan"]
    nodes = list(_nodes(plan))
    on_buildings = [node for node in nodes if node.get("Relation Name") == "kgl_vastgesteld"]
    indexes = {node.get("Index Name") for node in nodes}
    assert {"kgl_vastgesteld_plek", "imev_kwetsbare_locatie_plek"} <= indexes, json.dumps(plan, indent=1)
    # the one that counts per municipality, once
    assert sum(node["Node Type"] == "Seq Scan" for node in on_buildings) <= 1
    assert "gemeente_deel_geometrie_idx" in indexes


def _nodes(node: dict[str, Any]) -> Any:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)


@pytest.fixture(scope="module")
def area(town_of_module: Town) -> str:
    """An area by distance around a point, all known."""
    found = rows(
        town_of_module,
        "SELECT s.identificatie FROM publiek.signalering s JOIN publiek.ev_referenties_punt r"
        " ON r.identificatie = s.id_referentie WHERE s.op_afstand AND NOT s.onbekend AND s.publicatie_tot IS NULL"
        " AND r.publicatie_tot IS NULL AND s.gemeenten = 'GM9901' AND s.type = 'brand' AND NOT s.placeholder"
        " ORDER BY 1 LIMIT 1",
    )
    return str(found[0][0])


class TestChanges:
    """On a copy of the town that these tests change."""

    def count(self, town: Town, area: str) -> tuple:
        return rows(
            town, "SELECT gevonden, zkg, onbekend FROM publiek.signalering WHERE identificatie = %s"
            " AND publicatie_tot IS NULL", area,
        )[0]  # fmt: skip

    @pytest.mark.parametrize(("gap_m", "inside"), [(0, 1), (0.001, 0)])
    def test_exactly_on_the_distance_is_inside(
        self, town_of_module: Town, area: str, gap_m: float, inside: int
    ) -> None:
        town = town_of_module
        before = self.others(town, area)
        do(
            town,
            "UPDATE register.imev_object SET afstand_m = 50 WHERE identificatie = '" + area + "'",
            # 30-40-50: the corner lies at exactly 50 m
            f"""
            UPDATE register.kgl_vastgesteld v SET categorie = 'zeerKwetsbaar', geometrie = ST_Multi(ST_MakeEnvelope(
                ST_X(r.geometrie) + 30 + {gap_m}, ST_Y(r.geometrie) + 40 + {gap_m},
                ST_X(r.geometrie) + 32, ST_Y(r.geometrie) + 42, 28992))
            FROM register.imev_object c JOIN register.imev_object r ON r.nummer = c.ouder
            WHERE c.identificatie = '{area}' AND v.pand = '{before}'
            """,
        )
        after = rows(
            town,
            "SELECT ST_DWithin(r.geometrie, v.geometrie, 50) FROM register.imev_object c JOIN register.imev_object r"
            " ON r.nummer = c.ouder, register.kgl_vastgesteld v WHERE c.identificatie = %s AND v.pand = %s",
            area, before,
        )[0][0]  # fmt: skip
        assert after is bool(inside)
        assert self.count(town, area)[1] - self.zkg_besides(town, area, before) == inside

    def others(self, town: Town, area: str) -> str:
        """The building that is moved: the first of the municipality."""
        return str(rows(town, "SELECT min(pand) FROM register.kgl_vastgesteld WHERE gemeentecode = 'GM9901'")[0][0])

    def zkg_besides(self, town: Town, area: str, pand: str) -> int:
        return int(
            rows(
                town,
                "SELECT count(*) FROM register.imev_object c JOIN register.imev_object r ON r.nummer = c.ouder"
                " JOIN register.kgl_vastgesteld v ON ST_Distance(v.geometrie, r.geometrie) <= 50"
                " WHERE c.identificatie = %s AND v.categorie = 'zeerKwetsbaar' AND v.pand <> %s",
                area, pand,
            )[0][0]
        )  # fmt: skip

    def test_a_publication_of_changes_counts_anew(self, town_of_module: Town, area: str) -> None:
        town, pand = town_of_module, self.others(town_of_module, area)
        do(
            town,
            f"""UPDATE register.kgl_vastgesteld v SET categorie = 'zeerKwetsbaar', geometrie = ST_Multi(ST_Buffer(
                r.geometrie, 1)) FROM register.imev_object c JOIN register.imev_object r ON r.nummer = c.ouder
                WHERE c.identificatie = '{area}' AND v.pand = '{pand}'""",
        )
        before = self.count(town, area)
        done = do(
            town,
            f"UPDATE register.kgl_vastgesteld SET categorie = 'kwetsbaar' WHERE pand = '{pand}'",
            f"INSERT INTO beheer.te_publiceren (soort, sleutel) VALUES ('pand', '{pand}')",
            changed_only=True,
        )
        assert {item.layer for item in done.layers if item.added} >= {"kgl_public", "signalering"}
        after = self.count(town, area)
        assert (after[0], after[1]) == (before[0], before[1] - 1)
        assert do(town, changed_only=True).number is None
        assert do(town, names=["signalering"]).number is None

    def test_a_publication_of_changes_is_what_a_whole_one_would_be(self, town_of_module: Town, area: str) -> None:
        """Buildings that move to an area, change, and go; each of them changes what was tested, or what was found."""
        town = town_of_module
        panden = [pand for (pand,) in rows(
            town, "SELECT k.id_pand_bag FROM publiek.kgl_public k JOIN publiek.signalering s"
            " ON s.geometrie && k.geometrie AND s.publicatie_tot IS NULL"
            " WHERE k.gemeentecode = 'GM9901' AND k.publicatie_tot IS NULL GROUP BY 1 ORDER BY 1 LIMIT 6",
        )]  # fmt: skip
        moved, changed, gone = panden[:2], panden[2:4], panden[4:]
        before = self.count(town, area)
        tested = "SELECT getest FROM publiek.signalering WHERE identificatie = %s AND publicatie_tot IS NULL"
        number = rows(town, tested, area)[0][0]
        done = do(
            town,
            f"""UPDATE register.kgl_vastgesteld v SET geometrie = ST_Multi(ST_Buffer(r.geometrie, 2))
                FROM register.imev_object c JOIN register.imev_object r ON r.nummer = c.ouder
                WHERE c.identificatie = '{area}' AND v.pand IN ('{moved[0]}', '{moved[1]}')""",
            "UPDATE register.kgl_vastgesteld SET categorie = 'niet_bepaald'"
            f" WHERE pand IN ('{changed[0]}', '{changed[1]}')",
            f"DELETE FROM register.kgl_label WHERE pand IN ('{gone[0]}', '{gone[1]}')",
            "INSERT INTO beheer.te_publiceren (soort, sleutel)"
            f" SELECT 'pand', unnest('{{{','.join(panden)}}}'::text[])",
            changed_only=True,
        )
        assert "signalering" in {item.layer for item in done.layers if item.added}
        assert self.count(town, area)[0] >= before[0]
        assert rows(town, tested, area)[0][0] == number - 2
        assert do(town, names=["signalering"]).number is None

    def test_few_areas_are_counted_by_their_keys(self, town_of_module: Town, area: str) -> None:
        query = (CHECKOUT / "config" / "layers" / "signalering" / "publish.sql").read_text("utf-8")
        with town_of_module.database.loader() as connection:
            plan = connection.execute(
                f"EXPLAIN (FORMAT JSON) SELECT * FROM ({query}) AS bron"
                f" WHERE bron.identificatie = ANY ('{{{area}}}'::text[])"
            ).fetchone()[0][0]["Plan"]
        assert "imev_contour_sleutel" in {node.get("Index Name") for node in _nodes(plan)}

    def test_a_layer_that_follows_is_published_with_the_one_it_follows(self, town_of_module: Town, area: str) -> None:
        done = do(
            town_of_module, "UPDATE register.kgl_gemeente SET gepubliceerd_op = NULL WHERE gemeentecode = 'GM9901'",
            names=[FOLLOWED],
        )  # fmt: skip
        assert {item.layer for item in done.layers} == {FOLLOWED, "signalering"}
        assert self.count(town_of_module, area)[1:] == (None, True)

    def test_without_boundaries_all_is_unknown(self, town_of_module: Town) -> None:
        do(
            town_of_module,
            "DELETE FROM register.gemeente_deel",
            "UPDATE register.gemeente SET geometrie = NULL",
            names=["signalering"],
        )
        found = rows(
            town_of_module,
            "SELECT DISTINCT onbekend, buiten_gemeenten, zkg FROM publiek.signalering WHERE publicatie_tot IS NULL",
        )
        assert found == [(True, True, None)]


def test_a_layer_can_only_follow_a_layer(tmp_path: Path, town: Town) -> None:
    import shutil

    from risicoatlas.errors import ConfigError

    config = tmp_path / "config"
    shutil.copytree(town.settings.config, config)
    path = config / "layers" / "signalering" / "layer.yaml"
    path.write_text(path.read_text("utf-8").replace("kgl_public, kgl_locaties]", "kgl_beheer]"), encoding="utf-8")
    with pytest.raises(ConfigError, match="follows: 'kgl_beheer' is no layer with access public"):
        catalogue.read(config)
