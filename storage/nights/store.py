"""What monitoring found out, on disk: one folder per night. The files are the truth, the warehouse has a copy.

`task=<t>/logical_date=<d>/bundle=<b>/` holds `findings-<digest>.json`, `judgement-<digest>.json` and `night.json`,
which names the two. That one is written last and at once, so readers see a night whole, the old or the new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from storage.errors import TerminalError
from storage.files.atomic import make_folder, remove_durably, write_bytes, write_json
from storage.files.slot_folders import find_slots, remove_empty, slot_folder
from storage.records import Slot

_NAME: Final = "night.json"
_KINDS: Final = ("findings", "judgement")
_TRIES: Final = 20
"""Times that a reader looks again when the night is replaced under its eyes."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredNight:
    """A night as it was written.

    Attributes:
        findings: The findings, as the writer gave them.
        judgement: What is thought of them.
        measured_at: When they were found out.
    """

    findings: bytes
    judgement: bytes
    measured_at: datetime


class NightStore:
    """The folder of monitored nights.

    Args:
        root: `nights` under the home; made with the first night.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, slot: Slot, night: StoredNight) -> None:
        """Write a night, durably, in place of an earlier one of the slot. Only who holds the task's lock may.

        Raises:
            DiskFull: No space left; the earlier one stays.
        """
        folder = self._folder(slot)
        names = {kind: _file_name(kind, getattr(night, kind)) for kind in _KINDS}
        for kind, name in names.items():
            if not _holds(folder / name, getattr(night, kind)):
                write_bytes(folder / name, getattr(night, kind))
        write_json(folder / _NAME, {**names, "measured_at": night.measured_at.isoformat()})
        old = [path for kind in _KINDS for path in folder.glob(f"{kind}-*.json") if path.name != names[kind]]
        remove_durably(old)

    def read(self, slot: Slot) -> StoredNight | None:
        """A night, None where there is none.

        Raises:
            TerminalError: Its folder is damaged.
        """

        def both(folder: Path, index: dict[str, Any]) -> StoredNight:
            findings, judgement = ((folder / index[kind]).read_bytes() for kind in _KINDS)
            return StoredNight(findings, judgement, datetime.fromisoformat(index["measured_at"]))

        return self._looked_up(slot, both)

    def judgement(self, slot: Slot) -> bytes | None:
        """The judgement alone, None where there is none: all that later nights need.

        Raises:
            TerminalError: Its folder is damaged.
        """
        return self._looked_up(slot, lambda folder, index: (folder / index["judgement"]).read_bytes())

    def measured_at(self, slot: Slot) -> datetime | None:
        """When a night was found out, None where there is none.

        Raises:
            TerminalError: Its folder is damaged.
        """
        return self._looked_up(slot, lambda _, index: datetime.fromisoformat(index["measured_at"]))

    def remove(self, slot: Slot) -> None:
        """Remove a night with all that lies beside it, its name first: without it there is no night."""
        folder = self._folder(slot)
        remove_durably([folder / _NAME])
        if folder.is_dir():
            remove_durably([path for path in sorted(folder.iterdir()) if path.is_file()])
        remove_empty(folder, self._root)

    def slots(self, task: str) -> Sequence[Slot]:
        """All monitored nights of a task, by date, then by bundle."""
        found = [slot for slot in find_slots(self._root, task) if (self._folder(slot) / _NAME).is_file()]
        return sorted(found, key=lambda slot: (slot.logical_date, slot.bundle))

    def dates(self, task: str, bundle: str) -> Sequence[date]:
        """Monitored dates of a task and bundle, ascending."""
        return [slot.logical_date for slot in self.slots(task) if slot.bundle == bundle]

    def path(self, slot: Slot, name: str) -> Path:
        """Where another file of a night belongs, such as its report; the folder is made.

        Raises:
            ValueError: The name is one of the store's own, or no file name.
        """
        own = name == _NAME or name.startswith(tuple(f"{kind}-" for kind in _KINDS))
        if own or name in ("", "..") or Path(name).name != name:
            raise ValueError(f"{name!r} is no name for a file beside a night")
        make_folder(self._folder(slot))
        return self._folder(slot) / name

    def has(self, slot: Slot, name: str) -> bool:
        """Whether there is such another file of a night; nothing is made."""
        return (self._folder(slot) / name).is_file()

    def _folder(self, slot: Slot) -> Path:
        return slot_folder(self._root, slot)

    def _looked_up(self, slot: Slot, read: Callable[[Path, dict[str, Any]], T]) -> T | None:
        """Read what `night.json` names; when it is replaced meanwhile, what the new one names."""
        folder = self._folder(slot)
        seen, last = b"", None
        for _ in range(_TRIES):
            try:
                data = (folder / _NAME).read_bytes()
            except FileNotFoundError:
                return None
            try:
                return read(folder, json.loads(data))
            except (OSError, ValueError, KeyError, TypeError) as error:
                if data == seen:  # it was not replaced: the files are gone or broken
                    last = error
                    break
                seen, last = data, error
        raise TerminalError(
            f"the night in {folder} can't be read: {last!r}",
            expected=f"{_NAME} and the two files that it names",
            action="remove the folder and run `yeban monitor` for the date again",
            path=str(folder),
        ) from last


def _holds(file: Path, data: bytes) -> bool:
    """Whether a file is there and not damaged: its name alone only says what should be in it."""
    return file.is_file() and file.read_bytes() == data


def _file_name(kind: str, data: bytes) -> str:
    return f"{kind}-{hashlib.sha256(data).hexdigest()[:16]}.json"
