"""Rows of rooms, from the import-linter contracts of pyproject.toml, and the arrows that are worth drawing."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

Rows = list[list[str]]
"""Names from top to bottom, and in a row from left to right."""
Pairs = Collection[tuple[str, str]]


def read_layers(pyproject: Path) -> dict[str, Rows]:
    """The layers contracts by the package that they hold; the floors themselves are under the empty name.

    Args:
        pyproject: The file with `[tool.importlinter]`.
    """
    contracts = tomllib.loads(pyproject.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    found: dict[str, Rows] = {}
    for contract in contracts:
        if contract["type"] == "layers":
            for container in contract.get("containers", [""]):
                found[container] = [_siblings(layer, container) for layer in contract["layers"]]
    return found


def _siblings(layer: str, container: str) -> list[str]:
    names = [name.strip(" ()") for name in layer.replace(":", "|").split("|")]
    return [f"{container}.{name}" if container else name for name in names]


def place(rooms: Collection[str], pairs: Pairs, contract: Rows) -> Rows:
    """Rows in which every import goes down.

    Args:
        rooms: The rooms of one floor.
        pairs: (importing, imported) rooms.
        contract: The floor's layers. Where they don't name exactly these rooms, depth in the graph decides.
    """
    depth = {name: (-index, 0) for index, row in enumerate(contract) for name in row if name in rooms}
    if set(depth) != set(rooms):
        depth = dict.fromkeys(rooms, (0, 0))
    for name in TopologicalSorter(_lower(rooms, pairs)).static_order():
        below = [depth[low] for high, low in pairs if high == name and depth[low] >= depth[name]]
        if below:
            layer, step = max(below)
            depth[name] = (layer, step + 1)
    levels = sorted(set(depth.values()), reverse=True)
    return [sorted(name for name in rooms if depth[name] == level) for level in levels]


def reduce(pairs: Pairs) -> list[tuple[str, str]]:
    """The pairs that no longer path through other rooms implies (the transitive reduction)."""
    rooms = {name for pair in pairs for name in pair}
    below: dict[str, set[str]] = {}
    lower = _lower(rooms, pairs)
    for name in TopologicalSorter(lower).static_order():
        below[name] = lower[name].union(*(below[each] for each in lower[name]))
    return sorted((a, b) for a, b in pairs if not any(b in below[other] for other in lower[a] if other != b))


def _lower(rooms: Collection[str], pairs: Pairs) -> Mapping[str, set[str]]:
    """Each room with those that it imports."""
    return {name: {low for high, low in pairs if high == name} for name in sorted(rooms)}
