"""`docs/predictions.md`, made from the declared columns: `make docs`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from storage.prediction_columns import PREDICTION_COLUMNS, PredictionColumn

FILE: Final = Path(__file__).parents[2] / "docs" / "predictions.md"
_HEAD: Final = """\
# Columns of `predictions`

Made from `storage/prediction_columns.py` by `make docs`. Parts have the same columns, but for those that the loader
fills. Most people want the view `latest_predictions`, which has the same columns as the table.

| column | type | null | filled by | since migration | meaning |
|---|---|---|---|---|---|
"""


def columns_page(columns: Sequence[PredictionColumn] = PREDICTION_COLUMNS) -> str:
    """The page as Markdown: one line for each column."""
    return _HEAD + "".join(_line(column) for column in columns)


def _line(column: PredictionColumn) -> str:
    filled_by = "load" if column.source == "loader" else "score"
    null = "yes" if column.nullable else ""
    return f"| `{column.name}` | {column.sql} | {null} | {filled_by} | {column.since:04} | {column.meaning} |\n"


if __name__ == "__main__":
    FILE.write_text(columns_page(), encoding="utf-8")
