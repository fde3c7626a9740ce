from __future__ import annotations

from storage.relabel.arms import GOLDEN_ARM, RANDOM_ARM, SUSPECTED_ARM


def test_the_names_on_disk() -> None:
    """Batches, labels and the warehouse's migrations hold them: they must not change."""
    assert (RANDOM_ARM, SUSPECTED_ARM, GOLDEN_ARM) == ("random", "suspected_errors", "golden")
