"""Sections about what to score, and how."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from batch.input.columns import ColumnMapping
from batch.input.units import UnitSize
from jobs.config.sections.scoring import Columns, EngineSection, HubModel, Task, UnitsSection, WarehouseSection


def test_one_input_or_many() -> None:
    assert Task.model_validate({"input": "dumps/dt={date}"}).input == ("dumps/dt={date}",)
    assert Task.model_validate({"input": ["a", "b"]}).input == ("a", "b")
    assert Task().input == ()


def test_columns_become_what_the_reader_takes() -> None:
    columns = Columns(text="content", id="doc", created_at="at", slices=("city",))
    assert columns.mapping() == ColumnMapping("content", "doc", "at", ("city",))


def test_megabytes_become_bytes() -> None:
    assert UnitsSection(rows=5, text_mb=3).size() == UnitSize(5, 3 * 1024**2)
    assert UnitsSection().size() == UnitSize()


@pytest.mark.parametrize(
    ("section", "values", "words"),
    [
        (Task, {"input": "dumps/{month}"}, "month"),
        (HubModel, {"cleaning": "spotless"}, "expected"),
        (EngineSection, {"device": "tpu"}, "pattern"),
        (EngineSection, {"precision": "fp8"}, "pattern"),
        (EngineSection, {"max_tokens": 8}, "greater than or equal to 16"),
        (WarehouseSection, {"patience_s": float("inf")}, "finite number"),
        (WarehouseSection, {"path": "~no-such-user-here/w.duckdb"}, "no-such-user-here"),
    ],
)
def test_values_that_no_run_could_use(section: type[BaseModel], values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        section.model_validate(values)
    assert words in str(caught.value)


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:1"])
def test_devices(device: str) -> None:
    assert EngineSection(device=device).device == device
