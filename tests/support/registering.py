"""An implementation that is registered for the length of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from models.named_registry import NamedRegistry

T = TypeVar("T")


@contextmanager
def registered(registry: NamedRegistry[T], name: str, implementation: T) -> Iterator[None]:
    """Add an implementation to a registry, and take it out again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_known", registry.all())
        registry.add(name, implementation)
        yield
