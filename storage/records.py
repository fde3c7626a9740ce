"""The records that travel between floors, and the Arrow schema of a staged part."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal, get_args

import pyarrow as pa

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

    @classmethod
    def from_dict(cls, flat: dict[str, Any]) -> Unit:
        """Inverse of `as_dict`."""
        slot = Slot(flat["task"], date.fromisoformat(flat["logical_date"]), flat["bundle"])
        return cls(slot, flat["source_path"], flat["fingerprint"], flat["row_start"], flat["row_stop"])


PART_SCHEMA: Final = pa.schema(
    [
        pa.field("task", pa.string(), nullable=False),
        pa.field("logical_date", pa.date32(), nullable=False),
        pa.field("bundle", pa.string(), nullable=False),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("source_path", pa.string(), nullable=False),
        pa.field("source_row", pa.int64(), nullable=False),
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("text_created_at", pa.timestamp("us", tz="UTC")),
        pa.field("slices", pa.map_(pa.string(), pa.string())),
        pa.field("status", pa.string(), nullable=False),
        pa.field("label", pa.string()),
        pa.field("confidence", pa.float32()),
        pa.field("margin", pa.float32()),
        pa.field("entropy", pa.float32()),
        pa.field("probs", pa.list_(pa.float32())),
        pa.field("n_tokens", pa.int32(), nullable=False),
        pa.field("n_windows", pa.int32(), nullable=False),
        pa.field("top_windows", pa.list_(pa.int32())),
        pa.field("truncated", pa.bool_(), nullable=False),
        pa.field("text_hash", pa.uint64(), nullable=False),
    ]
)
"""One row per input row. `probs` follows the order of the bundle's labels; `margin` is the top probability
minus the second; `entropy` is in nats; `top_windows` are the windows that spoke loudest for the label, best first;
`text_hash` is that of the cleaned text. `label` to `probs` are null where the status is `empty` or `failed`."""
