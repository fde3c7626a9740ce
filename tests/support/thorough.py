"""How much a property test tries: a little each time, a lot in the long tests."""

from __future__ import annotations

import os
from typing import Final

from hypothesis import settings

THOROUGH: Final = os.environ.get("YEBAN_TESTS") == "thorough"
"""As `make test-slow` sets it."""


def tries(usual: int, thorough: int) -> settings:
    """So many examples, and in the long tests so many more.

    Args:
        usual: What `make test` has time for.
        thorough: What `make test-slow` has.
    """
    return settings(max_examples=thorough if THOROUGH else usual, deadline=None)
