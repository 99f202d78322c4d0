"""GML 3.1.1 in a collection of WFS 1.1.0. The SQL of a feature is that of GML 3.2: Simple Features look the same in
both, but for the namespace that the prefix is bound to."""

from markupsafe import escape
from psycopg.sql import Composable

from risicoatlas.features.plan import Plan
from risicoatlas.wfs.dialect import GML311, WFS11
from risicoatlas.wfs.formats import About, gml32


class Gml311(gml32.Gml32):
    """The writer of ``text/xml; subtype=gml/3.1.1``. Old clients read ``gml:featureMember``, one per feature."""

    media_type = GML311
    dialect = WFS11

    def row(self, plan: Plan) -> Composable:
        return gml32.feature(plan, before="<gml:featureMember>", after="</gml:featureMember>")

    def head(self, about: About) -> bytes:
        """``numberOfFeatures`` counts the features that follow, or those that match where only hits are asked."""
        number = about.matched if about.hits else about.returned
        stated = f' timeStamp="{about.time_stamp}" numberOfFeatures="{escape(number or 0)}"'
        return f"{gml32.DECLARATION}<wfs:FeatureCollection{gml32.attributes(about, WFS11)}{stated}>".encode()

    def part_head(self, about: About) -> bytes:
        """A collection holds features only, so the answers of several queries follow one another."""
        return b""

    def part_tail(self, about: About) -> bytes:
        return b""
