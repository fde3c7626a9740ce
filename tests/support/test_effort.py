"""How much a test tries: a little each time, a lot in the long tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import settings

THOROUGH: Final = os.environ.get("YEBAN_TESTS") == "thorough"
"""As `make test-slow` sets it. Tests that ask for it carry the mark `thorough`."""


def examples(usual: int, thorough: int) -> Callable[[Any], Any]:
    """So many examples of a property, and in the long tests so many more.

    Args:
        usual: What `make test` has time for.
        thorough: What `make test-slow` has.
    """
    bound = settings(max_examples=thorough if THOROUGH else usual, deadline=None)

    def marked(test: Any) -> Any:
        return pytest.mark.thorough(bound(test))

    return marked
