"""What goes: a rule over what there is, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal, get_args

from storage.records import Slot

Kind = Literal["predictions", "parts", "summaries", "nights", "reports", "evidently", "runs", "logs", "shadow"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""In the order in which they are tidied: what goes with something else comes after it."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that may go.

    Attributes:
        kind: What it is.
        task: Whose; empty where it is of the home as a whole.
        target: The slot, or the file.
        day: How old it is.
        size: Bytes.
        protected: Why it must stay; empty where it need not.
        rows: Rows of the warehouse that go with it.
    """

    kind: Kind
    task: str
    target: Slot | Path
    day: date
    size: int
    protected: str = ""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Bound:
    """How much of a kind is kept.

    Attributes:
        days: What is older goes; None for no bound.
        size: Of what is left, the oldest go until it has so many bytes; None for no bound.
    """

    days: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """An item that a bound is against.

    Attributes:
        item: The item.
        why: In words; what protects it where it stays.
    """

    item: Item
    why: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What the rule decides about one kind.

    Attributes:
        go: What is to be removed, the oldest first.
        stay: What would go, but is protected.
    """

    go: tuple[Verdict, ...]
    stay: tuple[Verdict, ...]


def choose(items: Sequence[Item], bound: Bound, today: date) -> Selection:
    """Choose what goes: first what is too old, then of the rest the oldest until it is small enough.

    Protected items never go. They count for the size, so others may go in their place.

    Args:
        items: All of one kind.
        bound: Its bound.
        today: The present date.
    """
    go: list[Verdict] = []
    stay: list[Verdict] = []
    left = sum(item.size for item in items)
    for item in sorted(items, key=lambda each: (each.day, each.task, str(each.target))):
        why = _against(item, bound, today, left)
        if not why:
            continue
        if item.protected:
            stay.append(Verdict(item, item.protected))
            continue
        go.append(Verdict(item, why))
        left -= item.size
    return Selection(tuple(go), tuple(stay))


def _against(item: Item, bound: Bound, today: date, left: int) -> str:
    age = (today - item.day).days
    if bound.days is not None and age > bound.days:
        return f"{age} days old, kept are {bound.days}"
    if bound.size is not None and left > bound.size:
        return f"together they have more than {bound.size / 1e9:g} GB"
    return ""
