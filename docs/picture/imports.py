"""The rooms of the source tree and how often they import one another."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import grimp


@dataclass(frozen=True, slots=True)
class Room:
    """One direct child of a floor: a package or a single module.

    Attributes:
        name: Dotted name, for example `jobs.scoring`.
        modules: Number of modules in it, the packages' `__init__` files not counted.
        purpose: The first line of its docstring.
    """

    name: str
    modules: int
    purpose: str

    @property
    def floor(self) -> str:
        """The top-level package."""
        return self.name.partition(".")[0]

    @property
    def label(self) -> str:
        """The name without the floor."""
        return self.name.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Imports:
    """The import graph, seen from rooms.

    Attributes:
        rooms: Every room by its dotted name, sorted.
        purposes: The first line of each floor's docstring.
        counts: (importing room, imported room) -> number of pairs of modules.
    """

    rooms: Mapping[str, Room]
    purposes: Mapping[str, str]
    counts: Mapping[tuple[str, str], int]

    def within(self, floor: str) -> dict[tuple[str, str], int]:
        """Imports between two rooms of one floor."""
        return {pair: count for pair, count in self.counts.items() if {floor_of(each) for each in pair} == {floor}}

    def between(self, upper: str, lower: str) -> int:
        """Number of imports from one floor into another."""
        return sum(n for (a, b), n in self.counts.items() if (floor_of(a), floor_of(b)) == (upper, lower))

    def down(self, room: str) -> dict[str, int]:
        """Number of imports from a room into each other floor."""
        found: Counter[str] = Counter()
        for (importing, imported), count in self.counts.items():
            if importing == room and floor_of(imported) != floor_of(room):
                found[floor_of(imported)] += count
        return dict(found)


def floor_of(module: str) -> str:
    """The top-level package of a module."""
    return module.partition(".")[0]


def read_imports(root: Path, floors: Iterable[str]) -> Imports:
    """Build the import graph of the source tree.

    Args:
        root: The repository.
        floors: The top-level packages.
    """
    floors = tuple(floors)
    graph = grimp.build_graph(*floors, cache_dir=None)
    names = sorted(module for module in graph.modules if "." in module)
    packages = {module.rpartition(".")[0] for module in names}
    sizes = Counter(_room(name) for name in names if name not in packages)
    counts = Counter(
        (_room(importing), _room(imported))
        for importing in names
        for imported in graph.find_modules_directly_imported_by(importing)
        if "." in imported and _room(importing) != _room(imported)
    )
    rooms = {name: Room(name, sizes[name], _purpose(root, name)) for name in sorted(sizes)}
    purposes = {floor: _purpose(root, floor) for floor in floors}
    return Imports(rooms, purposes, dict(sorted(counts.items())))


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _purpose(root: Path, module: str) -> str:
    path = root.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return (ast.get_docstring(ast.parse(source.read_text("utf-8"))) or "").split("\n")[0].rstrip(".").replace("`", "")
