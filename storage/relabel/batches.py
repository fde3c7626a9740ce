"""Batches to label, on disk. The files are the truth, the warehouse has a copy without the texts.

`<home>/relabel/task=<t>/<batch>/` holds `items.parquet` and `batch.json`. That one is written last and holds the digest
of the other, so a folder without it is no batch: a pick that was killed on the way.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from storage.errors import TerminalError
from storage.files.atomic import sweep_temporaries, write_bytes, write_json
from storage.files.checksums import bytes_digest

HEAD: Final = "batch.json"
ITEMS: Final = "items.parquet"
BATCH_VERSION: Final = 1

ITEMS_SCHEMA: Final = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("item", "batch", "task")),
        pa.field("place", pa.int32(), nullable=False),
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("logical_date", pa.date32()),
        pa.field("bundle", pa.string(), nullable=False),
        pa.field("unit", pa.string()),
        pa.field("source_path", pa.string(), nullable=False),
        pa.field("source_row", pa.int64(), nullable=False),
        pa.field("text_hash", pa.uint64(), nullable=False),
        pa.field("text_rows", pa.int64(), nullable=False),
        pa.field("slices", pa.map_(pa.string(), pa.string())),
        pa.field("status", pa.string()),
        pa.field("label", pa.string()),
        *(pa.field(name, pa.float32()) for name in ("confidence", "margin", "entropy")),
        pa.field("probs", pa.list_(pa.float32())),
        pa.field("n_windows", pa.int32()),
        pa.field("top_windows", pa.list_(pa.int32())),
        pa.field("arm", pa.string(), nullable=False),
        pa.field("strategy", pa.string(), nullable=False),
        pa.field("score", pa.float64()),
        pa.field("probability", pa.float64()),
        pa.field("golden", pa.bool_(), nullable=False),
        pa.field("given_label", pa.string()),
        pa.field("copies", pa.int32(), nullable=False),
    ]
)
"""Columns of the table `relabel_items`, which describes them."""
TEXTS_SCHEMA: Final = pa.schema(
    [
        pa.field("text", pa.string(), nullable=False),
        pa.field("cleaned", pa.string(), nullable=False),
        pa.field("excerpts", pa.list_(pa.string()), nullable=False),
    ]
)
"""What only the files have: the text as it came, as the model saw it, and of a text of several windows those with the
highest probability of its label, best first, cut out of the cleaned text."""
FILE_SCHEMA: Final = pa.schema([*ITEMS_SCHEMA, *TEXTS_SCHEMA])
"""Columns of `items.parquet`; rows in the order of `place`."""


@dataclass(frozen=True, slots=True)
class BatchHead:
    """What is known of a batch as a whole; the table `relabel_batches` describes the fields."""

    batch: str
    task: str
    created_at: datetime
    bundle: str
    first_date: date
    last_date: date
    budget: int
    mix: dict[str, float]
    seed: int
    labels: tuple[str, ...]
    population: int
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, tuples as lists."""
        flat = asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in flat.items()}


class BatchStore:
    """The folder of batches to label. None is ever changed.

    Args:
        root: `relabel` under the home; made with the first batch.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, head: BatchHead, items: pa.Table) -> Path:
        """Write a batch, durably; returns its folder. The caller holds the task's lock.

        Args:
            head: The batch.
            items: Its items in `FILE_SCHEMA`.

        Raises:
            DiskFull: No space left; then there is no such batch.
            ValueError: The items have other columns.
        """
        if not items.schema.equals(FILE_SCHEMA):
            raise ValueError(f"the items have other columns than a batch: {items.schema.names}")
        folder = self.folder(head.task, head.batch)
        sweep_temporaries(folder, recursive=False)
        data = _to_bytes(items)
        write_bytes(folder / ITEMS, data)
        flat = head.as_dict()
        dates = {name: flat[name].isoformat() for name in ("created_at", "first_date", "last_date")}
        write_json(folder / HEAD, {**flat, **dates, "version": BATCH_VERSION, "items_sha256": bytes_digest(data)})
        return folder

    def heads(self, task: str) -> list[BatchHead]:
        """All batches of a task, the oldest first.

        Raises:
            TerminalError: One can't be read.
        """
        found = [self.head(task, file.parent.name) for file in self._folder(task).glob(f"*/{HEAD}")]
        return sorted(found, key=lambda head: (head.created_at, head.batch))

    def head(self, task: str, batch: str) -> BatchHead:
        """One batch.

        Raises:
            TerminalError: There is none, or it can't be read.
        """
        return self._read_head(self.folder(task, batch))[0]

    def items(self, task: str, batch: str) -> pa.Table:
        """The items of a batch in `FILE_SCHEMA`, in the order of `place`.

        Raises:
            TerminalError: They are missing, altered or of another version.
        """
        folder = self.folder(task, batch)
        _, digest = self._read_head(folder)
        try:
            data = (folder / ITEMS).read_bytes()
            if bytes_digest(data) != digest:
                raise ValueError("it was altered")
            with pq.ParquetFile(pa.BufferReader(data)) as file:
                return file.read(FILE_SCHEMA.names, use_threads=False).cast(FILE_SCHEMA)
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise _unusable(folder / ITEMS, error) from error

    def folder(self, task: str, batch: str) -> Path:
        """Where a batch lies; what is exported of it may go there, too."""
        return self._folder(task) / batch

    def _folder(self, task: str) -> Path:
        return self._root / f"task={quote(task, safe='')}"

    def _read_head(self, folder: Path) -> tuple[BatchHead, str]:
        try:
            flat = json.loads((folder / HEAD).read_bytes())
            if flat.pop("version") != BATCH_VERSION:
                raise ValueError("it is of another version of this program")
            digest = str(flat.pop("items_sha256"))
            for name in ("first_date", "last_date"):
                flat[name] = date.fromisoformat(flat[name])
            for name in ("labels", "notes"):
                flat[name] = tuple(flat[name])
            return BatchHead(**{**flat, "created_at": datetime.fromisoformat(flat["created_at"])}), digest
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _unusable(folder / HEAD, error) from error


def _to_bytes(items: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(items, sink, version="2.6", compression="zstd", write_page_checksum=True)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _unusable(path: Path, error: Exception) -> TerminalError:
    return TerminalError(
        f"the batch in {path.parent} can't be read: {path.name}: {error or repr(error)}",
        expected=f"a batch that `yeban relabel pick` wrote: {HEAD} and the {ITEMS} that it names",
        action="check the name of the batch; restore a damaged one from a backup, or remove its folder and pick again",
        path=str(path),
    )
