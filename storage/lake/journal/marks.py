"""Marks of units: empty files `again-<unit>` and `renewed-<unit>` beside the parts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, get_args

from storage.files.atomic import remove_durably, write_bytes
from storage.files.slot_folders import ids_in_names, slot_folder
from storage.records import Slot

Mark = Literal["again", "renewed"]
"""`again`: to be scored again, whatever is staged or loaded; `renewed`: was, and the warehouse may hold older rows."""
MARKS: Final[tuple[Mark, ...]] = get_args(Mark)


class Marks:
    """The marks of all slots.

    Args:
        root: `parts` under the home.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def add(self, slot: Slot, mark: Mark, unit_ids: Iterable[str]) -> None:
        """Mark units, durably, one file after the other.

        Raises:
            DiskFull: No space left.
        """
        for unit_id in unit_ids:
            write_bytes(slot_folder(self._root, slot) / f"{mark}-{unit_id}", b"")

    def of(self, slot: Slot, mark: Mark) -> set[str]:
        """Ids of the slot's units that have a mark."""
        return ids_in_names(slot_folder(self._root, slot), f"{mark}-", "")

    def remove(self, slot: Slot, mark: Mark, unit_ids: Iterable[str]) -> None:
        """Remove a mark; units without it are ignored."""
        remove_durably([slot_folder(self._root, slot) / f"{mark}-{unit_id}" for unit_id in unit_ids])
