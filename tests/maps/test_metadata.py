"""Capabilities of the maps name terms, contact, metadata and dates of each layer."""

from lxml import etree

from risicoatlas import description
from risicoatlas.settings import Settings

from .conftest import BEHEERDER, PUBLIC_URL, Client

WMS = {"w": "http://www.opengis.net/wms", "x": "http://www.w3.org/1999/xlink"}
WMTS = {
    "w": "http://www.opengis.net/wmts/1.0",
    "ows": "http://www.opengis.net/ows/1.1",
    "x": "http://www.w3.org/1999/xlink",
}
HREF = "{http://www.w3.org/1999/xlink}href"


def layer_of(root: etree._Element, name: str) -> etree._Element:
    return root.xpath(f"//w:Layer[w:Name='{name}']", namespaces=WMS)[0]


def test_wms_layer_links_to_its_metadata_and_names_its_source(client: Client, world_settings: Settings) -> None:
    about = description.read(world_settings.config)
    root = etree.fromstring(client.get("/wms", service="WMS", request="GetCapabilities", version="1.3.0").body)
    layer = layer_of(root, "kgl_public")
    (metadata,) = layer.findall("w:MetadataURL", WMS)
    assert metadata.get("type") == "ISO19115:2003"
    assert metadata.find("w:OnlineResource", WMS).get(HREF) == f"{PUBLIC_URL}/metadata/kgl_public.xml"
    assert layer.findtext("w:Attribution/w:Title", "", WMS) == about.attribution.nl
    assert about.license.url in layer.findtext("w:Abstract", "", WMS)
    assert root.findtext("w:Service/w:AccessConstraints", "", WMS) == about.license.url
    contact = root.find("w:Service/w:ContactInformation", WMS)
    assert contact.findtext("w:ContactElectronicMailAddress", "", WMS) == about.contact["email"]


def test_wmts_layer_links_to_its_metadata(client: Client, world_settings: Settings) -> None:
    about = description.read(world_settings.config)
    root = etree.fromstring(client.get("/wmts/1.0.0/WMTSCapabilities.xml").body)
    found = {
        layer.findtext("ows:Identifier", "", WMTS): [item.get(HREF) for item in layer.findall("ows:Metadata", WMTS)]
        for layer in root.iterfind("w:Contents/w:Layer", WMTS)
    }
    assert found["kgl_public"] == [f"{PUBLIC_URL}/metadata/kgl_public.xml"]
    assert root.findtext("ows:ServiceProvider/ows:ProviderName", "", WMTS) == about.provider["name"]


def test_capabilities_with_a_restricted_layer_count_nothing_of_it(client: Client) -> None:
    text = client.as_actor(BEHEERDER).get("/wms", service="WMS", request="GetCapabilities", version="1.3.0").text
    abstract = layer_of(etree.fromstring(text.encode()), "risicolocaties").findtext("w:Abstract", "", WMS)
    assert "objecten" not in abstract
    assert "objects" not in abstract
