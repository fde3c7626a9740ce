"""Documents ready for the network."""

from __future__ import annotations

from dataclasses import dataclass

from models.tokens import Tokens
from models.windows import Windows


@dataclass(frozen=True)
class Documents:
    tokens: Tokens
    windows: Windows
