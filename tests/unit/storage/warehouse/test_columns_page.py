from __future__ import annotations

import pyarrow as pa

from storage.prediction_columns import PREDICTION_COLUMNS, PredictionColumn
from storage.warehouse.columns_page import FILE, columns_page


def test_the_page_in_the_repository_is_that_of_the_columns() -> None:
    assert FILE.read_text("utf-8") == columns_page(), "run `make docs`"


def test_each_column_has_a_line_of_its_own() -> None:
    lines = columns_page().splitlines()
    for column in PREDICTION_COLUMNS:
        (line,) = (each for each in lines if each.startswith(f"| `{column.name}` |"))
        assert column.meaning in line


def test_a_new_column_is_on_the_page() -> None:
    new = PredictionColumn("language", pa.string(), "VARCHAR", "Language of the text", nullable=True, since=5)
    assert columns_page([new]).endswith("| `language` | VARCHAR | yes | score | 0005 | Language of the text |\n")
