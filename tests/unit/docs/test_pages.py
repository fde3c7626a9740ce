"""What the pages name is there: modules, functions, files, other pages and their headings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FLOORS = ("jobs", "batch", "monitoring", "models", "storage")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ARCHITECTURE, GLOSSARY = ROOT / "docs/architecture.md", ROOT / "docs/glossary.md"
NAME = re.compile(rf"`((?:{'|'.join(FLOORS)})(?:\.[a-z_0-9]+)+:[A-Za-z_.]+)`")
SOURCE = re.compile(rf"`((?:{'|'.join((*FLOORS, 'tests', 'benchmarks', 'docs'))})/[\w./-]*)`")
FILE = re.compile(r"`([a-z_0-9]+\.py)`")
LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
WORDS = 20
REJECTED = {"batch/windows.py", "batch/aggregate.py", "monitoring/profile.py"}
"""First ideas that decisions name and reject."""


def page_ids(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def definitions(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def names_of(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Assign():
            yield from (each.id for each in node.targets if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def is_defined(reference: str) -> bool:
    """Whether `package.module:Class.method` is defined there, found without importing it."""
    module, _, name = reference.partition(":")
    folder = ROOT.joinpath(*module.split("."))
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    body: list[ast.stmt] = definitions(path).body if path.exists() else []
    for part in name.split("."):
        found = next((node for node in body if part in names_of(node)), None)
        if found is None:
            return False
        body = getattr(found, "body", [])
    return True


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_every_module_and_function_exists(page: Path) -> None:
    assert [name for name in NAME.findall(page.read_text("utf-8")) if not is_defined(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_every_source_file_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    assert {path for path in SOURCE.findall(text) if not (ROOT / path).exists()} <= REJECTED
    bare = {path.name for folder in (*FLOORS, "benchmarks") for path in (ROOT / folder).rglob("*.py")}
    assert sorted(set(FILE.findall(text)) - bare) == []


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), link


def test_the_architecture_names_where_things_happen() -> None:
    assert len(NAME.findall(ARCHITECTURE.read_text("utf-8"))) > 40


def test_every_word_of_the_glossary_says_where_it_is_in_the_code() -> None:
    rows = [line for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("| ")][1:]
    assert len(rows) == WORDS
    assert [row for row in rows if not NAME.search(row)] == []
