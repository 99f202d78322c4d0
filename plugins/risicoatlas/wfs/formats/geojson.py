"""GeoJSON as the real register's GeoServer gives it: east or longitude first in every CRS, which ``crs`` names.

RFC 7946 knows longitude and latitude only and no ``crs``; GDAL and QGIS read the member, and clients of the register
rely on getting RD.
"""

import json
from dataclasses import replace
from typing import Any

from psycopg.sql import Composable

from risicoatlas import crs
from risicoatlas.features import unpublished
from risicoatlas.features.geojson import feature_row
from risicoatlas.features.plan import Plan
from risicoatlas.wfs.formats import About

# Made once: `json.dumps` makes one on every call that is not the plainest.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class GeoJson:
    """The writer of ``application/json``."""

    media_type = "application/json; charset=utf-8"
    separator = b",\n"

    def row(self, plan: Plan) -> Composable:
        if plan.crs.latitude_first:
            plan = replace(plan, crs=replace(plan.crs, latitude_first=False))
        return feature_row(plan, f"{plan.layer.name}.")

    def cleaned(self, chunk: bytes) -> bytes:
        return chunk

    def head(self, about: About) -> bytes:
        name = about.srs_name
        named = {"crs": {"type": "name", "properties": {"name": name}}} if name else {}
        opening = _json({"type": "FeatureCollection", **named})
        return opening[:-1] + b',"features":[\n'

    def tail(self, about: About) -> bytes:
        members: dict[str, Any] = {
            "numberMatched": about.matched,
            "numberReturned": about.returned,
            "timeStamp": about.time_stamp,
            "numberTested": about.tested,
            "publicatie": about.publication,
            unpublished.MEMBER: unpublished.members(about.unpublished) or None,
        }
        members = {name: value for name, value in members.items() if value is not None}
        links = [("next", about.next), ("previous", about.previous)]
        members["links"] = [
            {"rel": rel, "href": href, "type": "application/json", "title": f"{rel} page"}
            for rel, href in links
            if href
        ]
        return b"\n]," + _json(members)[1:]

    def part_head(self, about: About) -> bytes:
        """A collection holds features only, so the answers of several queries follow one another."""
        return b""

    def part_tail(self, about: About) -> bytes:
        return b""

    def single(self, plan: Plan, base_url: str) -> Composable:
        return self.row(plan)


def _json(members: dict[str, Any]) -> bytes:
    return _ENCODER.encode(members).encode()


def srs_member(system: crs.Crs) -> str | None:
    """The name in the ``crs`` member; longitude and latitude in WGS84 are what GeoJSON means by itself."""
    return None if system.srid == 4326 else f"{crs.EPSG_URN}{system.srid}"
