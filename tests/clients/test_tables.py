"""No need of a client is forgotten: each number has a test, and each test that is named exists."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from risicoatlas.settings import CHECKOUT

HERE = Path(__file__).parent
TABLES = {"register.yaml": ("T", 44), "quirks.yaml": ("Q", 50)}
KEYS = {"need", "also", "elsewhere", "loses"}


def table(name: str) -> dict[str, dict[str, Any]]:
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


@cache
def docstrings_of(path: Path) -> dict[str, str]:
    """The docstring of every test of a file, by ``test_name`` or ``TestClass::test_name``."""
    return dict(_tests(ast.parse(path.read_text(encoding="utf-8")).body))


def _tests(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, str]]:
    for item in body:
        if isinstance(item, ast.ClassDef):
            yield from _tests(item.body, f"{item.name}::")
        elif isinstance(item, ast.FunctionDef) and item.name.startswith("test_"):
            yield f"{prefix}{item.name}", ast.get_docstring(item) or ""


def named_here(number: str) -> list[str]:
    return [
        name
        for path in HERE.glob("test_*.py")
        for name, docstring in docstrings_of(path).items()
        if re.search(rf"\b{number}\b", docstring)
    ]


@pytest.mark.parametrize("name", TABLES)
def test_every_number_has_a_test_or_says_where_it_belongs(name: str) -> None:
    letter, last = TABLES[name]
    rows = table(name)
    assert list(rows) == [f"{letter}-{number:02}" for number in range(1, last + 1)]
    for number, row in rows.items():
        assert set(row) <= KEYS and row["need"], number
        assert named_here(number) or row.get("also") or row.get("elsewhere"), f"{number} has no test"


@pytest.mark.parametrize("name", TABLES)
def test_every_test_that_is_named_exists(name: str) -> None:
    for number, row in table(name).items():
        for node in row.get("also", []):
            file, _, test = node.partition("::")
            assert test in docstrings_of(CHECKOUT / file), f"{number}: {node}"


def test_every_number_that_a_test_names_is_in_a_table() -> None:
    known = {number for name in TABLES for number in table(name)}
    for path in HERE.glob("test_*.py"):
        for test, docstring in docstrings_of(path).items():
            assert set(re.findall(r"\b[TQ]-\d\d\b", docstring)) <= known, test


def test_what_loses_data_is_tested_here_or_where_it_happens() -> None:
    lost = {number: row for number, row in table("quirks.yaml").items() if row.get("loses")}
    assert lost
    for number, row in lost.items():
        assert named_here(number) or row["also"], number
