"""Settings of one process: read once from the environment, handed down as a frozen value.

Precedence: what the command line gives, then the environment, then the default. A value that cannot be used stops the
start with the name of the variable.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from risicoatlas.errors import SettingError
from risicoatlas.front.client import Network
from risicoatlas.front.streams import Bounds

# Of the threads and connections of a process (server.THREADS, database.POOL_SIZE) whole layers get these, the threads
# of those that wait included: the rest answers pages, tiles and health.
WHOLE_LAYERS = 7
WAITING = 13
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """What varies between installations. Secrets are left out of ``repr``."""

    home: Path
    config: Path
    styles: Path
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 2
    public_url: str = "http://127.0.0.1:8080"
    database_url: str | None = field(default=None, repr=False)
    loader_database_url: str | None = field(default=None, repr=False)
    streams_per_client: int = 6
    trusted_proxies: tuple[Network, ...] = ()
    log: Path | None = None
    smtp_url: str | None = field(default=None, repr=False)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ, *, home: Path | None = None) -> "Settings":
        """Read ``RISICOATLAS_*``; an unusable value raises :class:`SettingError` with its name."""
        port = _integer(environ, "RISICOATLAS_PORT", 8080, 1, 65535)
        config = Path(environ.get("RISICOATLAS_CONFIG", CHECKOUT / "config")).resolve()
        if not config.is_dir():
            raise SettingError("RISICOATLAS_CONFIG", str(config), "a folder with the layout of config/")
        return cls(
            home=(home or Path(environ.get("RISICOATLAS_HOME", ".risicoatlas"))).resolve(),
            config=config,
            styles=config.parent / "styles" if (config.parent / "styles").is_dir() else CHECKOUT / "styles",
            host=environ.get("RISICOATLAS_HOST", "127.0.0.1"),
            port=port,
            workers=_integer(environ, "RISICOATLAS_WORKERS", 2, 1, 256),
            public_url=_url(environ, "RISICOATLAS_PUBLIC_URL", f"http://127.0.0.1:{port}"),
            database_url=environ.get("RISICOATLAS_DATABASE_URL") or None,
            loader_database_url=_loader_url(environ),
            streams_per_client=_integer(environ, "RISICOATLAS_STREAMS_PER_CLIENT", 6, 1, 1000),
            trusted_proxies=_networks(environ, "RISICOATLAS_TRUSTED_PROXIES"),
            smtp_url=_smtp(environ, "RISICOATLAS_SMTP_URL"),
            log=Path(environ["RISICOATLAS_LOG"]).resolve() if environ.get("RISICOATLAS_LOG") else None,
        )

    @property
    def streams(self) -> Bounds:
        """Whole layers that may be under way at once."""
        return Bounds(self.streams_per_client, WHOLE_LAYERS, WAITING)

    def on_port(self, port: int) -> "Settings":
        """The same settings on another port; a public URL that was derived from the port follows it."""
        derived = self.public_url == f"http://127.0.0.1:{self.port}"
        return replace(self, port=port, public_url=f"http://127.0.0.1:{port}" if derived else self.public_url)


def _integer(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name, str(default))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise SettingError(name, text, f"a whole number from {low} to {high}")
    return int(text)


def _loader_url(environ: Mapping[str, str]) -> str | None:
    name = "RISICOATLAS_LOADER_DATABASE_URL"
    if (found := environ.get(name)) and not environ.get("RISICOATLAS_DATABASE_URL"):
        raise SettingError(name, "an address", "none, since RISICOATLAS_DATABASE_URL names no server of your own")
    return found or None


def _networks(environ: Mapping[str, str], name: str) -> tuple[Network, ...]:
    text = environ.get(name, "")
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise SettingError(
            name, text, "addresses or networks with commas between, such as 10.0.0.4, 10.1.0.0/16"
        ) from None


def _smtp(environ: Mapping[str, str], name: str) -> str | None:
    """The address of a mail server; what was found is not repeated, since it may hold a password."""
    text = environ.get(name) or None
    if text is not None and not is_smtp(text):
        raise SettingError(name, "an address that is none", "one such as smtp://mail.example.nl:25")
    return text


def is_smtp(text: str) -> bool:
    """Whether this is ``smtp://`` or ``smtps://`` with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _url(environ: Mapping[str, str], name: str, default: str) -> str:
    text = environ.get(name, default).rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingError(name, text, "an http(s) address without query, such as https://atlas.example.nl")
    return text
