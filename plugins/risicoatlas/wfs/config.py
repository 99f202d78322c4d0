"""What ``config/wfs.yaml`` says of the WFS alone: its title and the parameters that clients may add. Contact, licence
and keywords are those of ``service.yml``.

In: the config folder. Out: a frozen :class:`WfsConfig`; a file that cannot be used stops the start.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import yaml

from risicoatlas import description
from risicoatlas.description import Description
from risicoatlas.errors import ConfigError

_KEYS = {"title", "abstract", "vendor_parameters", "limits"}
# Where a folder has these, as it had to once, they hold for the WFS in the place of what service.yml says.
_OWN_KEYS = {"keywords", "fees", "access_constraints", "provider"}
_PROVIDER_KEYS = {"name", "site", "contact", "email"}


@dataclass(frozen=True)
class Provider:
    """Who answers for the service (ows:ServiceProvider)."""

    name: str
    site: str
    contact: str
    email: str


@dataclass(frozen=True)
class WfsConfig:
    """``vendor_parameters`` are in lower case: parameters beyond the standard that do not change the answer. ``about``
    is what every protocol says."""

    title: str
    abstract: str
    keywords: tuple[str, ...]
    fees: str
    access_constraints: str
    provider: Provider
    vendor_parameters: frozenset[str]
    maximum_count: int
    about: Description


def read(folder: Path) -> WfsConfig:
    """Read ``wfs.yaml``; raises :class:`ConfigError` naming the file and what is wrong."""
    path = folder / "wfs.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(path, None, "the file is missing") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(path, line, f"not valid YAML: {error.problem}") from error
    _expect_keys(path, data, _KEYS, _OWN_KEYS)
    if "provider" in data:
        _expect_keys(path, data["provider"], _PROVIDER_KEYS)
    limits = data["limits"]
    if not isinstance(limits, dict) or set(limits) != {"count"} or not isinstance(limits["count"], int):
        raise ConfigError(path, None, f"limits: expected count, a whole number; found {limits!r}")
    about = description.read(folder)
    return WfsConfig(
        title=data["title"],
        abstract=data["abstract"].strip(),
        keywords=tuple(data.get("keywords", about.keywords["nl"])),
        fees=data.get("fees", "NONE"),
        access_constraints=data.get("access_constraints", about.license.url),
        provider=Provider(**data["provider"]) if "provider" in data else _provider(about),
        vendor_parameters=frozenset(str(name).lower() for name in data["vendor_parameters"]),
        maximum_count=limits["count"],
        about=about,
    )


def _provider(about: Description) -> Provider:
    return Provider(about.provider["name"], about.provider["url"], about.contact["name"], about.contact["email"])


def _expect_keys(path: Path, data: object, keys: set[str], more: Collection[str] = ()) -> None:
    if not isinstance(data, dict) or not keys <= set(data) <= {*keys, *more}:
        found = ", ".join(map(str, data)) if isinstance(data, dict) else repr(data)
        raise ConfigError(path, None, f"expected the keys {', '.join(sorted(keys))}; found {found}")
