"""The Atom feed of bulk files (RFC 4287): editions in, one document out; an entry per layer and publication.

INSPIRE's download services use the same form: the CRS as category, the files as links, the extent in GeoRSS. What Atom
has no attribute for, the checksum, stands in the content and at a link of its own.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from risicoatlas import crs, description
from risicoatlas.bulk.store import Edition
from risicoatlas.catalogue import Layer
from risicoatlas.settings import Settings

MEDIA_TYPE = "application/atom+xml"
PATH = "/bestanden/atom.xml"
# Of a feed without entries: it was never updated.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def document(entries: Iterable[tuple[Layer, Edition]], settings: Settings) -> bytes:
    """The feed, newest entry first."""
    about = description.read(settings.config)
    listed = sorted(entries, key=lambda entry: entry[1].publication, reverse=True)
    page = _template().render(
        base=settings.public_url,
        title=f"{about.title['nl']}: bestanden per publicatie / files per publication",
        subtitle=f"{about.text['nl']} / {about.text['en']}",
        author=about.contact,
        rights=about.license.name,
        updated=max((edition.published for _, edition in listed), default=_NEVER),
        entries=listed,
        epsg=crs.EPSG_URI,
        moment=_moment,
    )
    return page.encode()


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("risicoatlas.bulk", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("atom.xml")
