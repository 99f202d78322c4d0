"""What answers the addresses of drafts: a call that was read in, an answer of JSON out. See :mod:`.drafts`."""

import json
from dataclasses import asdict
from typing import Any

from werkzeug import Response

from risicoatlas.catalogue import Text
from risicoatlas.delivery.calls import Body, Call, Route
from risicoatlas.delivery.rev import drafts, handlers, schemas
from risicoatlas.delivery.rev.drafts import Draft
from risicoatlas.delivery.rev.handlers import MOUNT, json_answer, write_of

DRAFTS = "/concepten"
TAG = "concepten"


def make(call: Call) -> Response:
    name = drafts.make(call.service, write_of(call), call.body)
    response = _one(call, name, 201)
    response.headers["Location"] = _address(call, name)
    return response


def listed(call: Call) -> Response:
    found = [_told(call, item) for item in drafts.listed(call.service, call.actor)]
    return json_answer(call, json.dumps({"_embedded": {"results": found}}, ensure_ascii=False))


def one(call: Call) -> Response:
    return _one(call, call.values["concept"])


def share(call: Call) -> Response:
    asked = handlers.search_body(call.body, "delen")
    drafts.share(call.service, write_of(call), call.values["concept"], asked["organisaties"])
    return _one(call, call.values["concept"])


def publish(call: Call) -> Response:
    draft, done = drafts.publish(call.service, write_of(call), call.values["concept"])
    base = next(path for path, sort in handlers.SORTS.items() if sort == draft.soort)
    return json_answer(call, json.dumps(handlers.registered(call, base, done), ensure_ascii=False))


def discard(call: Call) -> Response:
    drafts.discard(call.service, write_of(call), call.values["concept"])
    return Response(status=204)


def _one(call: Call, name: str, status: int = 200) -> Response:
    draft, content, effects = drafts.read(call.service, call.actor, name)
    told = {**_told(call, draft), "gevolgen": [asdict(item) for item in effects], "object": json.loads(content)}
    return json_answer(call, json.dumps(told, ensure_ascii=False), draft.versie, status)


def _told(call: Call, draft: Draft) -> dict[str, Any]:
    language = handlers.language_of(call)
    return {
        "id": draft.id,
        "link": _address(call, draft.id),
        "bronhoudercode": draft.bronhoudercode,
        "identificatie": draft.identificatie,
        "nieuw": draft.methode == "POST",
        "registrationId": draft.gepubliceerd_als or draft.registratie,
        "bestand": draft.bestand,
        "gemaaktOp": draft.gemaakt_op.isoformat(),
        "gepubliceerdOp": draft.gepubliceerd_op.isoformat() if draft.gepubliceerd_op else None,
        "gedeeldMet": draft.gedeeld_met,
        "meldingen": [item[language] for item in draft.meldingen],
    }


def _address(call: Call, name: str) -> str:
    return f"{call.service.settings.public_url}{MOUNT}{DRAFTS}/{name}"


_MESSAGE = Body("bericht", schemas.BODIES["bericht"], Text("Een IMEV-bericht", "An IMEV message"))
_SHARED = Body("delen", schemas.BODIES["delen"], Text("Wie mee mag lezen", "Who may read it too"))
ROUTES: tuple[Route, ...] = (
    Route(
        "GET", DRAFTS, "concepten", listed,
        Text("Uw concepten, en die met u zijn gedeeld", "Your drafts, and those that were shared with you"),
        "concepten", tag=TAG, private=True,
    ),
    Route(
        "POST", DRAFTS, "conceptMaken", make,
        Text("Een concept maken: beoordeeld en niet openbaar", "Make a draft: judged and not public"), "concept",
        body=_MESSAGE, writes=True, versioned=True, tag=TAG, statuses=("201",),
    ),
    Route(
        "GET", f"{DRAFTS}/<concept>", "concept", one,
        Text(
            "Een concept, met wat er in de lagen door verandert", "A draft, with what it changes in the layers"
        ),
        "concept", versioned=True, tag=TAG, private=True,
    ),
    Route(
        "DELETE", f"{DRAFTS}/<concept>", "conceptVerwerpen", discard, Text("Verwerpen", "Discard"), "concept",
        writes=True, tag=TAG, statuses=("204",),
    ),
    Route(
        "PUT", f"{DRAFTS}/<concept>/delen", "conceptDelen", share,
        Text("Bepalen welke organisaties mee mogen lezen", "Say which organisations may read it too"), "concept",
        body=_SHARED, writes=True, versioned=True, tag=TAG,
    ),
    Route(
        "POST", f"{DRAFTS}/<concept>/publiceren", "conceptPubliceren", publish,
        Text("Registreren en publiceren", "Register and publish"), "geregistreerd", writes=True, tag=TAG,
    ),
)  # fmt: skip
