"""Records of layers and services, and the catalogue, on the sample town."""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest
from lxml import etree
from tests.conftest import Town
from werkzeug.test import Client, TestResponse

from risicoatlas import catalogue as catalogues
from risicoatlas import description
from risicoatlas.access import actor as actors
from risicoatlas.access.actor import ANONYMOUS, Actor
from risicoatlas.catalogue import License, Text
from risicoatlas.features import standing
from risicoatlas.metadata import dcat, iso, record, wsgi
from risicoatlas.publish import standing as stored
from risicoatlas.service import Service

# importing the package itself asks for modules that it does not declare
PYCSW = Path(str(find_spec("pycsw").origin)).parent
SCHEMAS = PYCSW / "plugins/profiles/apiso/schemas/ogc/iso/19139"
NS = {
    "gmd": "http://www.isotc211.org/2005/gmd",
    "gco": "http://www.isotc211.org/2005/gco",
    "gmx": "http://www.isotc211.org/2005/gmx",
    "gml": "http://www.opengis.net/gml/3.2",
    "srv": "http://www.isotc211.org/2005/srv",
    "xlink": "http://www.w3.org/1999/xlink",
}
OWN = Actor("gemeente", "99901", ("99901",))
Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(town_service: Service) -> Ask:
    client = Client(wsgi.create(town_service))

    def sent(path: str, actor: Actor = ANONYMOUS, **options: Any) -> TestResponse:
        token = actors.bind(actor)
        try:
            return client.open(path, buffered=True, **{"method": "GET", **options})
        finally:
            actors.unbind(token)

    return sent


class _Stored(etree.Resolver):
    """Gives the stored file for an address of the schemas, so that nothing is fetched."""

    FOLDERS: ClassVar = {
        "schemas.opengis.net/iso/19139/": SCHEMAS,
        "schemas.opengis.net/gml/3.2.1/": PYCSW / "core/schemas/ogc/gml/3.2.1",
        "www.opengis.net/gml/3.2.1/": PYCSW / "core/schemas/ogc/gml/3.2.1",
    }

    def resolve(self, system_url: str, public_id: object, context: object) -> object:
        address = system_url.partition("://")[2]
        for prefix, folder in self.FOLDERS.items():
            if address.startswith(prefix):
                return self.resolve_filename(str(folder / address.removeprefix(prefix)), context)
        if address.endswith("xlink.xsd") or address.endswith("xlinks.xsd"):
            found = next(PYCSW.rglob(address.rpartition("/")[2]))
            return self.resolve_filename(str(found), context)
        return None


def compiled(*imports: tuple[str, str]) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Stored())
    lines = "".join(f'<xs:import namespace="{uri}" schemaLocation="{path}"/>' for uri, path in imports)
    root = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{lines}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(root, parser))


@pytest.fixture(scope="session")
def dataset_schema() -> etree.XMLSchema:
    folder = SCHEMAS / "20070417"
    return compiled((NS["gmd"], f"{folder}/gmd/gmd.xsd"), (NS["gmx"], f"{folder}/gmx/gmx.xsd"))


@pytest.fixture(scope="session")
def service_schema() -> etree.XMLSchema:
    folder = SCHEMAS / "20060504"
    return compiled((NS["gmx"], f"{folder}/gmx/gmx.xsd"), (NS["srv"], f"{folder}/srv/srv.xsd"))


def texts(root: etree._Element, path: str) -> list[str]:
    return [" ".join(item.itertext()).strip() for item in root.iterfind(path, NS)]


class TestRecord:
    def test_every_layer_has_a_record_that_is_valid_iso_19139(self, ask, town_service, dataset_schema):
        for layer in town_service.visible(Actor("beheerder", "beheer")):
            answer = ask(f"/metadata/{layer.name}.xml", Actor("beheerder", "beheer"))
            assert answer.status_code == 200, layer.name
            dataset_schema.assertValid(etree.fromstring(answer.data))

    def test_record_states_what_the_dutch_profile_asks(self, ask, town_service):
        root = etree.fromstring(ask("/metadata/kgl_public.xml").data)
        about = description.read(town_service.settings.config)
        assert root.find("gmd:language/gmd:LanguageCode", NS).get("codeListValue") == "dut"
        assert root.find("gmd:hierarchyLevel/gmd:MD_ScopeCode", NS).get("codeListValue") == "dataset"
        (identifier,) = texts(root, "gmd:fileIdentifier")
        assert uuid.UUID(identifier).version == 5
        assert texts(root, ".//gmd:CI_Citation/gmd:identifier//gmd:code") == [identifier]
        assert texts(root, ".//gmd:CI_Citation/gmd:title") == ["Kwetsbare gebouwen"]
        assert about.contact["email"] in texts(root, "gmd:contact//gmd:electronicMailAddress")
        constraint = root.find(".//gmd:otherConstraints/gmx:Anchor", NS)
        assert constraint.get(f"{{{NS['xlink']}}}href") == about.license.url
        assert "http://www.opengis.net/def/crs/EPSG/0/28992" in texts(root, "gmd:referenceSystemInfo//gmd:code")
        assert texts(root, ".//gml:timePosition") == ["2026-10-15"]
        protocols = texts(root, ".//gmd:onLine//gmd:protocol")
        assert protocols[:4] == ["OGC:WFS", "OGC:API features", "OGC:WMS", "OGC:WMTS"]

    def test_box_holds_the_objects(self, ask, town_service):
        extent = standing.published(town_service)["kgl_public"].extent
        root = etree.fromstring(ask("/metadata/kgl_public.xml").data)
        corners = [texts(root, f".//gmd:{side}")[0] for side in (
            "westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude"
        )]  # fmt: skip
        assert [float(corner) for corner in corners] == pytest.approx(extent, abs=1e-6)

    def test_lineage_tells_count_publication_sources_and_coverage(self, ask, town_service):
        state = standing.published(town_service)["kgl_public"]
        (told,) = texts(etree.fromstring(ask("/metadata/kgl_public.xml").data), ".//gmd:statement")
        assert f"Publicatie {state.publication} van" in told
        assert f"{state.count} objecten" in told
        assert "BAG 2026-10-15" in told
        assert "BRT (datum onbekend, geladen op " in told
        assert "(GM9901)" in told
        assert "Niet gepubliceerd, dus onbekend en niet leeg" in told
        assert told.index("(GM9901)") < told.index("Niet gepubliceerd") < told.index("(GM9902)")

    def test_identifier_stays_the_same_and_follows_a_configured_namespace(self, town_service):
        about = description.read(town_service.settings.config)
        first = record.identifier(town_service.settings, about, "kgl_public")
        assert first == record.identifier(town_service.settings, about, "kgl_public")
        elsewhere = replace(town_service.settings, public_url="https://elders.example.nl")
        assert record.identifier(elsewhere, about, "kgl_public") != first
        fixed = replace(about, namespace=uuid.uuid4())
        assert record.identifier(elsewhere, fixed, "x") == record.identifier(town_service.settings, fixed, "x")

    def test_layer_may_have_terms_and_metadata_of_its_owner(self, town_service, dataset_schema):
        about = description.read(town_service.settings.config)
        layer = replace(
            town_service.catalogue.get("gemeenten"),
            license=License("CC BY 4.0 <&>", "https://creativecommons.org/licenses/by/4.0/"),
            attribution=Text("Bron: Kadaster", "Source: Kadaster"),
            metadata_url="https://nationaalgeoregister.example/record",
        )
        found = record.of(layer, town_service, about, standing.NOTHING)
        root = etree.fromstring(iso.dataset(found))
        dataset_schema.assertValid(root)
        assert "Bron: Kadaster" in texts(root, ".//gmd:useLimitation")
        assert "CC BY 4.0 <&>" in texts(root, ".//gmd:otherConstraints")
        assert layer.metadata_url in texts(root, ".//gmd:linkage")
        assert {"@id": layer.metadata_url} in dcat.dataset(found)["foaf:page"]
        # nothing is published of it: said, not left out
        assert texts(root, ".//gmd:statement") == ["Nog niet gepubliceerd."]

    @pytest.mark.parametrize("key", [item.key for item in record.SERVICES])
    def test_every_service_has_a_valid_record_coupled_to_the_public_layers(
        self, ask, town_service, service_schema, key
    ):
        root = etree.fromstring(ask(f"/metadata/services/{key}.xml").data)
        service_schema.assertValid(root)
        about = description.read(town_service.settings.config)
        coupled = [item.get("uuidref") for item in root.iterfind(".//srv:operatesOn", NS)]
        public = [layer.name for layer in town_service.catalogue if not layer.restricted]
        assert coupled == [str(record.identifier(town_service.settings, about, name)) for name in public]


class TestAccess:
    def test_hidden_layer_answers_like_one_that_never_existed(self, ask):
        hidden, absent = ask("/metadata/risicolocaties.xml"), ask("/metadata/nergens.xml")
        assert hidden.status_code == absent.status_code == 404
        assert hidden.text.replace("risicolocaties", "nergens") == absent.text
        assert hidden.mimetype == "application/problem+json"

    def test_nothing_of_a_hidden_layer_is_in_what_anonymous_gets(self, ask, town_service):
        everything = ask("/metadata/catalog.jsonld").text + "".join(
            ask(f"/metadata/services/{item.key}.xml").text for item in record.SERVICES
        )
        for layer in town_service.catalogue:
            assert (layer.title.nl in everything) is not layer.restricted
            assert (f"/{layer.name}" in everything) is not layer.restricted

    def test_reader_is_told_of_its_own_rows_alone(self, ask, town_service):
        layer = town_service.catalogue.get("risicolocaties")
        own = standing.own(town_service, OWN, layer)
        root = etree.fromstring(ask("/metadata/risicolocaties.xml", OWN).data)
        assert texts(root, ".//gmd:statement") == [f"{own.count} objecten die u mag zien."]
        assert "risicolocaties" in ask("/metadata/catalog.jsonld", OWN).text

    @pytest.mark.parametrize(
        "path", ["/metadata", "/metadata/", "/metadata/x", "/metadata/../x.xml", "/metadata/services/x.xml",
                 "/metadata/services/wfs.xml/x", "/metadata/kgl_public.xml/", "/metadata/KGL_PUBLIC.xml"]
    )  # fmt: skip
    def test_what_is_not_there_is_a_404(self, ask, path):
        answer = ask(path)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")

    def test_only_reading_is_offered(self, ask):
        answer = ask("/metadata/catalog.jsonld", method="POST")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
        assert ask("/metadata/catalog.jsonld", method="HEAD").data == b""


class TestCatalogue:
    def test_catalogue_is_json_ld_with_a_dataset_per_public_layer(self, ask, town_service):
        answer = ask("/metadata/catalog.jsonld")
        assert answer.mimetype == "application/ld+json"
        found = json.loads(answer.data)
        assert found["@type"] == "dcat:Catalog"
        # no address to fetch: it is understood without another host
        assert isinstance(found["@context"], dict)
        shown = {item["@id"].rpartition("/")[2] for item in found["dcat:dataset"]}
        assert shown == {layer.name for layer in town_service.catalogue if not layer.restricted}
        assert len(found["dcat:service"]) == len(record.SERVICES)

    def test_every_prefix_is_declared(self, ask):
        found = json.loads(ask("/metadata/catalog.jsonld").data)
        used = set()

        def walk(node: Any) -> None:
            for name, value in node.items() if isinstance(node, dict) else ():
                if name != "@context":
                    used.update([name, *([value] if name == "@type" else [])])
                    walk(value)
            for item in node if isinstance(node, list) else ():
                walk(item)

        walk(found)
        assert {name.partition(":")[0] for name in used if ":" in name} <= set(found["@context"])
        assert [name for name in used if ":" not in name and not name.startswith("@")] == []

    def test_dataset_has_terms_dates_place_and_ways_to_get_it(self, ask, town_service):
        found = json.loads(ask("/metadata/catalog.jsonld").data)
        dataset = next(item for item in found["dcat:dataset"] if item["@id"].endswith("/kgl_public"))
        about = description.read(town_service.settings.config)
        assert dataset["dct:license"] == {"@id": about.license.url}
        assert dataset["dcat:contactPoint"]["vcard:hasEmail"] == {"@id": f"mailto:{about.contact['email']}"}
        assert dataset["dct:temporal"]["dcat:endDate"]["@value"] == "2026-10-15"
        assert dataset["dct:spatial"]["dcat:bbox"]["@value"].startswith("POLYGON((")
        assert {"dct:issued", "dct:modified", "dcat:theme", "dct:identifier"} <= set(dataset)
        served = {item["@id"] for item in found["dcat:service"]}
        assert {item["dcat:accessService"]["@id"] for item in dataset["dcat:distribution"]} == served


def test_what_an_older_version_did_not_store_is_completed_and_not_told_as_none(town_copy: Town) -> None:
    layers = catalogues.read(town_copy.settings.config)
    question = "SELECT laag, bronnen, gemeenten FROM publiek.laag_stand ORDER BY laag"
    with town_copy.database.loader() as connection:
        before = connection.execute(question).fetchall()
        connection.execute("UPDATE publiek.laag_stand SET bronnen = '[]', gemeenten = '[]'")
        stored.complete(connection, layers)
        assert connection.execute(question).fetchall() == before
    assert any(municipalities for _, _, municipalities in before)
