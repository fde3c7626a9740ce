"""What the tokenizers library is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import pytest


def spy_on_encoded_strings(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> list[str]:
    """A list that grows by the strings that a module of ours lets the library encode."""
    asked: list[str] = []
    original = module.encode_strings

    def encode_strings(backend: Any, strings: Sequence[str]) -> Any:
        asked.extend(strings)
        return original(backend, strings)

    monkeypatch.setattr(module, "encode_strings", encode_strings)
    return asked
