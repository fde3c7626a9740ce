"""Retired slots: a note of each slot whose predictions were removed, written before anything of it is removed.

`<home>/retired/task=<t>/logical_date=<d>/bundle=<b>/retired.json`. A note beside remains of the slot means that the
removal was cut off; a note alone keeps the slot from coming back by accident.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from storage.errors import DateRetired
from storage.files.atomic import remove_durably, write_json
from storage.files.slot_folders import find_slots, remove_empty, slot_folder
from storage.records import Slot

_NAME: Final = "retired.json"


@dataclass(frozen=True, slots=True)
class Retirement:
    """Why a slot's predictions were removed.

    Attributes:
        retired_at: When.
        why: In words.
        rows: Rows that were in the warehouse.
    """

    retired_at: datetime
    why: str
    rows: int


class RetirementNotes:
    """The folder of notes.

    Args:
        root: `retired` under the home; made with the first note.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, slot: Slot, retirement: Retirement) -> None:
        """Write a note, durably.

        Raises:
            DiskFull: No space left; then nothing may be removed.
        """
        flat = {**asdict(retirement), "retired_at": retirement.retired_at.isoformat()}
        write_json(self._path(slot), flat)

    def has(self, slot: Slot) -> bool:
        """Whether there is a note of a slot."""
        return self._path(slot).is_file()

    def slots(self, task: str | None = None) -> list[Slot]:
        """Slots with a note, of one task or all, sorted by task, date and bundle."""
        return [slot for slot in find_slots(self._root, task) if self.has(slot)]

    def remove(self, slot: Slot) -> None:
        """Remove the note: nothing of the slot may be left."""
        path = self._path(slot)
        remove_durably([path])
        remove_empty(path.parent, self._root)

    def check(self, slot: Slot) -> None:
        """Refuse to score a slot that was retired.

        Raises:
            DateRetired: It was; the message says when and why.
        """
        try:
            flat = json.loads(self._path(slot).read_bytes())
            when = f" on {flat['retired_at'][:10]}: {flat['why']}"
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError):
            when = ""
        raise DateRetired(
            f"the predictions of {slot.task} {slot.logical_date}, bundle {slot.bundle}, were removed{when}",
            expected="a date that is kept, see [retention] in yeban.toml",
            action="if you want it all the same: --force scores it anew, and the next `yeban tidy` removes it again",
            task=slot.task,
        )

    def _path(self, slot: Slot) -> Path:
        return slot_folder(self._root, slot) / _NAME
