"""Predictions of tried networks for test rows, kept so that a later run need not train them again. Safe to remove."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from storage.files.atomic import write_bytes

log = logging.getLogger("yeban.relabel")

POINT_SCHEMA: Final = pa.schema(
    [
        pa.field("row", pa.uint64(), nullable=False),
        pa.field("predicted", pa.int32(), nullable=False),
        pa.field("confidence", pa.float32(), nullable=False),
    ]
)
"""Id of a test row, the class index that a network gave it (-1: it could not be scored), and its probability."""


class LearningCurvePoints:
    """A file for each network that was tried, named by the digest of all that it was made of.

    Args:
        root: Where they are; made with the first one.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, task: str, key: str) -> pa.Table | None:
        """The network's predictions, `POINT_SCHEMA`; None where it was not tried, or where the file is damaged."""
        file = self._file(task, key)
        try:
            with pq.ParquetFile(file) as found:
                return found.read(POINT_SCHEMA.names, use_threads=False).cast(POINT_SCHEMA)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            log.warning("%s can't be read, so its network is trained again: %s", file, error)
            return None

    def write(self, task: str, key: str, predicted: pa.Table) -> None:
        """Keep a network's predictions.

        Args:
            task: The task.
            key: Its digest.
            predicted: In `POINT_SCHEMA`.

        Raises:
            DiskFull: No space left.
        """
        sink = pa.BufferOutputStream()
        pq.write_table(predicted.cast(POINT_SCHEMA), sink, compression="zstd", write_page_checksum=True)
        write_bytes(self._file(task, key), sink.getvalue().to_pybytes())

    def _file(self, task: str, key: str) -> Path:
        return self._root / f"task={quote(task, safe='')}" / f"{key}.parquet"
