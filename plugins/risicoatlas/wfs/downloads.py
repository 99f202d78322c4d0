"""Answers of GetFeature that are a file of one feature type: CSV as it streams, and files that are built first."""

from dataclasses import replace

from risicoatlas.errors import RequestError
from risicoatlas.features import files, query
from risicoatlas.features.files import FileFormat
from risicoatlas.features.plan import Plan
from risicoatlas.service import Service
from risicoatlas.wfs.answers import Answer
from risicoatlas.wfs.requests import Presentation


def one_plan(plans: list[list[Plan]], asked: str) -> Plan:
    """The one plan of a file; a file holds one table."""
    (plan, *others) = [plan for group in plans for plan in group]
    if others:
        raise RequestError(f"{asked} holds one feature type: ask the others in requests of their own", "outputFormat")
    return plan


def built(form: FileFormat, plan: Plan, presentation: Presentation, service: Service) -> Answer:
    """The file of a page, or of everything where no ``count`` is given."""
    plan = replace(plan, offset=presentation.startIndex, limit=presentation.count)
    spool = files.build(form, plan, service)
    headers = [("Content-Length", str(spool.size)), *headers_of(plan, form.suffix)]
    if not spool.count and not plan.offset:
        headers.append(("X-Objects-Tested", str(query.tested(plan, service))))
    return Answer(spool, form.media_type, headers=tuple(headers), close=spool.close)


def named(answer: Answer, plan: Plan, suffix: str) -> Answer:
    """An answer under way as a file that a browser saves."""
    return replace(answer, headers=(*answer.headers, *headers_of(plan, suffix)))


def headers_of(plan: Plan, suffix: str) -> tuple[tuple[str, str], ...]:
    """The name of the file, and the CRS that its format may have no place for."""
    return (files.disposition(plan.layer, suffix), ("Content-Crs", f"<{plan.crs.uri}>"))
