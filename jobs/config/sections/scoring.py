"""What to score, and how."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_validator

from batch.input.columns import ColumnMapping
from batch.input.sources import fill_in
from batch.input.units import UnitSize
from jobs.config.sections.section import ConfigSection, path_of_a_user
from models.aggregation import Aggregation
from models.cleaning.presets import cleaning_preset
from models.windows import WindowSpec
from storage.errors import ConfigError

_ONE_OR_MANY: Final = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


_SOME_DAY: Final = date(2000, 1, 1)


def _fillable(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            fill_in(pattern, _SOME_DAY)
        except ConfigError as error:
            raise ValueError(f"{error.got}; expected {error.expected}") from error
    return patterns


def _known_cleaning(name: str) -> str:
    try:
        cleaning_preset(name)
    except ConfigError as error:
        raise ValueError(f"{error.got}; expected {error.expected}") from error
    return name


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Columns(ConfigSection):
    """Which columns of the dump mean what; without `id`, ids are derived from the text."""

    text: str = "text"
    id: str | None = None
    created_at: str | None = None
    slices: tuple[str, ...] = ()

    def mapping(self) -> ColumnMapping:
        """The record that the reader takes."""
        return ColumnMapping(self.text, self.id, self.created_at, self.slices)


class HubModel(ConfigSection):
    """What a stock transformers model does not say itself. Bundles of `yeban train` carry their own."""

    cleaning: Annotated[str, AfterValidator(_known_cleaning)] = "plain"
    windows: WindowSpec = WindowSpec(max_length=512)
    aggregation: Aggregation = "mean"


class Task(ConfigSection):
    """One classification job."""

    input: Annotated[
        tuple[str, ...], BeforeValidator(_one_or_many), AfterValidator(_fillable), WithJsonSchema(_ONE_OR_MANY)
    ] = ()
    bundle: str | None = None
    training: str | None = None
    columns: Columns = Columns()
    foreign: HubModel = HubModel()

    @field_validator("training")
    @classmethod
    def _of_a_user(cls, value: str | None) -> str | None:
        return None if value is None else path_of_a_user(value)


class EngineSection(ConfigSection):
    """How to compute."""

    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    precision: str = Field(default="auto", pattern=r"^(auto|fp32|bf16|fp16|int8)$")
    max_tokens: int | None = Field(default=None, ge=16)
    cache_mb: int = Field(default=0, ge=0)


_UNITS: Final = UnitSize()
"""Each default stands once: there, in bytes."""


class UnitsSection(ConfigSection):
    """How large a unit may be: bounds memory, and what a crash can cost."""

    rows: int = Field(default=_UNITS.rows, ge=1)
    text_mb: int = Field(default=_UNITS.text_bytes >> 20, ge=1)

    def size(self) -> UnitSize:
        """The record that the planner takes."""
        return UnitSize(self.rows, self.text_mb << 20)


class WarehouseSection(ConfigSection):
    """The DuckDB file."""

    path: str = "yeban.duckdb"
    patience_s: float = Field(default=30.0, ge=0, le=86_400, allow_inf_nan=False)

    @field_validator("path")
    @classmethod
    def _of_a_user(cls, value: str) -> str:
        return path_of_a_user(value)
