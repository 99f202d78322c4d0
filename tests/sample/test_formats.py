"""The written files: the true structure of the formats, every kind of object in them, and always the same bytes."""

import csv
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import fiona
import pytest
import shapely
from click.testing import CliRunner
from lxml import etree
from shapely import STRtree
from shapely.geometry import shape
from shapely.validation import explain_validity

from risicoatlas.cli import program
from risicoatlas.errors import SourceError
from risicoatlas.sample import cases, writing
from risicoatlas.sample.model import MINIMUM_PANDEN

from . import extract

PAND_STATUSES = {*cases.PAND_LEVEND, *cases.PAND_OVERIG}
VBO_STATUSES = {*cases.VBO_LEVEND, *cases.VBO_OVERIG}


@pytest.fixture(scope="module")
def bag(sample_dir: Path) -> Path:
    return sample_dir / "bag" / "BAGGEM9901L-15102026.zip"


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        writing.write(writing.Request(tmp_path / name, MINIMUM_PANDEN, seed))
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    first = digests(tmp_path / "a")
    changed = {name for name, digest in digests(tmp_path / "c").items() if first.get(name) != digest}
    assert {"bag/BAGGEM9901L-15102026.zip", "answers.csv", "risicolocaties/risicolocaties.csv"} <= changed


def test_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(SourceError, match="not empty and holds no earlier sample"):
        writing.write(writing.Request(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_earlier_sample_is_replaced_and_what_is_not_its_own_stays(tmp_path: Path) -> None:
    (tmp_path / "sample.json").write_text('{"complete": false}')
    (tmp_path / "imev").mkdir()
    (tmp_path / "imev" / "old.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("keep")
    writing.write(writing.Request(tmp_path, MINIMUM_PANDEN))
    assert not (tmp_path / "imev" / "old.json").exists()
    assert (tmp_path / "notes.txt").read_text() == "keep"
    assert json.loads((tmp_path / "sample.json").read_text())["complete"] is True


def test_command_reports_what_it_wrote(tmp_path: Path) -> None:
    result = CliRunner().invoke(program, ["sample", str(tmp_path / "town"), "--panden", "3000", "--json"])
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["written"]["panden"] >= 3000
    assert report["written"]["answers"] == len((tmp_path / "town" / "answers.csv").read_text().splitlines()) - 1


def test_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(program, ["sample", str(tmp_path / "file" / "town")])
    assert isinstance(result.exception, SourceError)
    assert "cannot be written: Not a directory" in str(result.exception)


def test_too_small_a_town_is_wrong_use(tmp_path: Path) -> None:
    result = CliRunner().invoke(program, ["sample", str(tmp_path / "town"), "--panden", "10"])
    assert result.exit_code == 2
    assert not (tmp_path / "town").exists()


def test_default_sample_has_at_least_4000_panden(sample_dir: Path) -> None:
    assert json.loads((sample_dir / "sample.json").read_text())["written"]["panden"] >= 4000


def test_extract_is_nested_as_the_kadaster_does(bag: Path) -> None:
    members = extract.member_names(bag)
    kinds = ("PND", "VBO", "NUM", "OPR", "WPL", "LIG", "STA")
    assert set(members) == {
        *(f"9901{kind}15102026.zip" for kind in kinds),
        *(f"9901{bundle}15102026.zip" for bundle in ("InOnderzoek", "Inactief", "NietBag")),
    }
    assert members["9901PND15102026.zip"] == ["9901PND15102026-000001.xml", "9901PND15102026-000002.xml"]
    assert members["9901NietBag15102026.zip"] == [f"9901NB{kind}15102026.zip" for kind in kinds]


@pytest.mark.parametrize("kind", extract.CLASSES)
def test_extract_has_the_structure_of_the_real_one(bag: Path, shared_data: Path, kind: str) -> None:
    real = shared_data / "bag_weesp" / "BAGGEM0457L-15102021.zip"
    assert steps(bag, kind) <= steps(real, kind)
    head = next(extract.documents(real, kind)).partition(b"</sl:inhoud>")[0]
    head = head.replace(b"0457", b"9901").replace(b"2021-10-15", b"2026-10-15")
    assert next(extract.documents(bag, kind)).partition(b"</sl:inhoud>")[0].split() == head.split()


def steps(path: Path, kind: str) -> set[tuple[str, str, str]]:
    """Element, child and the child that stands before it, of all objects of one type."""
    found = set()
    for element in (*extract.objects(path, kind), *extract.objects(path, kind, ended=True)):
        for parent in element.iter():
            before = ""
            for child in parent:
                if child.tag != before:
                    found.add((parent.tag, before, child.tag))
                before = child.tag
    return found


def test_ended_occurrences_have_an_end_and_stand_before_the_current_one(bag: Path) -> None:
    ended = [extract.text(element, "identificatie") for element in extract.objects(bag, "PND", ended=True)]
    current = [extract.text(element, "identificatie") for element in extract.objects(bag, "PND")]
    assert len(ended) > 300
    assert set(ended) <= set(current)
    assert len(current) == len(set(current))
    assert any(True for _ in extract.objects(bag, "VBO", ended=True))


@pytest.mark.parametrize("bundle", ["Inactief", "NietBag"])
def test_objects_outside_the_register_are_in_no_other_file(bag: Path, bundle: str, sample_dir: Path) -> None:
    outside = [extract.text(element, "identificatie") for element in extract.objects(bag, "PND", bundle)]
    current = {extract.text(element, "identificatie") for element in extract.objects(bag, "PND")}
    assert len(outside) == 1
    assert not set(outside) & current
    assert outside[0] not in (sample_dir / "answers.csv").read_text()


def test_some_objects_are_under_investigation(bag: Path) -> None:
    assert (
        sum(document.count(b"KenmerkPandInOnderzoek>") for document in extract.documents(bag, "PND", "InOnderzoek"))
        > 10
    )


def test_every_status_of_panden_and_verblijfsobjecten_occurs(bag: Path) -> None:
    assert {extract.text(element, "status") for element in extract.objects(bag, "PND")} == PAND_STATUSES
    assert {extract.text(element, "status") for element in extract.objects(bag, "VBO")} == VBO_STATUSES


def test_odd_units_occur(bag: Path) -> None:
    vbos = [extract.verblijfsobject(element) for element in extract.objects(bag, "VBO")]
    panden = {extract.text(element, "identificatie") for element in extract.objects(bag, "PND")}
    assert {m2 for _, _, m2, *_ in vbos} >= set(cases.PLACEHOLDERS)
    assert sum(len(refs) > 1 for *_, refs, _ in vbos) >= 3
    assert sum(not set(refs) <= panden for *_, refs, _ in vbos) == 2
    assert max(len(doelen) for _, _, _, doelen, _, _ in vbos) == 3
    used = {ref for *_, refs, _ in vbos for ref in refs}
    assert len(panden - used) > 500


def test_every_address_of_a_unit_is_in_the_extract_and_unique(bag: Path) -> None:
    adressen = [extract.nummeraanduiding(element) for element in extract.objects(bag, "NUM")]
    assert len({adres[1:] for adres in adressen}) == len(adressen)
    known = {adres[0] for adres in adressen}
    assert {extract.verblijfsobject(element)[-1] for element in extract.objects(bag, "VBO")} <= known


def test_invalid_buildings_can_be_repaired_and_no_two_buildings_overlap(bag: Path) -> None:
    panden = [shapely.from_wkt(extract.pand(element)[2]) for element in extract.objects(bag, "PND")]
    invalid = [pand for pand in panden if not pand.is_valid]
    assert len(invalid) == 4
    assert {explain_validity(pand).split("[")[0] for pand in invalid} == {"Self-intersection", "Ring Self-intersection"}
    whole = [shapely.make_valid(pand) for pand in panden]
    assert all(pand.area > 1 for pand in whole)
    left, right = STRtree(whole).query(whole, predicate="intersects")
    shared = [whole[a].intersection(whole[b]).area for a, b in zip(left, right, strict=True) if a < b]
    assert max(shared) < 0.01


def test_geopackage_has_the_columns_of_the_real_one(sample_dir: Path, shared_data: Path) -> None:
    ours, real = sample_dir / "bag" / "bag_9901_20261015.gpkg", shared_data / "bag_weesp" / "bag_weesp_20211015.gpkg"
    assert fiona.listlayers(ours) == fiona.listlayers(real)
    for layer in fiona.listlayers(real):
        with fiona.open(ours, layer=layer) as mine, fiona.open(real, layer=layer) as theirs:
            assert (mine.schema, mine.crs) == (theirs.schema, theirs.crs), layer


def test_boundaries_touch_and_hold_their_buildings(sample_dir: Path) -> None:
    with fiona.open(sample_dir / "gemeenten" / "gemeenten_nl.gpkg", layer="gemeente") as layer:
        assert layer.crs.to_epsg() == 28992
        areas = {feature["properties"]["statcode"][2:]: shape(feature["geometry"]) for feature in layer}
    assert all(area.is_valid for area in areas.values())
    assert areas["9901"].intersection(areas["9902"]).area == 0
    assert areas["9901"].boundary.intersection(areas["9902"].boundary).length > 1000
    for code, area in areas.items():
        path = sample_dir / "bag" / f"BAGGEM{code}L-15102026.zip"
        assert all(
            area.contains(shapely.from_wkt(extract.pand(element)[2]).envelope)
            for element in extract.objects(path, "PND")
        )


def test_flemish_locations_lie_in_their_municipality(sample_dir: Path) -> None:
    with fiona.open(sample_dir / "gemeenten" / "gemeenten_vl.gpkg", layer="gemeente") as layer:
        assert layer.crs.to_epsg() == 31370
        areas = {feature["properties"]["nis"]: shape(feature["geometry"]) for feature in layer}
    with (sample_dir / "risicolocaties" / "risicolocaties.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    shapes = [shapely.from_wkt(row["geometrie_wkt"]) for row in rows]
    assert len(rows) >= 60
    assert Counter(row["nis"] for row in rows).keys() == {"99901", "99902"}
    assert {place.geom_type for place in shapes} == {"Point", "Polygon", "MultiPolygon"}
    assert sum(not place.is_valid for place in shapes) == 1
    assert {row["geschrapt"] for row in rows} == {"true", "false"}
    assert all(areas[row["nis"]].contains(place.envelope) for row, place in zip(rows, shapes, strict=True))


def test_registers_have_rows_that_must_not_count(sample_dir: Path) -> None:
    with (sample_dir / "lrk" / "lrk.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    assert {row["type"] for row in rows} == {"KDV", "BSO", "PSZ", "GOB", "VGO"}
    assert {row["status"] for row in rows} == {"Geregistreerd", "Niet meer geregistreerd"}
    assert {bool(row["bag_verblijfsobject"]) for row in rows} == {True, False}
    with (sample_dir / "kvk" / "kvk.csv").open(encoding="utf-8", newline="") as source:
        codes = {row["sbi_code"] for row in csv.DictReader(source)}
    assert {"99999", "87902", "5110", "51.10"} <= codes


def test_topography_has_the_structure_of_the_real_one(sample_dir: Path, shared_data: Path) -> None:
    """Each element of a building stands where the real file has it, and several types and an end occur."""
    ours, real = (
        etree.parse(path).getroot().findall(".//{*}Gebouw")
        for path in (
            sample_dir / "brt" / "TOP10NL_9901.gml",
            shared_data / "top10nl_sample" / "TOP10NL_1_2_sample.gml",
        )
    )

    def paths(building: etree._Element) -> set[str]:
        tree = etree.ElementTree(building)
        return {re.sub(r"\[\d+\]", "", tree.getelementpath(item)) for item in building.iter()}

    known = {path for building in real for path in paths(building)}
    extra = {path for building in ours for path in paths(building)} - known
    assert {path.rpartition("}")[2] for path in extra} == {"objectEindTijd"}
    assert ours[0].tag == real[0].tag
    kinds = {item.text for building in ours for item in building.iterfind("{*}typeGebouw")}
    assert kinds == {"kas, warenhuis", "overig", "fabriek", "kasteel"}
