"""Every layer of the register: what it serves is worked out again from the sample's files; every protocol has it."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from shapely import from_wkb
from shapely.geometry import shape
from tests.conftest import Town
from tests.imev.test_sample import AREAS, FAMILIES, children, sample_messages, valid_now
from tests.maps.conftest import Client as MapClient
from tests.wfs.conftest import Client as WfsClient
from werkzeug.test import Client as HttpClient

from risicoatlas import catalogue as catalogues
from risicoatlas.access import actor as actors
from risicoatlas.access.actor import ANONYMOUS
from risicoatlas.app import make_service
from risicoatlas.catalogue import Catalogue
from risicoatlas.database import Connection
from risicoatlas.imev.validate import Validator
from risicoatlas.loader.report import Report
from risicoatlas.maps import wsgi
from risicoatlas.providers import ogcapi
from risicoatlas.publish.engine import publish
from risicoatlas.service import Service
from risicoatlas.settings import CHECKOUT
from risicoatlas.wfs import service as wfs

Message = dict[str, Any]
Chain = tuple[Message, Message, Message, Message]
Loader = Callable[[Message], Report]
AREA_KINDS = {
    "brand": {"brand"},
    "explosie": {"explosie", "explosie_civiel", "explosie_militair", "explosie_vuurwerk"},
    "gifwolk": {"gifwolk"},
}
GEOMETRY_LAYERS = {"Point": "punt", "LineString": "lijn", "MultiLineString": "lijn", "Polygon": "polygon"}
OWN_NAMES = {
    "ev_referenties_punt", "ev_referenties_lijn", "bl_brandaandachtsgebieden", "bn_brandaandachtsgebieden",
    "bn_gifwolkaandachtsgebieden", "bn_basisnet", "ev_pr_contouren", "ev_overige_contouren", "aandachtsgebieden",
}  # fmt: skip
REAL_NAMES = {
    "ev_activiteiten", "ev_brandaandachtsgebieden", "ev_explosieaandachtsgebieden", "ev_gifwolkaandachtsgebieden",
    "ev_pr10_6", "ev_referenties_polygon", "bl_buisleidingreferentie", "bl_pr10_6", "bl_explosieaandachtsgebieden",
    "bl_gifwolkaandachtsgebieden", "bn_pr10_6", "bn_explosieaandachtsgebieden",
}  # fmt: skip
LAYERS = sorted(OWN_NAMES | REAL_NAMES)
CONTOUR_LAYERS = [name for name in LAYERS if "aandachtsgebieden" in name or "_pr" in name or "contouren" in name]
CORE = (
    "identificatie", "naam", "bronhouder", "bronhoudercode", "bevoegdgezag", "gemeentecode", "begin_geldigheid",
    "eind_geldigheid", "tijdstip_registratie", "geometrie_hersteld", "publicatie",
)  # fmt: skip


@pytest.fixture(scope="module")
def service(town: Town) -> Iterator[Service]:
    service = make_service(town.settings, town.database)
    service.pool.open(wait=True)
    yield service
    service.pool.close()


@pytest.fixture(scope="module")
def features(service: Service) -> Callable[[str], list[Message]]:
    """All GeoJSON features of a layer of the OGC API."""
    http = HttpClient(ogcapi.create(service))

    def all_of(layer: str) -> list[Message]:
        token = actors.bind(ANONYMOUS)
        try:
            page = http.get(f"/collections/{layer}/items?limit=10000&f=json", buffered=True).json
        finally:
            actors.unbind(token)
        assert page["numberReturned"] == page["numberMatched"]
        return list(page["features"])

    return all_of


@pytest.fixture(scope="module")
def maps(service: Service) -> MapClient:
    return MapClient(wsgi.create(service))


@pytest.fixture(scope="module")
def roots(sample_dir: Path, validator: Validator) -> list[Message]:
    """The valid messages of the risk side of which the root is valid now."""
    found = [message for _, message in sample_messages(sample_dir) if message["entityType"] in FAMILIES]
    return [message for message in found if validator.judge(message).valid and valid_now(message)]


def living(parent: Message) -> list[Message]:
    return [child for child in children(parent) if valid_now(child)]


@pytest.fixture(scope="module")
def expected(roots: list[Message]) -> dict[str, set[str]]:
    """The identifications that belong in each layer, from the files alone."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for root in roots:
        family = FAMILIES[root["entityType"]]
        if family == "bn":
            found["bn_basisnet"].add(root["id"])
        for activity in living(root):
            if family == "ev":
                found["ev_activiteiten"].add(activity["id"])
            for reference in living(activity):
                place = GEOMETRY_LAYERS[reference["geometrie"]["type"]]
                name = "bl_buisleidingreferentie" if family == "bl" else f"ev_referenties_{place}"
                found[name].add(reference["id"])
                for contour in living(reference):
                    for layer in layers_of(family, contour):
                        found[layer].add(contour["id"])
    return dict(found)


def layers_of(family: str, contour: Message) -> Iterator[str]:
    if contour["entityType"] == "OverigeContour":
        yield "ev_overige_contouren"
    elif contour["entityType"] == "PRContour":
        yield "ev_pr_contouren"
        if contour["typePlaatsgebondenRisico"] == "PR10-6":
            yield f"{family}_pr10_6"
    else:
        yield "aandachtsgebieden"
        kind = AREAS[contour["entityType"]]
        yield from (f"{family}_{name}aandachtsgebieden" for name, kinds in AREA_KINDS.items() if kind in kinds)


def contours(roots: list[Message]) -> Iterator[Chain]:
    for root in roots:
        for activity in living(root):
            for reference in living(activity):
                for contour in living(reference):
                    yield root, activity, reference, contour


def rows(town: Town, query: str) -> list[tuple[Any, ...]]:
    with town.database.loader() as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_serves_the_objects_of_the_files(
    layer: str, expected: dict[str, set[str]], features: Callable[[str], list[Message]]
) -> None:
    assert expected[layer]
    assert {feature["id"] for feature in features(layer)} == expected[layer]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_has_the_core_and_nothing_nested(layer: str, features: Callable[[str], list[Message]]) -> None:
    for feature in features(layer):
        values = feature["properties"]
        assert set(CORE) <= set(values)
        assert not [name for name, value in values.items() if isinstance(value, dict | list)]
        for name in ("naam", "bronhouder", "bronhoudercode", "gemeentecode", "begin_geldigheid"):
            assert values[name], (name, feature["id"])


@pytest.mark.parametrize("layer", LAYERS)
def test_elements_of_gml_hold_text_alone_but_the_geometry(layer: str, service: Service) -> None:
    reply = WfsClient(wfs.create(service)).feature(layer, count=20)
    assert reply.status == 200
    members = list(etree.fromstring(reply.body).iterfind("{*}member/*"))
    assert members
    nested = {etree.QName(item).localname for member in members for item in member if len(item)}
    assert nested - {"boundedBy"} == {"geometrie"}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_drawn_and_has_a_legend(layer: str, maps: MapClient, town: Town) -> None:
    legend = maps.wms(request="GetLegendGraphic", layer=layer, format="image/png").picture
    assert len(legend.getcolors(10000) or []) > 2
    ((*box,),) = rows(
        town,
        "SELECT ST_XMin(o), ST_YMin(o), ST_XMax(o), ST_YMax(o) FROM (SELECT ST_Expand(geometrie, 60)::box2d::box3d AS o"
        f" FROM publiek.{layer} WHERE publicatie_tot IS NULL ORDER BY identificatie LIMIT 1) AS een",
    )
    drawn = maps.map(layer, tuple(box))
    assert drawn.picture.getchannel("A").getextrema()[1] > 0


def test_a_layer_whose_real_name_is_not_known_says_so(catalogue: Catalogue) -> None:
    told = {layer.name for layer in catalogue if "not known" in layer.description.en}
    assert told >= OWN_NAMES
    assert not told & REAL_NAMES


@pytest.mark.parametrize("layer", CONTOUR_LAYERS)
def test_a_distance_is_drawn_to_half_a_percent_and_kept(layer: str, roots: list[Message], town: Town) -> None:
    """The exact area is that of a circle of 4,096 sides."""
    query = f"SELECT identificatie, afstand_m, ST_AsBinary(geometrie) FROM publiek.{layer} WHERE publicatie_tot IS NULL"
    served = {name: (distance, from_wkb(area)) for name, distance, area in rows(town, query)}
    tested = 0
    for _, _, reference, contour in contours(roots):
        if contour["id"] not in served:
            continue
        distance, area = served[contour["id"]]
        delivered = contour["afstandOfGeometrie"].get("afstand")
        assert distance == delivered
        assert area.is_valid
        if delivered is not None:
            exact = shape(reference["geometrie"]).buffer(delivered, quad_segs=1024)
            assert abs(area.area / exact.area - 1) < 0.005
            assert area.buffer(-0.01).within(exact)
            tested += 1
    assert tested


@pytest.mark.parametrize("layer", CONTOUR_LAYERS)
def test_a_substance_is_flat_and_a_void_has_its_own_column(
    layer: str, roots: list[Message], features: Callable[[str], list[Message]]
) -> None:
    given = {contour["id"]: contour["maatgevendeStof"] for *_, contour in contours(roots)}
    for feature in features(layer):
        found, values = given[feature["id"]], feature["properties"]
        if isinstance(found, str):
            assert values["maatgevende_stof_geen_waarde"] == found
            empty = ("maatgevende_stof", "stof", "stofcategorie", "cas_nummer", "un_nummer")
            assert [values[name] for name in empty] == [None] * 5
            continue
        stof, category = found.get("stof", {}), found.get("stofCategorie", {})
        assert values["maatgevende_stof_geen_waarde"] is None
        assert values["maatgevende_stof"] == stof.get("naam", category.get("categorieNaam"))
        assert (values["stof"], values["stofcategorie"]) == (stof.get("naam"), category.get("categorieNaam"))
        assert (values["cas_nummer"], values["un_nummer"]) == (stof.get("CASnummer"), stof.get("UNnummer"))


def test_the_sample_has_every_level_every_kind_of_area_and_a_placeholder(town: Town) -> None:
    levels = rows(town, "SELECT DISTINCT type_plaatsgebonden_risico FROM publiek.ev_pr_contouren")
    assert {level for (level,) in levels} == {
        "PR10-5", "PR10-6", "PR10-7", "PR10-8", "vastgesteld BK", "vastgesteld K", "vastgesteld ZK",
        "gegevenInTransitie",
    }  # fmt: skip
    families = rows(town, "SELECT DISTINCT familie FROM publiek.ev_pr_contouren ORDER BY 1")
    assert families == [("bl",), ("bn",), ("ev",)]
    kinds = rows(town, "SELECT DISTINCT type FROM publiek.ev_explosieaandachtsgebieden")
    assert {kind for (kind,) in kinds} == AREA_KINDS["explosie"]
    others = rows(town, "SELECT DISTINCT type_overige_contour FROM publiek.ev_overige_contouren")
    assert {kind for (kind,) in others} == {"vastgesteld ontplofbaar", "vastgesteld vuurwerk"}
    placeholders = rows(town, "SELECT identificatie FROM publiek.ev_gifwolkaandachtsgebieden WHERE placeholder")
    assert placeholders
    assert all("Placeholder" in name for (name,) in placeholders)
    kinds = rows(town, "SELECT type, count(*) FROM publiek.bn_basisnet GROUP BY type ORDER BY type")
    assert kinds == [("SpoorVervoer", 1), ("WaterVervoer", 1), ("WegVervoer", 1)]


@pytest.mark.parametrize("layer", ["ev_activiteiten", "bl_buisleidingreferentie", *CONTOUR_LAYERS])
def test_establishments_and_classes_of_activities_can_be_filtered(layer: str, town: Town, service: Service) -> None:
    ((name, seveso),) = rows(
        town,
        f"SELECT evactiviteit, seveso FROM publiek.{layer} WHERE publicatie_tot IS NULL"
        " ORDER BY seveso DESC, evactiviteit LIMIT 1",
    )
    (expected,) = rows(
        town,
        f"SELECT count(*) FROM publiek.{layer} WHERE publicatie_tot IS NULL AND evactiviteit = '{name}' AND seveso ="
        f" {seveso}",
    )
    reply = WfsClient(wfs.create(service)).feature(
        layer, outputFormat="application/json", cql_filter=f"evactiviteit = '{name}' AND seveso = {seveso}"
    )
    assert json.loads(reply.body)["numberMatched"] == expected[0] > 0


def test_a_pipeline_has_the_attributes_of_the_model(roots: list[Message], town: Town) -> None:
    served = {
        row[0]: row[1:]
        for row in rows(
            town,
            "SELECT identificatie, status, buisleiding_identificatie, buisleiding_categorie_stof,"
            " buisleiding_materiaal, buisleiding_product, wanddikte, diameter, bovenkantbuis, maximale_werkdruk,"
            " resulteert_in_geen_waarde"
            " FROM publiek.bl_buisleidingreferentie",
        )
    }
    names = (
        "status", "buisleidingIdentificatie", "buisleidingCategorieStof", "buisleidingMateriaal",
        "buisleidingProduct", "wanddikte", "diameter", "bovenkantbuis", "maximaleWerkdruk", "resulteertIn",
    )  # fmt: skip
    systems = [root for root in roots if FAMILIES[root["entityType"]] == "bl"]
    pipes = [pipe for root in systems for activity in living(root) for pipe in living(activity)]
    for pipe in pipes:
        given = [pipe.get(name) for name in names]
        given[2] = ", ".join(given[2] or [])
        given[-1] = given[-1] if isinstance(given[-1], str) else None
        assert list(served[pipe["id"]]) == given
    assert len(served) == len(pipes)


def test_the_basisnet_has_the_codes_of_its_stretches(town: Town) -> None:
    found = rows(
        town,
        "SELECT type, route, trajectcode, watervakcode, wegvakcode, referentiesoort, bevoegdgezag"
        " FROM publiek.bn_basisnet ORDER BY type",
    )
    assert found == [
        ("SpoorVervoer", "Spoorlijn Markermeer", "990", None, None, "buitensteSpoor", "rijk"),
        ("WaterVervoer", "Stadskanaal", None, "SKA", None, "oeverlijn", "rijk"),
        ("WegVervoer", "A99", None, None, "A99-1", "kantVerharding", "rijk"),
    ]
    stretches = rows(
        town, "SELECT DISTINCT referentie, trajectcode, watervakcode, wegvakcode FROM publiek.ev_referenties_lijn"
        " WHERE familie = 'bn' ORDER BY 1",
    )  # fmt: skip
    assert stretches == [
        ("SpoorVervoer", "990", None, None),
        ("WaterVervoer", None, "SKA", None),
        ("WegVervoer", None, None, "A99-1"),
    ]


def test_a_reference_keeps_the_attributes_of_its_class(town: Town) -> None:
    turbines = rows(
        town,
        "SELECT DISTINCT ashoogte, rotordiameter, vermogen, type, materiaal_mast, pand_identificatie,"
        " pand_identificatie_geen_waarde FROM publiek.ev_referenties_punt WHERE referentie = 'Windturbine'",
    )
    assert turbines == [(98.5, 9000, 3000, "RA-90", "staal", None, "nietVanToepassing")]
    machines = rows(
        town,
        "SELECT aantal_koelinstallaties, opstellings_uitvoering, pompbeveiliging FROM publiek.ev_referenties_polygon"
        " WHERE referentie = 'Machinekamer' AND aantal_koelinstallaties IS NOT NULL",
    )
    assert machines == [(1, "2", True)]
    pipes = rows(town, "SELECT DISTINCT bovengronds FROM publiek.ev_referenties_lijn WHERE referentie = 'Leiding'")
    assert {above for (above,) in pipes} == {False, True}


def test_what_the_register_holds_is_in_the_layers_or_is_told(town: Town) -> None:
    """References and contours that are valid now: each in one of the layers that share them out, or without area."""
    ((references, areas, rest),) = rows(
        town,
        "SELECT (SELECT count(*) FROM register.ev_referentie), (SELECT count(*) FROM register.ev_contour),"
        " (SELECT count(*) FROM register.ev_contour_zonder_vlak)",
    )
    ((valid,),) = rows(
        town,
        "SELECT count(*) FROM register.imev_nu c JOIN register.ev_referentie r ON r.nummer = c.ouder"
        " WHERE c.soort = 'contour'",
    )

    def served(*layers: str) -> int:
        counts = [rows(town, f"SELECT count(*) FROM publiek.{name} WHERE publicatie_tot IS NULL") for name in layers]
        return sum(count for ((count,),) in counts)

    assert valid == areas + rest
    assert references == served(
        "ev_referenties_punt", "ev_referenties_lijn", "ev_referenties_polygon", "bl_buisleidingreferentie"
    )
    assert areas == served("aandachtsgebieden", "ev_pr_contouren", "ev_overige_contouren")
    by_family = [
        f"{family}_{kind}aandachtsgebieden"
        for family in ("ev", "bl", "bn")
        for kind in ("brand", "explosie", "gifwolk")
    ]
    assert served("aandachtsgebieden") == served(*by_family)


def test_an_activity_keeps_the_attributes_of_its_class(
    roots: list[Message], features: Callable[[str], list[Message]]
) -> None:
    served = {feature["id"]: feature["properties"] for feature in features("ev_activiteiten")}
    shared = {"entityType", "id", "identificatie", "bronobjectID", "documentInfo", "bronhoudercodeOverheid", "heeft"}
    renamed = {"bevoegdGezag": "bevoegdgezag", "balActiviteit": "bal_activiteit"}
    tested = set()
    for root in roots:
        for activity in living(root) if FAMILIES[root["entityType"]] == "ev" else ():
            for attribute, given in activity.items():
                if attribute in shared or attribute in {"beginGeldigheid", "eindGeldigheid"}:
                    continue
                for name, value in flat(renamed.get(attribute, snake(attribute)), given):
                    found = served[activity["id"]][name]
                    void = served[activity["id"]].get(f"{name}_geen_waarde")
                    assert (void if void else found) == value, (activity["id"], name)
                    tested.add(name)
    assert len(tested) > 30


def flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """``voordruk: {exact: 3}`` is ``voordruk_exact``, a list one text."""
    if isinstance(value, dict):
        yield from ((f"{name}_{snake(part)}", item) for part, item in value.items())
    else:
        yield name, ", ".join(value) if isinstance(value, list) else value


def test_every_attribute_of_a_class_of_activities_is_in_the_layer(catalogue: Catalogue, validator: Validator) -> None:
    fields = catalogue.get("ev_activiteiten").by_name
    for name in validator.model.activities:
        for attribute in own_attributes(name):
            assert any(field == attribute or field.startswith(f"{attribute}_") for field in fields), (name, attribute)


def own_attributes(owner: str) -> Iterator[str]:
    with (CHECKOUT / "config" / "imev" / "attributen.csv").open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if row["klasse"] == owner and row["attribuut"] not in {"bevoegdGezag", "idActiviteitTR"}:
                yield snake(row["attribuut"])


def test_every_field_of_a_class_of_references_is_in_a_layer(catalogue: Catalogue) -> None:
    """The IMEV name in snake_case; the attributes come from the model, so a new one fails here until a layer has it."""
    with (CHECKOUT / "config" / "imev" / "klassen.csv").open(encoding="utf-8", newline="") as source:
        classes = {row["klasse"] for row in csv.DictReader(source) if row["supertype"] == "ReferentieEVContour"}
    assert len(classes) == 20
    pipes = catalogue.get("bl_buisleidingreferentie").by_name
    others = {
        name
        for layer in ("ev_referenties_punt", "ev_referenties_lijn", "ev_referenties_polygon")
        for name in catalogue.get(layer).by_name
    }
    for owner in classes:
        fields = pipes if owner == "BuisleidingReferentie" else others
        assert set(own_attributes(owner)) - {"geometrie"} <= set(fields), owner


def snake(name: str) -> str:
    """``maxWerpafstandNominaal`` is max_werpafstand_nominaal, ``idActiviteitTR`` id_activiteit_tr."""
    return re.sub(r"(?<=[a-z0-9])([A-Z]+)", r"_\1", name.replace("kPa", "kpa")).lower()


# -- what a message may hold that the sample does not


def contour_of(message: Message, number: int) -> Message:
    found: Message = message["voertUit"][0]["heeft"][0]["resulteertIn"][number]
    return found


def test_a_contour_without_area_is_counted_with_its_reason(
    load: Loader, connection: Connection, message: Message
) -> None:
    contour_of(message, 0)["afstandOfGeometrie"] = {"afstand": 0}
    line = {"type": "LineString", "coordinates": [[160000, 510000], [160010, 510000]]}
    contour_of(message, 1)["afstandOfGeometrie"] = {"geometrie": line}
    load(message)
    found = connection.execute(
        "SELECT identificatie, contour, reden FROM register.ev_contour_zonder_vlak ORDER BY 1"
    ).fetchall()
    assert found == [
        ("NL.IMEV.PROEF.brand", "BrandAandachtsgebied", "afstand 0 m van een referentie zonder oppervlak"),
        ("NL.IMEV.PROEF.pr", "PRContour", "open lijn"),
    ]


def test_lines_that_are_partly_open_say_so(
    load: Loader, connection: Connection, catalogue: Catalogue, message: Message
) -> None:
    ring = message["geometrie"]["coordinates"][0]
    lines = {"type": "MultiLineString", "coordinates": [ring, [[160100, 510000], [160110, 510000]]]}
    contour_of(message, 1)["afstandOfGeometrie"] = {"geometrie": lines}
    load(message)
    publish(connection, catalogue, ["ev_pr10_6"])
    found = connection.execute("SELECT ST_Area(geometrie), geometrie_hersteld FROM publiek.ev_pr10_6").fetchall()
    assert found == [(6400, "Lijn deels open; alleen wat zij insluit is vlak.")]


def test_every_catalogued_layer_of_the_risk_side_is_in_this_file() -> None:
    prefixes = ("ev_", "bl_", "bn_")
    named = {layer.name for layer in catalogues.read(CHECKOUT / "config") if layer.name.startswith(prefixes)}
    assert named | {"aandachtsgebieden"} == set(LAYERS)
