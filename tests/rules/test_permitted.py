"""Permitted buildings get labels of their own, judged as if everything that is permitted stood."""

from tests.register import Register, rule_set

from risicoatlas.rules import permitted

WOON, KANTOOR = "woonfunctie", "kantoorfunctie"


def labels(register: Register) -> dict[str, str]:
    """The rule per number of a permitted building."""
    permitted.classify(register.connection, rule_set("basisvulling"))
    rows = register.connection.execute("SELECT pand, regel FROM register.kgl_label_vergund ORDER BY pand").fetchall()
    return {str(int(pand[5:])): rule.removeprefix("basisvulling.") for pand, rule in rows}


def test_every_status_of_building_and_verblijfsobject(register: Register) -> None:
    """Permitted: the building with any unit that may count, or a unit that is formed in a building that stands."""
    cases = (
        ("Bouwvergunning verleend", "gevormd", True),
        ("Bouw gestart", "in gebruik", True),
        ("Bouw gestart", "ingetrokken", False),
        ("Pand in gebruik", "gevormd", True),
        ("Pand in gebruik", "in gebruik", False),
        ("Niet gerealiseerd pand", "gevormd", False),
        ("Pand gesloopt", "gevormd", False),
    )
    for number, (status, unit, _) in enumerate(cases, start=1):
        register.vbo(register.pand(number, x=1000 * number, status=status), [KANTOOR], 100, status=unit)
    register.pand(99, x=0, status="Bouw gestart")
    expected = {str(number): "kantoor.2" for number, (*_, given) in enumerate(cases, start=1) if given}
    assert labels(register) == expected


def test_a_unit_that_is_formed_beside_a_live_one_changes_nothing(register: Register) -> None:
    pand = register.building(1, KANTOOR, 1400)
    register.vbo(pand, [KANTOOR], 400, status="gevormd")
    assert labels(register) == {}
    assert register.labels() == {"1": "kantoor.2"}


def test_a_permitted_dwelling_is_no_neighbour_of_one_that_stands(register: Register) -> None:
    register.building(1, WOON)
    register.building(2, WOON, x=50, status="Bouw gestart")
    assert register.labels() == {"1": "woon.3"}
    assert labels(register) == {"2": "woon.5"}


def test_permitted_dwellings_are_neighbours_of_each_other(register: Register) -> None:
    register.building(1, WOON, status="Bouwvergunning verleend")
    register.building(2, WOON, x=50, status="Bouw gestart")
    register.building(3, WOON, x=500, status="Bouw gestart")
    assert labels(register) == {"1": "woon.5", "2": "woon.5", "3": "woon.3"}


def test_labels_of_what_stands_are_left_alone(register: Register) -> None:
    register.building(1, WOON)
    register.building(2, WOON, x=50, status="Bouw gestart")
    before = register.labels()
    row = register.row("9901100000000001")
    labels(register)
    assert register.row("9901100000000001") == row
    assert register.labels() == before


def test_a_building_that_is_built_or_given_up_has_no_permitted_label_any_more(register: Register) -> None:
    built = register.building(1, KANTOOR, status="Bouw gestart")
    given_up = register.building(2, KANTOOR, x=100, status="Bouwvergunning verleend")
    assert set(labels(register)) == {"1", "2"}
    for pand, status in ((built, "Pand in gebruik"), (given_up, "Niet gerealiseerd pand")):
        register.connection.execute("UPDATE register.pand SET status = %s WHERE identificatie = %s", [status, pand])
    assert register.labels() == {"1": "kantoor.2"}
    assert labels(register) == {}


def test_a_second_run_changes_nothing(register: Register) -> None:
    register.building(1, KANTOOR, status="Bouw gestart")
    labels(register)
    query = "SELECT xmin::text, * FROM register.kgl_label_vergund"
    before = register.connection.execute(query).fetchall()
    labels(register)
    assert register.connection.execute(query).fetchall() == before


def test_hits_in_registers_count_for_a_permitted_building_too(register: Register) -> None:
    pand = register.pand(1, status="Bouw gestart")
    unit = register.vbo(pand, [KANTOOR], 100, status="gevormd")
    register.hit("lrk", "KDV", unit, "Geregistreerd")
    assert labels(register) == {"1": "register.lrk"}
