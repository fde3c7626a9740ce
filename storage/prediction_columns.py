"""The columns of `predictions`, declared once.

The schema of a part, the loader's column list, the checks of a part and the table in the documentation are all derived
from here. A new column is a line here, a migration in `storage/warehouse/schema/` that adds it, and the code that
fills it: `batch.predictions` for a column of the part, `storage.warehouse.predictions` for one of the loader.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import pyarrow as pa

Source = Literal["unit", "row", "loader"]
"""Where a value comes from: `unit`, the same for all rows of a part; `row`, computed for each row and in the part, too;
`loader`, added when the part is loaded."""


@dataclass(frozen=True, slots=True)
class PredictionColumn:
    """A column of the table `predictions`.

    Attributes:
        name: Its name, in the part and in the warehouse.
        arrow: Its type in the part.
        sql: Its type in the warehouse, as DuckDB names it.
        meaning: In a few words; the comment in the warehouse says the same, where there is one.
        source: Where its values come from.
        nullable: Whether a row may lack a value.
        since: The migration that created it.
        repeats: Paths below which values repeat, as Parquet names them: these are stored as dictionaries.
    """

    name: str
    arrow: pa.DataType
    sql: str
    meaning: str
    source: Source = "row"
    nullable: bool = False
    since: int = 1
    repeats: tuple[str, ...] = ()

    @property
    def field(self) -> pa.Field:
        """The column of a part."""
        return pa.field(self.name, self.arrow, nullable=self.nullable)


_TEXT: Final = (pa.string(), "VARCHAR")
_MOMENT: Final = (pa.timestamp("us", tz="UTC"), "TIMESTAMP WITH TIME ZONE")
_REAL: Final = (pa.float32(), "FLOAT")
_COUNT: Final = (pa.int32(), "INTEGER")
_WINDOWS: Final = (pa.list_(pa.int32()), "INTEGER[]")
_MAP: Final = (pa.map_(pa.string(), pa.string()), "MAP(VARCHAR, VARCHAR)")
_MAP_PATHS: Final = ("slices.key_value.key", "slices.key_value.value")


def _of_unit(name: str, kind: tuple[pa.DataType, str], meaning: str) -> PredictionColumn:
    return PredictionColumn(name, *kind, meaning, "unit", repeats=(name,))


PREDICTION_COLUMNS: Final = (
    _of_unit("task", _TEXT, "The task"),
    _of_unit("logical_date", (pa.date32(), "DATE"), "The date of the dump"),
    _of_unit("bundle", _TEXT, "Version of the model bundle: a hash of its contents"),
    _of_unit("unit", _TEXT, "Id of the unit that the row belongs to, see units"),
    _of_unit("source_path", _TEXT, "The file of the dump, from its root where it has one"),
    PredictionColumn("source_row", pa.int64(), "BIGINT", "Row in the source file, from 0"),
    PredictionColumn("doc_id", *_TEXT, "Id of the document, as the dump says"),
    PredictionColumn("text_created_at", *_MOMENT, "When the text was written, as the dump says", nullable=True),
    PredictionColumn(
        "slices", *_MAP, "Columns of the dump kept for breaking figures down", nullable=True, repeats=_MAP_PATHS
    ),
    PredictionColumn(
        "status",
        *_TEXT,
        "scored; empty: nothing left after cleaning; short: scored, little trust; failed",
        repeats=("status",),
    ),
    PredictionColumn(
        "label",
        *_TEXT,
        "Predicted class; null where the status is empty or failed",
        nullable=True,
        repeats=("label",),
    ),
    PredictionColumn("confidence", *_REAL, "Calibrated probability of the label", nullable=True),
    PredictionColumn("margin", *_REAL, "Top probability minus the second", nullable=True),
    PredictionColumn("entropy", *_REAL, "Entropy of the probabilities, in nats", nullable=True),
    PredictionColumn(
        "probs",
        pa.list_(pa.float32()),
        "FLOAT[]",
        "Probability of every class, in the order of bundles.labels",
        nullable=True,
    ),
    PredictionColumn("n_tokens", *_COUNT, "Tokens of the text", repeats=("n_tokens",)),
    PredictionColumn("n_windows", *_COUNT, "Windows that the text was cut into", repeats=("n_windows",)),
    PredictionColumn(
        "top_windows",
        *_WINDOWS,
        "Windows that spoke loudest for the label, best first",
        nullable=True,
        repeats=("top_windows.list.element",),
    ),
    PredictionColumn("truncated", pa.bool_(), "BOOLEAN", "The model did not see the whole text"),
    PredictionColumn("text_hash", pa.uint64(), "UBIGINT", "Hash of the cleaned text: equal texts have equal hashes"),
    PredictionColumn("created_at", *_MOMENT, "When the row was loaded", "loader"),
)
"""In the order of the table; those of the part come first. `label` to `probs` are null where the status is `empty` or
`failed`."""
PART_COLUMNS: Final = tuple(column for column in PREDICTION_COLUMNS if column.source != "loader")
LOADER_COLUMNS: Final = tuple(column for column in PREDICTION_COLUMNS if column.source == "loader")
PART_SCHEMA: Final = pa.schema([column.field for column in PART_COLUMNS])
"""One row per input row."""
