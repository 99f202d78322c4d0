"""ISO 19115 and 19119 metadata in the XML of ISO 19139, as in the Dutch profile: a record in, bytes out."""

from datetime import date

import jinja2
from markupsafe import Markup

from risicoatlas.catalogue import Layer
from risicoatlas.description import Description
from risicoatlas.features.query import Box
from risicoatlas.metadata import links, record
from risicoatlas.metadata.record import Endpoint, Record
from risicoatlas.settings import Settings

CODES = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
# The profile that the record follows, as catalogues look for it
PROFILE = ("ISO 19115", "Nederlands metadata profiel op ISO 19115 voor geografie 2.1.0")
SERVICE_PROFILE = ("ISO 19119", "Nederlands metadata profiel op ISO 19119 voor services 2.1.0")
LANGUAGE = "nl"


def _codelist(name: str, value: str, text: str | None = None) -> Markup:
    """``<gmd:CI_RoleCode codeList="…#CI_RoleCode" codeListValue="owner">owner</gmd:CI_RoleCode>``"""
    form = Markup('<gmd:{0} codeList="{1}#{0}" codeListValue="{2}">{3}</gmd:{0}>')
    return form.format(name, CODES, value, text or value)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("risicoatlas.metadata", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.globals["code"] = _codelist
    return environment


TEMPLATES = _environment()


def dataset(found: Record) -> bytes:
    """The record of a layer (gmd:MD_Metadata, hierarchyLevel dataset)."""
    text = TEMPLATES.get_template("dataset.xml").render(
        record=found,
        layer=found.layer,
        about=found.about,
        profile=PROFILE,
        summary=record.summary(found, LANGUAGE),
        language=LANGUAGE,
    )
    return text.encode()


def service(
    endpoint: Endpoint, layers: tuple[Layer, ...], settings: Settings, about: Description, day: date, bounds: Box
) -> bytes:
    """The record of a service (hierarchyLevel service), coupled to the records of the layers that it gives."""
    url = settings.public_url
    text = TEMPLATES.get_template("service.xml").render(
        endpoint=endpoint,
        record_id=record.identifier(settings, about, f"services/{endpoint.key}"),
        coupled=[
            (layer, record.identifier(settings, about, layer.name), links.record(settings, layer)) for layer in layers
        ],
        description=url + endpoint.description,
        about=about,
        profile=SERVICE_PROFILE,
        day=day,
        bounds=bounds,
        language=LANGUAGE,
    )
    return text.encode()
