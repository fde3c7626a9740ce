"""One label out of several: the majority's; where there is none, an adjudicator decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

ADJUDICATOR: Final = "adjudicator:"
"""Names of annotators who adjudicate begin with this."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What an item is, as far as people agree.

    Attributes:
        label: The label; None where it is up to an adjudicator.
        how: There is one label, all agree, most do, an adjudicator decided, or there is a tie.
        votes: How many gave each label, most first, then by name.
    """

    label: str | None
    how: Literal["one", "all", "majority", "adjudicated", "tie"]
    votes: tuple[tuple[str, int], ...]


def resolve(labels: Mapping[str, str]) -> Resolved | None:
    """Resolve the labels of an item, by annotator; None where there are none.

    More votes than any other label win. An adjudicator outvotes all others; adjudicators who differ leave a tie.
    """
    if not labels:
        return None
    decided = Counter(label for name, label in labels.items() if name.startswith(ADJUDICATOR))
    counts = Counter(label for name, label in labels.items() if not name.startswith(ADJUDICATOR))
    votes = tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
    if decided:
        return (
            Resolved(next(iter(decided)), "adjudicated", votes) if len(decided) == 1 else Resolved(None, "tie", votes)
        )
    if len(votes) == 1:
        return Resolved(votes[0][0], "one" if votes[0][1] == 1 else "all", votes)
    if votes[0][1] > votes[1][1]:
        return Resolved(votes[0][0], "majority", votes)
    return Resolved(None, "tie", votes)
