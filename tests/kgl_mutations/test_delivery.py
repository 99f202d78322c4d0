"""Mutations of a village: what they do to the register, and what is told of those that do not fit."""

from dataclasses import replace
from datetime import date

import pytest
from tests.kgl_mutations import small
from tests.kgl_mutations.small import PANDEN, VBOS, mutations

from risicoatlas.errors import SourceError
from risicoatlas.sample.bag_mutations import Change, changed


@pytest.fixture
def village(load, tmp_path):
    """The village, loaded; its folder."""
    load(small.extract(tmp_path / "village.zip"))
    return tmp_path


@pytest.fixture
def ask(database):
    def rows(query: str):
        with database.loader(autocommit=True) as connection:
            return connection.execute(query).fetchall()

    return rows


def findings(report):
    return [
        (item.uitkomst, item.soort, item.sleutel, item.plaats, item.reden)
        for item in report.bevindingen
        if item.soort != "gemeente"
    ]


def touched(ask, report):
    return ask(
        f"SELECT DISTINCT pand, oorzaak FROM register.kgl_geraakt WHERE levering = {report.levering} ORDER BY 1, 2"
    )


def test_change_addition_and_removal_reach_the_register_and_are_told_per_building(village, load, ask):
    new = small.pand(9, 300)
    report = load(
        mutations(
            village,
            small.demolished(PANDEN[0]),
            changed(VBOS[1], replace(VBOS[1], oppervlakte=900)),
            Change(None, new),
            Change(None, small.vbo(9, new)),
            changed(PANDEN[3], None),
        )
    )
    panden = dict(ask("SELECT identificatie, status FROM register.pand"))
    assert panden[PANDEN[0].identificatie] == "Pand gesloopt"
    assert panden[new.identificatie] == "Pand in gebruik"
    assert PANDEN[3].identificatie not in panden
    assert ask("SELECT oppervlakte_m2 FROM register.verblijfsobject WHERE identificatie LIKE '%2'") == [(900,)]
    assert touched(ask, report) == [
        (PANDEN[0].identificatie, "gewijzigd"),
        # its units are the same: the neighbours need not be labelled anew
        (PANDEN[1].identificatie, "oppervlakte"),
        (PANDEN[3].identificatie, "vervallen"),
        (new.identificatie, "nieuw"),
        (new.identificatie, "verblijfsobject"),
    ]
    tally = report.objecten["pand"]
    assert (tally.nieuw, tally.gewijzigd, tally.vervallen) == (1, 1, 1)
    assert [item[:3] for item in findings(report) if item[0] == "vervallen"] == [
        ("vervallen", "pand", PANDEN[3].identificatie)
    ]


def test_moved_building_keeps_what_it_looked_like_before(village, load, ask):
    report = load(mutations(village, changed(PANDEN[2], small.pand(3, 500))))
    assert ask(
        "SELECT ST_XMin(oude_geometrie), ST_XMin(p.geometrie) FROM register.kgl_geraakt g"
        f" JOIN register.pand p ON p.identificatie = g.pand WHERE g.levering = {report.levering}"
    ) == [(160060.0, 160500.0)]


def test_state_that_is_not_the_one_before_the_change_is_told_with_its_place(village, load, ask):
    built = replace(PANDEN[0], status="Verbouwing pand", eerdere_statussen=("Pand in gebruik",))
    report = load(mutations(village, changed(built, replace(built, status="Pand gesloopt"))))
    ((outcome, kind, key, place, reason),) = findings(report)
    assert (outcome, kind, key) == ("melding", "pand", PANDEN[0].identificatie)
    assert place == "9999MUT15102026-16102026-000001.xml, mutatie 1"
    assert "de toestand voor de wijziging (status 'Verbouwing pand'" in reason
    assert "niet die van het register (status 'Pand in gebruik'" in reason
    assert ask(f"SELECT status FROM register.pand WHERE identificatie = '{key}'") == [("Pand gesloopt",)]


def test_older_mutation_does_not_put_back_what_came_later(village, load, ask):
    first = mutations(village, changed(PANDEN[0], replace(PANDEN[0], status="Verbouwing pand")))
    later = replace(PANDEN[0], status="Verbouwing pand")
    second = mutations(
        village,
        Change(later, replace(later, status="Pand gesloopt"), 2, "2026-10-15"),
        day=date(2026, 10, 16),
    )
    load(second)
    report = load(first)
    assert report.geweigerd == 1
    ((outcome, _, key, place, reason),) = [item for item in findings(report) if item[0] == "geweigerd"]
    assert (outcome, key) == ("geweigerd", PANDEN[0].identificatie)
    assert place == "9999MUT15102026-16102026-000001.xml, mutatie 1"
    assert "is ouder dan wat het register heeft (geregistreerd 2026-10-16T10:15:00.000)" in reason
    assert ask(f"SELECT status FROM register.pand WHERE identificatie = '{key}'") == [("Pand gesloopt",)]


def test_unknown_building_unit_without_building_and_unknown_change_are_told(village, load):
    nowhere, elsewhere = small.vbo(20), small.vbo(21, small.pand(77, 900))
    report = load(
        mutations(
            village,
            Change(None, nowhere),
            Change(None, elsewhere),
            changed(small.pand(88, 950), small.pand(88, 960)),
            Change(None, PANDEN[1]),
        )
    )
    told = {(item.soort, item.sleutel): item.reden for item in report.bevindingen if "hoofdadres" not in item.reden}
    assert told[("verblijfsobject", nowhere.identificatie)] == (
        "het verwijst naar geen pand: het telt in geen gebouw mee"
    )
    assert (
        "het pand 9901100000000077 waarnaar het verwijst is niet geleverd"
        in told[("verblijfsobject", elsewhere.identificatie)]
    )
    assert "wijzigt wat het register niet heeft" in told[("pand", "9901100000000088")]
    assert "voegt toe wat het register al heeft" in told[("pand", PANDEN[1].identificatie)]
    assert all(item.plaats for item in report.bevindingen if item.soort not in {"levering", "gemeente"})


def test_days_without_a_delivery_are_told(village, load):
    report = load(mutations(village, small.demolished(PANDEN[0]), day=date(2026, 10, 20)))
    assert (
        "melding",
        "levering",
        None,
        None,
        "de mutaties van 2026-10-15 tot 2026-10-20 zijn niet geladen",
    ) in findings(report)


def test_object_of_another_municipality_is_counted_and_left(village, load, ask):
    stranger = replace(small.pand(1, 5000), identificatie="9955100000000001")
    report = load(mutations(village, Change(None, stranger)))
    assert report.objecten["pand"].niet_geladen == {"gemeente niet geladen": 1}
    assert ask("SELECT count(*) FROM register.pand") == [(len(PANDEN),)]


def test_street_of_a_changed_address_comes_from_the_register(village, load, ask):
    from risicoatlas.sample import bag_mutations as writer

    address = replace(VBOS[0].adres, huisnummer=77)
    path = mutations(village, Change(None, small.pand(50, 700)))
    group = (
        "<ml:mutatieGroep><ml:toevoeging><ml:wordt><mlm:bagObject>"
        + next(iter(writer.bag_xml.nummeraanduiding(address)))
        .removeprefix("<sl:stand><sl-bag-extract:bagObject>")
        .removesuffix("</sl-bag-extract:bagObject></sl:stand>")
        + "</mlm:bagObject></ml:wordt></ml:toevoeging></ml:mutatieGroep>"
    )
    load(edited(path, lambda text: text.replace("</ml:mutatieBericht>", group + "</ml:mutatieBericht>")))
    assert ask("SELECT huisnummer, openbareruimte FROM register.adres WHERE nummeraanduiding = '9901200000000001'") == [
        (77, "Dorpsstraat")
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<ml:was>", "<ml:eens>", "the XML is broken"),
        ("ml:wijziging>", "ml:wissel>", "found <wissel> with was and wordt: expected a toevoeging with wordt"),
        ("Objecten:Pand>", "Objecten:Kasteel>", "found a Kasteel: expected Pand"),
        ("EPSG::28992", "EPSG::4326", "the CRS is urn:ogc:def:crs:EPSG::4326, expected EPSG:28992"),
    ],
)
def test_delivery_that_cannot_be_read_is_refused_with_its_place(village, load, ask, old, new, message):
    path = edited(mutations(village, small.demolished(PANDEN[0])), lambda text: text.replace(old, new))
    with pytest.raises(SourceError, match=message) as error:
        load(path)
    assert "9999MUT15102026-16102026-000001.xml" in str(error.value)
    assert ask("SELECT count(*) FROM register.pand WHERE status = 'Pand gesloopt'") == [(0,)]


def edited(path, change):
    """The delivery with another text in its file of mutations."""
    import io
    import zipfile

    with zipfile.ZipFile(path) as outer:
        members = {name: outer.read(name) for name in outer.namelist()}
    (name,) = (name for name in members if "9999MUT" in name)
    with zipfile.ZipFile(io.BytesIO(members[name])) as inner:
        texts = {item: change(inner.read(item).decode()) for item in inner.namelist()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as inner:
        for item, text in texts.items():
            inner.writestr(item, text)
    members[name] = buffer.getvalue()
    with zipfile.ZipFile(path, "w") as outer:
        for item, content in members.items():
            outer.writestr(item, content)
    return path


def test_register_without_times_takes_changes_and_ends_by_status_alone(village, load, database):
    with database.loader() as connection:
        connection.execute("UPDATE register.pand SET tijdstip_registratie = NULL")
        connection.commit()
        report = load(mutations(village, small.demolished(PANDEN[0]), changed(PANDEN[1], None)))
        found = connection.execute(
            "SELECT status FROM register.pand WHERE identificatie = ANY (%s)",
            [[PANDEN[0].identificatie, PANDEN[1].identificatie]],
        ).fetchall()
    assert found == [("Pand gesloopt",)]
    assert [item[0] for item in findings(report)] == ["vervallen"]


def test_mooring_that_is_laid_out_and_withdrawn(village, load, ask):
    """Places are no buildings, but count as dwellings where the rules say so."""
    place = (
        '<Objecten:Ligplaats><Objecten:identificatie domein="NL.IMBAG.Ligplaats">9901020000000001'
        "</Objecten:identificatie><Objecten:status>{status}</Objecten:status><Objecten:geometrie><gml:Polygon"
        ' srsName="urn:ogc:def:crs:EPSG::28992" srsDimension="2"><gml:exterior><gml:LinearRing><gml:posList>'
        "160500 510000 160510 510000 160510 510010 160500 510000</gml:posList></gml:LinearRing></gml:exterior>"
        "</gml:Polygon></Objecten:geometrie><Objecten:voorkomen><Historie:Voorkomen>"
        "<Historie:voorkomenidentificatie>1</Historie:voorkomenidentificatie>"
        "<Historie:beginGeldigheid>2026-10-15</Historie:beginGeldigheid>{end}<Historie:tijdstipRegistratie>"
        "2026-10-15T10:15:00.000</Historie:tijdstipRegistratie></Historie:Voorkomen></Objecten:voorkomen>"
        "</Objecten:Ligplaats>"
    )
    state = place.format(status="Plaats aangewezen", end="")
    ended = place.format(
        status="Plaats aangewezen", end="<Historie:eindGeldigheid>2026-10-16</Historie:eindGeldigheid>"
    )
    for day, group in (
        (15, f"<ml:toevoeging><ml:wordt><m>{state}</m></ml:wordt></ml:toevoeging>"),
        (16, f"<ml:wijziging><ml:was><m>{state}</m></ml:was><ml:wordt><m>{ended}</m></ml:wordt></ml:wijziging>"),
    ):
        path = mutations(village, Change(None, small.pand(60 + day, 800)), day=date(2026, 10, day))
        added = f"<ml:mutatieGroep>{group}</ml:mutatieGroep></ml:mutatieBericht>"
        report = load(edited(path, lambda text, added=added: text.replace("</ml:mutatieBericht>", added)))
        assert ask("SELECT count(*) FROM register.plaats") == [(1 if day == 15 else 0,)]
        assert ask(
            f"SELECT oorzaak, pand FROM register.kgl_geraakt WHERE levering = {report.levering} AND oorzaak = 'plaats'"
        ) == [("plaats", None)]
    assert report.objecten["ligplaats"].vervallen == 1
