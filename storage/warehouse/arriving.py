"""Staged units on their way into the warehouse: cut into groups of one transaction each, and verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from storage.errors import PartCorrupt
from storage.lake.parts import PartStore, StagedPart
from storage.records import Unit

UNITS_PER_TRANSACTION: Final = 1_000
"""However small the units are: the statistics of a group are in memory at once."""
_VERIFIERS: Final = 4


def group_units(units: Sequence[Unit], most_rows: int) -> Iterator[list[Unit]]:
    """Cut units into runs of at most `most_rows` rows and `UNITS_PER_TRANSACTION` units, and at least one unit."""
    group: list[Unit] = []
    rows = 0
    for unit in units:
        if group and (rows + unit.rows > most_rows or len(group) == UNITS_PER_TRANSACTION):
            yield group
            group, rows = [], 0
        group.append(unit)
        rows += unit.rows
    if group:
        yield group


def verify_parts(store: PartStore, units: Sequence[Unit], failures: list[PartCorrupt]) -> list[StagedPart]:
    """Verify parts, some at a time; the errors of damaged ones are added to `failures`."""

    def verify(unit: Unit) -> StagedPart | PartCorrupt:
        try:
            return store.verify(unit)
        except PartCorrupt as error:
            return error

    with ThreadPoolExecutor(_VERIFIERS) as threads:  # reading and hashing wait for the disk and leave the GIL alone
        found = list(threads.map(verify, units))
    failures += [each for each in found if isinstance(each, PartCorrupt)]
    return [each for each in found if isinstance(each, StagedPart)]
