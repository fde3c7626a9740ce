"""From the source tree to the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from docs.picture.bands import arrange
from docs.picture.draw import draw
from docs.picture.imports import read_imports
from docs.picture.layers import read_layers

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "docs" / "images" / "architecture.svg"


def render() -> str:
    """The picture of today's source tree, the same bytes for the same imports and layers."""
    layers = read_layers(ROOT / "pyproject.toml")
    floors = [floor for row in layers[""] for floor in row]
    imports = read_imports(ROOT, floors)
    return draw(imports, arrange(imports, layers))
