"""Answers of GetFeature that are a file of one feature type: CSV as it streams, and files that are built first."""

from dataclasses import replace

from risicoatlas import conditional
from risicoatlas.access.actor import Actor
from risicoatlas.errors import RequestError
from risicoatlas.features import files, unpublished
from risicoatlas.features.files import FileFormat
from risicoatlas.features.join import Asked
from risicoatlas.features.plan import plan_query
from risicoatlas.features.query import Reading
from risicoatlas.features.request import FeatureRequest
from risicoatlas.service import Service
from risicoatlas.wfs import paging
from risicoatlas.wfs.answers import Answer, not_modified
from risicoatlas.wfs.requests import GetFeature


def one_request(groups: list[list[Asked]], asked: str) -> FeatureRequest:
    """The one query of a file; a file holds one table."""
    (found, *others) = [item for group in groups for item in group]
    if others or not isinstance(found, FeatureRequest):
        raise RequestError(f"{asked} holds one feature type: ask the others in requests of their own", "outputFormat")
    return found


def built(form: FileFormat, request: GetFeature, found: FeatureRequest, actor: Actor, service: Service) -> Answer:
    """The file of a page, or of everything where no ``count`` is given; a HEAD request has nothing built."""
    shown = request.presentation
    if shown.gewijzigd_sinds is not None:
        raise paging.no_changes()
    _ = service.signing_key
    locators = replace(found.locators, offset=paging.LOCATORS.offset)
    found = replace(found, cursor=shown.cursor, limit=shown.count, offset=shown.startIndex, locators=locators)
    with Reading(plan_query(found, actor, service), service, locators) as reading:
        valid = paging.validator(request, reading, actor, service)
        if valid and conditional.asked().met_by(valid):
            return not_modified(valid)
        headers = (
            ("X-Publication", str(reading.state.publication)),
            *unpublished.header(unpublished.touched(found, reading, service)),
            *(valid.headers() if valid else ()),
        )
        answer = Answer((), form.media_type, headers=headers)
        return named(answer if conditional.asked().head else _whole(answer, form, reading, service), found, form.suffix)


def _whole(answer: Answer, form: FileFormat, reading: Reading, service: Service) -> Answer:
    spool = files.build(form, reading, service)
    more = [("Content-Length", str(spool.size))]
    if not spool.count and not reading.plan.position:
        more.append(("X-Objects-Tested", str(reading.tested())))
    return replace(answer, body=spool, headers=(*answer.headers, *more), close=spool.close)


def named(answer: Answer, found: FeatureRequest, suffix: str) -> Answer:
    """An answer as a file that a browser saves, with the CRS that its format may have no place for."""
    crs = (("Content-Crs", f"<{found.crs.uri}>"),) if found.crs else ()
    return replace(answer, headers=(*answer.headers, files.disposition(found.layer, suffix), *crs))
