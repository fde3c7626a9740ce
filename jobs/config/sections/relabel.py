"""What people are asked to label."""

from __future__ import annotations

import difflib
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from jobs.config.sections.section import ConfigSection, path_of_a_user
from monitoring.relabel.selection.mix import DEFAULT_MIX
from monitoring.relabel.strategies.base.registry import STRATEGIES


def known_strategy(name: str) -> str:
    """The name of a strategy.

    Raises:
        ValueError: There is none of that name.
    """
    names = STRATEGIES.names()
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1)
    raise ValueError(
        f"{name!r} is no strategy" + (f"; did you mean {near[0]!r}?" if near else f"; expected {', '.join(names)}")
    )


class RelabelSection(ConfigSection):
    """How a batch is mixed."""

    budget: int = Field(default=500, ge=1, le=100_000)
    days: int = Field(default=7, ge=1, le=366)
    mix: dict[Annotated[str, AfterValidator(known_strategy)], Annotated[float, Field(gt=0, allow_inf_nan=False)]] = (
        Field(default=dict(DEFAULT_MIX), min_length=1)
    )
    double_share: float = Field(default=0.1, ge=0, le=1)
    golden_share: float = Field(default=0.05, ge=0, le=1)
    golden: str | None = None
    held_out_share: float = Field(default=1.0, ge=0, le=1)
    strata: tuple[str, ...] = ()
    candidates: int = Field(default=10, ge=1, le=100)
    embed: bool = True
    dropout_passes: int = Field(default=10, ge=2, le=100)

    @field_validator("golden")
    @classmethod
    def _of_a_user(cls, value: str | None) -> str | None:
        return None if value is None else path_of_a_user(value)
