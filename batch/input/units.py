"""The plan: every file of a dump cut into units by rows and by bytes."""

from __future__ import annotations

from dataclasses import dataclass

from batch.input.reader import FileFacts
from storage.records import Slot, Unit


@dataclass(frozen=True, slots=True)
class UnitSize:
    """How large a unit may be: this bounds memory, and what a crash can cost.

    Attributes:
        rows: Rows, at most.
        text_bytes: Uncompressed bytes of text, about, at most.
    """

    rows: int = 20_000
    text_bytes: int = 64 << 20


def cut_units(facts: FileFacts, slot: Slot, size: UnitSize) -> tuple[Unit, ...]:
    """Cut one file. The same file, slot and size give the same units, whatever else is in the dump."""
    per_row = max(1, -(-facts.text_bytes // max(1, facts.rows)))
    step = max(1, min(size.rows, size.text_bytes // per_row))
    return tuple(
        Unit(slot, facts.source.name, facts.fingerprint, start, min(start + step, facts.rows))
        for start in range(0, facts.rows, step)
    )
