"""What answers the addresses of drafts: a call that was read in, an answer of JSON out. See :mod:`.drafts`."""

import json
from typing import Any

from werkzeug import Response

from risicoatlas.access import decide
from risicoatlas.catalogue import Text
from risicoatlas.delivery.calls import JSON, Body, Call, Route
from risicoatlas.delivery.rev import drafts, handlers, schemas
from risicoatlas.delivery.rev.drafts import Draft, Effect
from risicoatlas.delivery.rev.handlers import MOUNT
from risicoatlas.delivery.rev.writing import Write

DRAFTS = "/concepten"
TAG = "concepten"


def make(call: Call) -> Response:
    name = drafts.make(call.service, writes(call, "POST"), call.body)
    response = _one(call, name, 201)
    response.headers["Location"] = _address(call, name)
    return response


def listed(call: Call) -> Response:
    found = [_told(call, item) for item in drafts.listed(call.service, call.actor)]
    return _json(json.dumps({"_embedded": {"results": found}}, ensure_ascii=False))


def one(call: Call) -> Response:
    response = _one(call, call.values["concept"])
    response.make_conditional(call.request)
    return response


def share(call: Call) -> Response:
    asked = handlers.search_body(call.body, "delen")
    drafts.share(call.service, writes(call, "PUT"), call.values["concept"], asked["organisaties"])
    return _one(call, call.values["concept"])


def publish(call: Call) -> Response:
    done = drafts.publish(call.service, writes(call, "POST"), call.values["concept"])
    language = handlers.language_of(call)
    base = next(path for path, sort in handlers.SORTS.items() if sort == _sort(call))
    answer = {
        "registrationId": done.number,
        "identificatie": done.identification,
        "link": f"{call.service.settings.public_url}{MOUNT}{base}/{done.identification}",
        "object": done.message,
        "meldingen": [item.told(language) for item in done.remarks],
    }
    return _json(json.dumps(answer, ensure_ascii=False))


def discard(call: Call) -> Response:
    drafts.discard(call.service, writes(call, "DELETE"), call.values["concept"])
    return Response(status=204)


def writes(call: Call, method: str) -> Write:
    """The write of who calls; the kind of the message is known once it is read."""
    return Write(
        method=method,
        sort="",
        actor=call.actor,
        decision=call.decision or decide.REFUSED,
        request_id=call.request_id,
        versions=handlers.versions_of(call),
    )


def _sort(call: Call) -> str:
    draft, _, _ = drafts.read(call.service, call.actor, call.values["concept"])
    return draft.soort


def _one(call: Call, name: str, status: int = 200) -> Response:
    draft, content, effects = drafts.read(call.service, call.actor, name)
    told = {**_told(call, draft), "gevolgen": [_effect(item) for item in effects], "object": json.loads(content)}
    response = _json(json.dumps(told, ensure_ascii=False), status)
    response.set_etag(str(draft.versie))
    return response


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


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "laag": effect.laag,
        "toegevoegd": effect.toegevoegd,
        "beeindigd": effect.beeindigd,
        "gelijk": effect.gelijk,
    }


def _address(call: Call, name: str) -> str:
    return f"{call.service.settings.public_url}{MOUNT}{DRAFTS}/{name}"


def _json(content: str, status: int = 200) -> Response:
    return Response(content, status=status, mimetype=JSON, headers={"Content-Crs": "EPSG:28992"})


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
