"""Nothing is forgotten: every assertion of the list is a test of its number or left out with a reason, never both."""

import re
from collections import Counter
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent
LISTED = yaml.safe_load((FOLDER / "assertions.yaml").read_text(encoding="utf-8"))
_TEST = re.compile(r"^\s*(?:async )?def test_(wfs|oapif)_(\d+)_", re.MULTILINE)
_LEFT_OUT = re.compile(r"^\| (wfs|oapif) (\d+)(?:–(\d+))? \| (.+) \|$", re.MULTILINE)


def numbers_tested() -> Counter[tuple[str, int]]:
    texts = (path.read_text(encoding="utf-8") for path in FOLDER.glob("test_*.py"))
    return Counter((part, int(number)) for text in texts for part, number in _TEST.findall(text))


def left_out() -> dict[tuple[str, int], str]:
    rows = _LEFT_OUT.findall((FOLDER / "README.md").read_text(encoding="utf-8"))
    return {
        (part, number): reason
        for part, first, last, reason in rows
        for number in range(int(first), int(last or first) + 1)
    }


def test_the_list_has_every_number_once_with_a_mark_and_a_claim() -> None:
    assert {part: list(rows) for part, rows in LISTED.items()} == {
        "wfs": list(range(1, 106)),
        "oapif": list(range(1, 49)),
    }
    for rows in LISTED.values():
        assert {mark for mark, _claim in rows.values()} == {"S", "A", "X"}
        assert all(len(claim) > 5 for _mark, claim in rows.values())


def test_every_assertion_is_a_test_or_is_left_out_with_a_reason() -> None:
    listed = {(part, number) for part, rows in LISTED.items() for number in rows}
    found, excused = set(numbers_tested()), left_out()
    assert found | set(excused) == listed
    assert not found & set(excused)
    assert all(len(reason) > 20 for reason in excused.values())
