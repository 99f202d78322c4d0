"""What answers the addresses of a municipality's KGL: a call that was read in, a JSON answer out.

The table of addresses is :data:`ROUTES`.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from werkzeug import Response

from risicoatlas.catalogue import Text
from risicoatlas.delivery import calls, schemas
from risicoatlas.delivery.calls import Body, Call, Parameter, Route
from risicoatlas.errors import NotFoundError
from risicoatlas.kgl import acts, corrections, lists, notices, proposals, purge, reading, reports, workflow
from risicoatlas.kgl import settings as kgl_settings
from risicoatlas.kgl.reading import Value
from risicoatlas.providers.html import HEADERS
from risicoatlas.rules import check

MOUNT = "/aanlevering/v1/kgl"
RULE_SET = "basisvulling"
MAX_LIMIT = 1000
MAX_DIGITS = 19
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def home(call: Call) -> Response:
    """Who asks, and the municipalities that the key reaches. The header carries what a page of ours must send back."""
    layer = call.service.catalogue.get(acts.LAYER)
    writable = call.service.rules.decide_write(call.actor, layer)
    with call.reading() as connection:
        rows = connection.execute(
            "SELECT gemeentecode, naam FROM register.gemeente FULL JOIN register.kgl_gemeente USING (gemeentecode)"
            " WHERE gemeentecode ~ '^GM' AND register.kgl_mag(gemeentecode) ORDER BY gemeentecode"
        ).fetchall()
    found = [
        {
            "gemeentecode": code,
            "naam": name,
            "mag_wijzigen": writable.reaches(code),
            "href": _address(call, f"/gemeenten/{code}"),
        }
        for code, name in rows
    ]
    answer = {"rol": call.actor.role, "organisatie": call.actor.organisation, "gemeenten": found}
    links = [
        _link(call, "", "self"),
        _link(call, "/openapi.json", "service-desc"),
        _link(call, "/openapi", "service-doc"),
    ]
    return calls.json_answer({**answer, "links": links})


def state(call: Call) -> Response:
    with call.reading() as connection:
        return _state(call, reading.state(connection, call.code))


def take(call: Call) -> Response:
    with call.owning() as connection:
        return _state(call, workflow.take(connection, call.service.catalogue, call.act))


def variant(call: Call) -> Response:
    with call.owning() as connection:
        found = workflow.set_variant(connection, call.service.catalogue, call.act, call.body["variant"])
    return _state(call, found)


def validate(call: Call) -> Response:
    named = call.body["functies"]
    functions = None if named == "alle" else named
    with call.owning() as connection:
        found = workflow.validate(
            connection, call.service.catalogue, call.act, functions, valid=call.body.get("gevalideerd", True)
        )
    return _state(call, found)


def publish(call: Call) -> Response:
    panden = call.body.get("panden")
    part = workflow.Part(call.body.get("functie"), tuple(panden) if panden else None)
    with call.owning() as connection:
        done = workflow.publish(connection, call.service.catalogue, call.act, part)
    return _state(call, done.state, publicatie=done.publication, gewijzigd=done.changed)


def withdraw(call: Call) -> Response:
    with call.owning() as connection:
        done = workflow.withdraw(connection, call.service.catalogue, call.act, call.body["reden"])
    purge.purge(call.service.settings, call.service.catalogue, done.publication)
    return _state(call, done.state, publicatie=done.publication, gewijzigd=done.changed)


def buildings(call: Call) -> Response:
    asked = call.parameters
    wanted = reading.Filter(
        category=asked.get("categorie"),
        function=asked.get("functie"),
        corrected=asked.get("gecorrigeerd"),
        draft=asked.get("concept"),
        proposal_changed=asked.get("voorstel_gewijzigd"),
        warning=asked.get("waarschuwing"),
        after=asked.get("na", ""),
        limit=asked["limit"],
    )
    with call.reading() as connection:
        reading.known(connection, call.code)
        found = reading.buildings(connection, call.code, wanted)
    for row in found:
        row["href"] = _address(call, f"/gemeenten/{call.code}/gebouwen/{row['pand']}")
    return _page(call, "gebouwen", found, "pand")


def building(call: Call) -> Response:
    with call.reading() as connection:
        return _building(call, reading.building(connection, call.code, _pand(call)))


def correct(call: Call) -> Response:
    correction = corrections.Correction(call.body["categorie"], call.body["reden"].strip())
    with call.writing() as connection:
        found = corrections.correct(connection, call.act, _pand(call), correction)
    return _building(call, found)


def uncorrect(call: Call) -> Response:
    with call.writing() as connection:
        found = corrections.withdraw(connection, call.act, _pand(call))
    return _building(call, found)


def corrected(call: Call) -> Response:
    with call.reading() as connection:
        reading.known(connection, call.code)
        found = reading.corrections(
            connection, call.code, call.parameters["na"], call.parameters["limit"], everything=call.parameters["alle"]
        )
    return _page(call, "correcties", found, "nummer")


def events(call: Call) -> Response:
    with call.reading() as connection:
        reading.known(connection, call.code)
        found = reading.events(connection, call.code, call.parameters["na"], call.parameters["limit"])
    return _page(call, "gebeurtenissen", found, "nummer")


def listed(call: Call) -> Response:
    with call.reading() as connection:
        reading.known(connection, call.code)
        found = lists.rows(connection, call.code, _kind(call), call.parameters["na"], call.parameters["limit"])
    return _page(call, "regels", found, "nummer")


def upload(call: Call) -> Response:
    delivery = lists.Delivery(
        _kind(call), call.body, partly=call.parameters["deels"], replace=call.parameters["vervangen"]
    )
    rules = check.read_checked(call.service.settings.config, RULE_SET)
    with call.owning() as connection:
        result = lists.upload(connection, call.act, rules, delivery)
    return calls.json_answer(asdict(result))


def changes(call: Call) -> Response:
    asked = call.parameters
    with call.reading() as connection:
        reading.known(connection, call.code)
        found = proposals.listed(
            connection, call.code, proposals.Filter(asked["status"], asked.get("run"), asked["na"], asked["limit"] + 1)
        )
    return _page(call, "wijzigingen", [asdict(item) for item in found], "nummer")


def decide(call: Call) -> Response:
    numbers = call.body.get("nummers")
    selection = proposals.Selection(tuple(numbers) if numbers else None, call.body.get("functie"))
    approve = call.body["besluit"] == schemas.DECISIONS[0]
    with call.owning() as connection:
        done = workflow.decide(connection, call.service.catalogue, call.act, selection, approve=approve)
    return _state(call, done.state, besloten=done.decided, achterhaald=done.overtaken, publicatie=done.publication)


def report(call: Call) -> Response:
    """The report of a run on this municipality alone."""
    run = call.values["run"]
    if not (run.isascii() and run.isdecimal() and len(run) < MAX_DIGITS):
        raise NotFoundError(f"run {run[:40]!r}: verwacht een nummer", "run")
    out = io.StringIO()
    with call.reading() as connection:
        reading.known(connection, call.code)
        if call.parameters["f"] == "csv":
            reports.write_csv(connection, int(run), out, call.code)
            return Response(out.getvalue(), mimetype="text/csv")
        reports.write_html(connection, int(run), out, call.code, call.parameters["lang"])
    response = Response(out.getvalue(), mimetype="text/html")
    # its only style stands in the page itself
    response.headers.update({**HEADERS, "Content-Security-Policy": REPORT_POLICY})
    response.headers["Content-Language"] = call.parameters["lang"]
    return response


def feed(call: Call) -> Response:
    with call.reading() as connection:
        reading.known(connection, call.code)
        page = notices.feed(connection, call.code, call.service.settings.public_url)
    return Response(page, mimetype=notices.MEDIA_TYPE)


def ribbons(call: Call) -> Response:
    out = io.StringIO()
    default_m = kgl_settings.read(call.service.settings.config).ribbon_distance_m
    with call.owning() as connection:
        reading.known(connection, call.code)
        reports.write_ribbons(connection, out, call.parameters.get("afstand_m", default_m), call.code)
    return Response(out.getvalue(), mimetype="text/csv")


# --- answers ----------------------------------------------------------------------------------------------------------


def _state(call: Call, found: Value, **more: object) -> Response:
    root = f"/gemeenten/{call.code}"
    names = ("gebouwen", "correcties", "wijzigingen", "gebeurtenissen", *(f"lijsten/{kind}" for kind in lists.KINDS))
    links = [_link(call, root, "self"), *(_link(call, f"{root}/{name}", name.partition("/")[0]) for name in names)]
    return calls.json_answer({**found, **more, "links": links}, reading.etag(found), call.request)


def _building(call: Call, found: Value) -> Response:
    root = f"/gemeenten/{call.code}"
    links = [_link(call, f"{root}/gebouwen/{found['pand']}", "self"), _link(call, root, "collection")]
    return calls.json_answer({**found, "links": links}, reading.etag(found), call.request)


def _page(call: Call, member: str, found: Sequence[Mapping[str, Any]], key: str) -> Response:
    """At most ``limit`` rows; ``found`` holds one more where there is a next page."""
    limit = call.parameters["limit"]
    rows = list(found[:limit])
    path = call.request.path.removeprefix("/kgl")
    links = [_link(call, path, "self")]
    if len(found) > limit:
        asked = {name: value for name, value in call.request.args.items() if name != "na"}
        links.append(_link(call, f"{path}?{urlencode({**asked, 'na': rows[-1][key]})}", "next"))
    return calls.json_answer({member: rows, "links": links})


def _address(call: Call, path: str) -> str:
    return f"{call.service.settings.public_url}{MOUNT}{path}"


def _link(call: Call, path: str, rel: str) -> dict[str, str]:
    return {"href": _address(call, path), "rel": rel}


def _pand(call: Call) -> str:
    pand = call.values["pand"]
    if not (len(pand) == 16 and pand.isascii() and pand.isdecimal()):
        raise NotFoundError(f"gebouw {pand[:40]!r}: verwacht 16 cijfers", "pand")
    return pand


def _kind(call: Call) -> str:
    kind = call.values["soort"]
    if kind not in lists.KINDS:
        raise NotFoundError(f"er is geen lijst {kind[:40]!r}; wel: {', '.join(lists.KINDS)}", "soort")
    return kind


# --- the table --------------------------------------------------------------------------------------------------------

LIMIT = Parameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 100},
    Text("Hoogste aantal in een pagina", "Most in a page"),
)  # fmt: skip
AFTER_NUMBER = Parameter(
    "na",
    {"type": "integer", "minimum": 0, "default": 0},
    Text("Alleen wat na dit nummer komt", "Only after this number"),
)
_BUILDING_FILTERS = (
    LIMIT,
    Parameter("na", {"type": "string", "pattern": "[0-9]{16}"}, Text("Alleen na dit pand", "Only after this building")),
    Parameter(
        "categorie",
        {"type": "string", "enum": list(reading.CATEGORIES)},
        Text("Alleen met deze geldende categorie", "Only with this category"),
    ),
    Parameter("functie", {"type": "string"}, Text("Alleen met deze gebruiksfunctie", "Only with this gebruiksfunctie")),
    Parameter("gecorrigeerd", {"type": "boolean"}, Text("Alleen met, of zonder, correctie", "Only with a correction")),
    Parameter("concept", {"type": "boolean"}, Text("Alleen met, of zonder, concept", "Only with a draft")),
    Parameter(
        "voorstel_gewijzigd",
        {"type": "boolean"},
        Text(
            "Alleen waar het voorstel na de correctie anders werd", "Only where the proposal changed after a correction"
        ),
    ),
    Parameter("waarschuwing", {"type": "string"}, Text("Alleen met deze waarschuwing", "Only with this warning")),
)
_ALL = Parameter("alle", {"type": "boolean", "default": False}, Text("Ook wat vervallen is", "Those that ended too"))
_PARTLY = Parameter(
    "deels", {"type": "boolean", "default": False},
    Text("Neem de goede regels over, ook als er foute zijn", "Take over the lines that are right beside wrong ones"),
)  # fmt: skip
_REPLACE = Parameter(
    "vervangen", {"type": "boolean", "default": False},
    Text(
        "Laat vervallen wat er niet in staat; elke regel moet dan goed zijn, ook met deels",
        "End what is not in it; every line must be right then, with deels too",
    ),
)  # fmt: skip

_DISTANCE = Parameter(
    "afstand_m", {"type": "integer", "minimum": 1, "maximum": 10_000},
    Text("Afstand tot de leiding; anders die van de instellingen", "Distance to the pipeline; else of the settings"),
)  # fmt: skip
_STATUS = Parameter(
    "status", {"type": "string", "enum": ["aangeboden", *schemas.CHANGE_STATES], "default": "aangeboden"},
    Text("Alleen met deze status; aangeboden wacht op u", "Only with this status; aangeboden awaits your decision"),
)  # fmt: skip
_RUN = Parameter("run", {"type": "integer", "minimum": 1}, Text("Alleen van deze run", "Only of this run"))
_FORMAT = Parameter("f", {"type": "string", "enum": ["html", "csv"], "default": "html"}, Text("Vorm", "Format"))
_LANGUAGE = Parameter("lang", {"type": "string", "enum": ["nl", "en"], "default": "nl"}, Text("Taal", "Language"))


def _body(name: str, text: Text, empty: object = None) -> Body:
    return Body(name, schemas.BODIES[name], text, empty)


_NOTHING = _body("leeg", Text("Niets, of een leeg object", "Nothing, or an empty object"), {})
_LIST = Body(
    "lijst", None,
    Text(
        "CSV met kop: pand, verblijfsobject, of postcode, huisnummer, huisletter, toevoeging; en detail, reden",
        "CSV with a header: pand, verblijfsobject, or postcode, huisnummer, huisletter, toevoeging; and detail, reden",
    ),
)  # fmt: skip
_OF = "/gemeenten/<code>"
# One row per address and method: another one is another row here, with its schemas in schemas.py.
ROUTES: tuple[Route, ...] = (
    Route("GET", "", "begin", home, Text("Wie u bent, en uw gemeenten", "Who you are"), "begin", tag="begin"),
    Route("GET", _OF, "stand", state, Text("Stand en voortgang", "State and progress"), "stand", versioned=True),
    Route(
        "POST", f"{_OF}/overname", "overname", take,
        Text("In eigendom nemen", "Take into ownership"), "stand",
        body=_NOTHING, writes=True, conditional=True, versioned=True,
    ),
    Route(
        "POST", f"{_OF}/variant", "variant", variant,
        Text("Beheervariant kiezen", "Choose how changes are handled"), "stand",
        body=_body("variant", Text("De variant", "The variant")), writes=True, conditional=True, versioned=True,
    ),
    Route(
        "POST", f"{_OF}/validatie", "validatie", validate,
        Text("Valideren per gebruiksfunctie", "Validate per gebruiksfunctie"), "stand",
        body=_body("validatie", Text("De functies", "The functions")), writes=True, conditional=True, versioned=True,
    ),
    Route(
        "POST", f"{_OF}/publicatie", "publicatie", publish,
        Text("Publiceren: alles, een functie, of enkele gebouwen", "Publish all, a function, or some buildings"),
        "gepubliceerd",
        body=_body("publicatie", Text("Wat", "What"), {}), writes=True, conditional=True, versioned=True,
    ),
    Route(
        "POST", f"{_OF}/intrekking", "intrekking", withdraw,
        Text("Publicatie intrekken", "Withdraw from the public"), "gepubliceerd",
        body=_body("intrekking", Text("Waarom", "Why")), writes=True, conditional=True, versioned=True,
    ),
    Route(
        "GET", f"{_OF}/gebouwen", "gebouwen", buildings,
        Text("Gebouwen van de gemeente", "Buildings of the municipality"), "gebouwen",
        parameters=_BUILDING_FILTERS, tag="gebouw",
    ),
    Route(
        "GET", f"{_OF}/gebouwen/<pand>", "gebouw", building,
        Text("Een gebouw: voorstel, correctie en geschiedenis", "A building: proposal, correction and history"),
        "gebouw", versioned=True, tag="gebouw",
    ),
    Route(
        "PUT", f"{_OF}/gebouwen/<pand>/correctie", "corrigeren", correct,
        Text("Label corrigeren, als concept", "Correct the label, as a draft"), "gebouw",
        body=_body("correctie", Text("Label en reden", "Label and reason")),
        writes=True, conditional=True, versioned=True, tag="gebouw",
    ),
    Route(
        "DELETE", f"{_OF}/gebouwen/<pand>/correctie", "correctieIntrekken", uncorrect,
        Text("Correctie intrekken, als concept", "Withdraw a correction, as a draft"), "gebouw",
        writes=True, conditional=True, versioned=True, tag="gebouw",
    ),
    Route(
        "GET", f"{_OF}/correcties", "correcties", corrected,
        Text("Correcties van de gemeente", "Corrections of the municipality"), "correcties",
        parameters=(LIMIT, AFTER_NUMBER, _ALL), tag="gebouw",
    ),
    Route(
        "GET", f"{_OF}/lijsten/<soort>", "lijst", listed,
        Text("Eigen lijst: zorg, kinderopvang of lint", "Own list: care, childcare or ribbon"), "lijst",
        parameters=(LIMIT, AFTER_NUMBER), tag="lijst",
    ),
    Route(
        "POST", f"{_OF}/lijsten/<soort>", "lijstAanleveren", upload,
        Text("Eigen lijst aanleveren; If-Match is die van de stand", "Deliver an own list; If-Match is of the state"),
        "lijstverslag", parameters=(_PARTLY, _REPLACE), body=_LIST, writes=True, conditional=True, tag="lijst",
    ),
    Route(
        "GET", f"{_OF}/lijsten/lint/werklijst", "lintWerklijst", ribbons,
        Text("Woningen bij een buisleiding die op geen lintlijst staan", "Dwellings near a pipeline on no ribbon list"),
        "bestand", parameters=(_DISTANCE,), tag="lijst", media_types=("text/csv",),
    ),
    Route(
        "GET", f"{_OF}/wijzigingen", "wijzigingen", changes,
        Text("Wijzigingen die runs voorstellen", "Changes that runs propose"), "wijzigingen",
        parameters=(LIMIT, AFTER_NUMBER, _STATUS, _RUN), tag="wijziging",
    ),
    Route(
        "POST", f"{_OF}/wijzigingen/besluit", "besluiten", decide,
        Text("Goedkeuren of afwijzen; If-Match is die van de stand", "Approve or reject; If-Match is of the state"),
        "besloten", body=_body("besluit", Text("Wat, en welke", "What, and which")),
        writes=True, conditional=True, versioned=True, tag="wijziging",
    ),
    Route(
        "GET", f"{_OF}/runs/<run>/rapport", "rapport", report,
        Text("Verslag van een run", "Report of a run"), "bestand",
        parameters=(_FORMAT, _LANGUAGE), tag="wijziging", media_types=("text/html", "text/csv"),
    ),
    Route(
        "GET", f"{_OF}/berichten.xml", "berichten", feed,
        Text("Berichten als Atom-feed", "Notices as an Atom feed"), "bestand",
        tag="wijziging", media_types=(notices.MEDIA_TYPE,),
    ),
    Route(
        "GET", f"{_OF}/gebeurtenissen", "gebeurtenissen", events,
        Text("Alles wat er gebeurd is", "Everything that happened"), "gebeurtenissen",
        parameters=(LIMIT, AFTER_NUMBER),
    ),
)  # fmt: skip
