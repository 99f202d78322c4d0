"""``config/kgl.yaml``: the rhythm of offering changes, notices by mail, the distance of the list of ribbons.

In: the configuration folder, and the mail server of the environment. Out: a frozen :class:`Settings`. What cannot be
used raises :class:`~risicoatlas.errors.ConfigError` with ``file:line``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from risicoatlas.errors import ConfigError
from risicoatlas.loader import mapping
from risicoatlas.settings import is_smtp

FILE = "kgl.yaml"
RHYTHMS = ("direct", "dagelijks", "wekelijks", "maandelijks")
KEYS = {"rhythm", "rhythms", "mail", "ribbons"}
MAIL_KEYS = {"smtp", "starttls", "from", "to"}
_CODE = re.compile(r"GM\d{4}")
_ADDRESS = re.compile(r"[^@\s<>,]+@[^@\s<>,]+")


@dataclass(frozen=True)
class Mail:
    """Where notices are sent; ``url`` may hold a password."""

    url: str | None = field(default=None, repr=False)
    starttls: bool = True
    sender: str | None = None
    to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """What varies in the handling of changes."""

    rhythm: str = "maandelijks"
    rhythms: Mapping[str, str] = field(default_factory=dict)
    mail: Mail = field(default_factory=Mail)
    ribbon_distance_m: float = 200.0

    def rhythm_of(self, municipality: str) -> str:
        return self.rhythms.get(municipality, self.rhythm)


def read(config: Path, smtp_url: str | None = None) -> Settings:
    """The settings of a configuration folder; without the file, the defaults. ``smtp_url`` goes before the file."""
    path = config / FILE
    data = (mapping.read_yaml(path) if path.is_file() else None) or {}
    _refuse_unknown(path, data, KEYS, "")
    rhythms = {str(code): str(value) for code, value in (data.get("rhythms") or {}).items()}
    rhythm = str(data.get("rhythm", "maandelijks"))
    for code, value in (("rhythm", rhythm), *rhythms.items()):
        if value not in RHYTHMS:
            raise _refused(path, code, f"{code}: found {value!r}, expected one of {', '.join(RHYTHMS)}")
    for code in rhythms:
        _check_code(path, code)
    ribbons = data.get("ribbons") or {}
    _refuse_unknown(path, ribbons, {"distance_m"}, "ribbons: ")
    distance_m = ribbons.get("distance_m", 200)
    if not isinstance(distance_m, int | float) or not 0 < distance_m <= 10_000:
        raise _refused(path, "distance_m", f"distance_m: found {distance_m!r}, expected metres up to 10000")
    return Settings(rhythm, rhythms, _mail(path, data.get("mail") or {}, smtp_url), float(distance_m))


def _mail(path: Path, data: Any, smtp_url: str | None) -> Mail:
    _refuse_unknown(path, data, MAIL_KEYS, "mail: ")
    to: dict[str, tuple[str, ...]] = {}
    for code, addresses in (data.get("to") or {}).items():
        _check_code(path, str(code))
        listed = [addresses] if isinstance(addresses, str) else list(addresses or [])
        for address in listed:
            _check_address(path, str(address))
        to[str(code)] = tuple(str(address) for address in listed)
    url = smtp_url or data.get("smtp")
    if url and not is_smtp(str(url)):
        raise _refused(path, "smtp", "smtp: expected an address such as smtp://mail.example.nl:25")
    sender = data.get("from")
    if sender is not None:
        _check_address(path, str(sender))
    if url and to and sender is None:
        raise _refused(path, "mail", "mail: needs `from`, the address that sends")
    return Mail(str(url) if url else None, bool(data.get("starttls", True)), sender, to)


def _check_code(path: Path, code: str) -> None:
    if not _CODE.fullmatch(code):
        raise _refused(path, code, f"found {code!r}, expected the code of a municipality such as GM0457")


def _check_address(path: Path, address: str) -> None:
    if not _ADDRESS.fullmatch(address):
        raise _refused(path, address, f"found {address!r}, expected an address such as kgl@gemeente.example")


def _refuse_unknown(path: Path, data: Any, known: set[str], where: str) -> None:
    if not isinstance(data, dict):
        raise ConfigError(path, None, f"{where}expected a mapping, found {data!r}")
    for name in data:
        if name not in known:
            raise _refused(path, str(name), f"{where}unknown key {name!r}: expected one of {', '.join(sorted(known))}")


def _refused(path: Path, needle: str, message: str) -> ConfigError:
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if needle in text.partition("#")[0]:
            return ConfigError(path, number, message)
    return ConfigError(path, None, message)
