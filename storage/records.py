"""The records that travel between floors."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal, get_args

Status = Literal["scored", "empty", "short", "failed"]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
"""`scored`; `empty`: nothing left after cleaning, no label; `short`: scored, but fewer characters than the
task's `min_chars`, so its label deserves little trust; `failed`: could not be scored, no label."""


def digest(*fields: object, length: int = 16) -> str:
    """Stable hexadecimal digest of some fields (SHA-256, cut to `length` characters)."""
    text = "\x1f".join(str(field) for field in fields)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a run's predictions live: one bundle's answer to one dump."""

    task: str
    logical_date: date
    bundle: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A deterministic slice of a dump: the atom of work, retry, commit and resume.

    Attributes:
        slot: The task, date and bundle version that it is scored for.
        source_path: The file, relative to the dump's root where it has one, so that a moved dump keeps its ids.
        fingerprint: Digest of the file's size and Parquet footer: another content is another file.
        row_start: First row in the file.
        row_stop: One past the last row.
    """

    slot: Slot
    source_path: str
    fingerprint: str
    row_start: int
    row_stop: int

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.row_stop - self.row_start

    @property
    def unit_id(self) -> str:
        """Content-derived id; never depends on the order in which files were listed."""
        slot = self.slot
        return digest(
            slot.task,
            slot.logical_date.isoformat(),
            slot.bundle,
            self.source_path,
            self.fingerprint,
            self.row_start,
            self.row_stop,
        )

    def as_dict(self) -> dict[str, Any]:
        """Flat, JSON-ready form."""
        flat = asdict(self)
        slot = flat.pop("slot")
        return {**slot, "logical_date": slot["logical_date"].isoformat(), **flat}

    def column_values(self) -> dict[str, Any]:
        """The values of the columns of `predictions` that all its rows share."""
        slot = self.slot
        return {
            "task": slot.task,
            "logical_date": slot.logical_date,
            "bundle": slot.bundle,
            "unit": self.unit_id,
            "source_path": self.source_path,
        }

    @classmethod
    def from_dict(cls, flat: dict[str, Any]) -> Unit:
        """Inverse of `as_dict`."""
        slot = Slot(flat["task"], date.fromisoformat(flat["logical_date"]), flat["bundle"])
        return cls(slot, flat["source_path"], flat["fingerprint"], flat["row_start"], flat["row_stop"])
