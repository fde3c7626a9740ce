"""Arms of a batch that mean something wherever labels are read: the column `arm` of items and of labels holds them."""

from __future__ import annotations

from typing import Final

RANDOM_ARM: Final = "random"
"""Rows that were drawn uniformly: figures without bias rest on their labels."""
SUSPECTED_ARM: Final = "suspected_errors"
"""Rows that have a label already, and one that is probably wrong."""
GOLDEN_ARM: Final = "golden"
"""Rows whose label is known: they show how well people label."""
