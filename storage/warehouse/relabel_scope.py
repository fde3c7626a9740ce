"""Which predictions are looked at for labelling, as a record and as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

GOLDEN_SOURCE: Final = "golden"
"""`source` of labels that are known to be right: they show how well people label, and are never trained on."""
OF_SCOPE: Final = "task = ? AND bundle = ? AND logical_date BETWEEN ? AND ? AND status <> 'empty'"
"""A condition on predictions; `scope_values` are its values."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which predictions are looked at.

    Attributes:
        task: The task.
        bundle: Version of the bundle that made them.
        first: First date.
        last: Last date.
        slices: Slice columns that the batch is stratified by, beside the predicted class.
    """

    task: str
    bundle: str
    first: date
    last: date
    slices: tuple[str, ...] = ()


def stratum_sql(scope: Scope) -> str:
    """SQL for the word of a row's stratum."""
    values = ", ".join(f"coalesce(slices[{literal(name)}], '')" for name in scope.slices)
    return f"concat_ws(chr(31), coalesce(label, ''){', ' + values if values else ''})"


def literal(value: str) -> str:
    """A text as SQL."""
    return "'" + value.replace("'", "''") + "'"


def scope_values(scope: Scope) -> list[object]:
    """The values of `OF_SCOPE`."""
    return [scope.task, scope.bundle, scope.first, scope.last]
