"""A municipality publishes, and takes back: nothing of it stays, in no state of the layer."""

from tests.kgl.conftest import Office, office

from .test_counts import rows

CODE = "GM9901"
__all__ = ["office"]


def counted(office: Office) -> int:
    """Areas that touch the municipality and tell a count."""
    query = "SELECT count(*) FROM publiek.signalering WHERE gemeenten LIKE %s AND (zkg IS NOT NULL OR gevonden > 0)"
    return int(rows(office.town, query, f"%{CODE}%")[0][0])


def test_what_was_withdrawn_is_in_no_state_of_the_layer(office: Office) -> None:
    visitor = office.of(CODE)
    assert counted(office) > 0
    pand = rows(
        office.town,
        "SELECT k.id_pand_bag FROM publiek.kgl_public k JOIN publiek.signalering s ON ST_Intersects(k.geometrie,"
        " s.geometrie) WHERE s.gemeenten = %s AND k.categorie_kwetsbaarheid = 'kwetsbaar' ORDER BY 1 LIMIT 1",
        CODE,
    )[0][0]
    before = rows(office.town, "SELECT sum(zkg) FROM publiek.signalering WHERE publicatie_tot IS NULL")[0][0]
    assert visitor.correct(pand, "zeerKwetsbaar").status_code == 200
    assert visitor.act("publicatie").status_code == 200
    after = rows(office.town, "SELECT sum(zkg) FROM publiek.signalering WHERE publicatie_tot IS NULL")[0][0]
    assert after > before
    ended = rows(office.town, "SELECT count(*) FROM publiek.signalering WHERE publicatie_tot IS NOT NULL")[0][0]
    assert ended > 0

    assert visitor.act("intrekking", {"reden": "Proef."}).status_code == 200
    assert counted(office) == 0
    assert rows(office.town, "SELECT count(*) FROM publiek.signalering WHERE publicatie_tot IS NOT NULL") == [(0,)]
    kept, newest = rows(
        office.town,
        "SELECT vanaf, (SELECT max(nummer) FROM publiek.publicatie) FROM publiek.laag_bewaard"
        " WHERE laag = 'signalering'",
    )[0]
    assert kept == newest
