"""The shape of the source tree: rooms, lengths of files and functions, and a mirror test for each module.

Imports are not looked at here: import-linter holds them (`[tool.importlinter]` in pyproject.toml).
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = ("jobs", "batch", "monitoring", "models", "storage")
SOURCES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
OTHERS = sorted(path for folder in ("benchmarks", "docs", "examples") for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
WITHOUT_MIRROR = Path(__file__).with_name("without_mirror.txt")

SOURCE_LINES, TEST_LINES, FUNCTION_LINES, MEDIAN_LINES = 300, 350, 60, 120
NEEDED_BY_EVERY_ROOM = {"jobs": set(), "storage": {"errors.py", "prediction_columns.py", "processes.py", "records.py"}}
VAGUE = {"utils", "util", "helpers", "common", "misc", "tools"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_of(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def functions_of(path: Path) -> Iterator[tuple[str, int]]:
    """Every function and method with the number of its lines, docstring and decorators included."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            yield node.name, (node.end_lineno or first) - first + 1


@pytest.mark.parametrize("floor", NEEDED_BY_EVERY_ROOM)
def test_modules_stand_in_rooms(floor: str) -> None:
    flat = {path.name for path in (ROOT / floor).glob("*.py")} - {"__init__.py"}
    assert flat == NEEDED_BY_EVERY_ROOM[floor]


def test_every_room_says_what_it_is_for() -> None:
    packages = [path for path in SOURCES if path.name == "__init__.py"]
    assert [name_of(path) for path in packages if not ast.get_docstring(ast.parse(path.read_text("utf-8")))] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name_of(path) for path in SOURCES + OTHERS if VAGUE & {path.stem, path.parent.name}] == []


def test_import_linter_holds_the_rooms_of_every_floor() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    held = {floor for each in contracts if each.get("exhaustive") for floor in each["containers"]}
    assert held >= set(FLOORS)


def test_files_are_short() -> None:
    long = {name_of(path): lines for path in SOURCES + OTHERS if (lines := lines_of(path)) > SOURCE_LINES}
    assert long == {}
    assert median(lines_of(path) for path in SOURCES if path.name != "__init__.py") < MEDIAN_LINES


def test_files_of_tests_are_short() -> None:
    assert {name_of(path): lines for path in TESTS if (lines := lines_of(path)) > TEST_LINES} == {}


@pytest.mark.parametrize("paths", [SOURCES + OTHERS, TESTS], ids=["sources", "tests"])
def test_functions_are_short(paths: list[Path]) -> None:
    found = {f"{name_of(path)}:{name}": n for path in paths for name, n in functions_of(path) if n > FUNCTION_LINES}
    assert found == {}


def test_every_module_has_a_mirror_test() -> None:
    """The list of those that have none yet may only shrink; they are tested through others."""
    missing = {
        name_of(path)
        for path in SOURCES
        if path.name != "__init__.py"
        and not (ROOT / "tests/unit" / path.relative_to(ROOT)).with_name(f"test_{path.name}").exists()
    }
    listed = WITHOUT_MIRROR.read_text("utf-8").split()
    assert listed == sorted(listed)
    assert missing - set(listed) == set(), "new modules need a test of their own"
    assert set(listed) - missing == set(), f"take these out of {WITHOUT_MIRROR.name}"
