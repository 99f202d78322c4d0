"""Notices to a municipality: what was published for it or awaits its decision, as an Atom feed and by mail.

In: rows of ``register.kgl_bericht``. Out: one feed per municipality (RFC 4287), and mails by SMTP where
``config/kgl.yaml`` names an address and recipients. A mail that cannot be sent is written down with its reason and
tried again at the next run; it stops nothing.
"""

import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from psycopg.rows import class_row

from risicoatlas.database import Connection
from risicoatlas.kgl.settings import Mail
from risicoatlas.web.language import LANGUAGES, Language

PATH = "/aanlevering/v1/kgl/gemeenten/{code}/berichten.xml"
MEDIA_TYPE = "application/atom+xml"
IN_FEED = 100
MAIL_TIMEOUT_S = 30
KINDS = ("toegevoegd", "vervallen", "herzien")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Notice:
    """One notice: ``soort`` is gepubliceerd or aangeboden, ``aantallen`` the counts per kind of change."""

    nummer: int
    gemeentecode: str
    naam: str
    run: int | None
    soort: str
    aantallen: Mapping[str, int]
    gemaakt_op: datetime

    def subject(self, language: Language) -> str:
        counts = ", ".join(
            f"{language.number(self.aantallen[kind])} {language.text(kind)}"
            for kind in KINDS
            if self.aantallen.get(kind)
        )
        return language.text(f"notice_{self.soort}", counts=counts)

    def text(self, language: Language) -> str:
        run = language.text("notice_run", run=self.run, moment=language.moment(self.gemaakt_op))
        return "\n".join([self.subject(language) + ".", language.text("notice_validate"), run])


_NOTICES = (
    "SELECT b.nummer, b.gemeentecode, coalesce(g.naam, b.gemeentecode) AS naam, b.run, b.soort, b.aantallen,"
    " b.gereed_op AS gemaakt_op FROM register.kgl_bericht b LEFT JOIN register.gemeente g USING (gemeentecode)"
)


@cache
def texts() -> dict[str, dict[str, Any]]:
    """``texts.yaml``: name → language → text."""
    content: dict[str, dict[str, Any]] = yaml.safe_load(
        (resources.files("risicoatlas.kgl") / "texts.yaml").read_text("utf-8")
    )
    return content


def language(code: str) -> Language:
    """The texts of reports and notices in one language, nl or en."""
    return Language(code, False, texts())


@cache
def templates() -> Environment:
    """The templates of feed and report; what is filled in is escaped."""
    return Environment(
        loader=PackageLoader("risicoatlas.kgl", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def feed(connection: Connection, code: str, public_url: str) -> bytes:
    """The Atom feed of a municipality, newest notice first; who may read it is decided before."""
    with connection.cursor(row_factory=class_row(Notice)) as cursor:
        found = cursor.execute(
            _NOTICES + " WHERE b.gemeentecode = %s AND b.gereed_op IS NOT NULL ORDER BY b.nummer DESC LIMIT %s",
            [code, IN_FEED],
        ).fetchall()
    row = connection.execute("SELECT naam FROM register.gemeente WHERE gemeentecode = %s", [code]).fetchone()
    name = row[0] if row else code
    both = [language(item) for item in LANGUAGES]
    page = (
        templates()
        .get_template("notices.xml")
        .render(
            id=f"{public_url}{PATH.format(code=code)}",
            title=" / ".join(item.text("feed_title", name=name) for item in both),
            updated=found[0].gemaakt_op if found else _NEVER,
            notices=found,
            languages=both,
            moment=lambda value: value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
    )
    return page.encode()


def send(connection: Connection, mail: Mail, sender_name: str = "RisicoAtlas") -> tuple[int, int]:
    """Send the mails that wait, commit after each; gives how many were sent and how many failed."""
    if mail.url is None or not mail.to:
        return 0, 0
    with connection.cursor(row_factory=class_row(Notice)) as cursor:
        waiting = cursor.execute(
            _NOTICES + " WHERE b.verzonden_op IS NULL AND b.gereed_op > now() - interval '7 days'"
            " AND b.gemeentecode = ANY (%s) ORDER BY b.nummer",
            [list(mail.to)],
        ).fetchall()
    connection.commit()
    if not waiting:
        return 0, 0
    try:
        with _server(mail) as server:
            return _send_each(connection, server, mail, waiting, sender_name)
    except (OSError, smtplib.SMTPException) as error:
        _written_down(connection, [item.nummer for item in waiting], _reason(error))
        return 0, len(waiting)


def _send_each(
    connection: Connection, server: smtplib.SMTP, mail: Mail, waiting: Sequence[Notice], sender_name: str
) -> tuple[int, int]:
    failed = 0
    for item in waiting:
        try:
            server.send_message(_message(item, mail, sender_name))
        except smtplib.SMTPException as error:
            failed += 1
            _written_down(connection, [item.nummer], _reason(error))
        else:
            _written_down(connection, [item.nummer], None)
    return len(waiting) - failed, failed


def _message(item: Notice, mail: Mail, sender_name: str) -> EmailMessage:
    """Plain text, Dutch first."""
    both = [language(code) for code in LANGUAGES]
    message = EmailMessage()
    message["From"] = f"{sender_name} <{mail.sender}>"
    message["To"] = ", ".join(mail.to[item.gemeentecode])
    # a name comes from a source: the end of a line in it would be the end of the header
    message["Subject"] = f"{' '.join(item.naam.split())}: {item.subject(both[0])}"
    message["Date"] = formatdate(item.gemaakt_op.timestamp())
    message["Message-ID"] = make_msgid(f"kgl-{item.nummer}", domain=str(mail.sender).partition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(item.text(each) for each in both) + "\n")
    return message


@contextmanager
def _server(mail: Mail) -> Iterator[smtplib.SMTP]:
    """A session with the server, under TLS unless the settings leave that out."""
    parts = urlsplit(str(mail.url))
    host, context = str(parts.hostname), ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=MAIL_TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=MAIL_TIMEOUT_S)
    with server:
        if parts.scheme == "smtp" and mail.starttls:
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _reason(error: Exception) -> str:
    """What went wrong, without what a server may have repeated of a password."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return f"{type(error).__name__}: {error}"[:200]


def _written_down(connection: Connection, numbers: Sequence[int], reason: str | None) -> None:
    connection.execute(
        "UPDATE register.kgl_bericht SET fout = %s,"
        " verzonden_op = CASE WHEN %s::text IS NULL THEN clock_timestamp() END WHERE nummer = ANY (%s)",
        [reason, reason, list(numbers)],
    )
    connection.commit()
