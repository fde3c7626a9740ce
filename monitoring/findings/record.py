"""The findings of one night: every figure with its uncertainty, and what people want to see beside it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter

from models.evaluation.record import Interval, ReliabilityBin
from monitoring.statistics.measured import Estimate

T = TypeVar("T")

NOT_JUDGED: Final = "alerts"
"""`Missing.what` of a night from which nothing is concluded: too few rows on a side."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of a night.

    Attributes:
        name: A key of `catalogue.CATALOGUE`.
        slice: Which rows: `column=value`, or empty for all.
        item: What of: a class, a word; empty for the whole.
        measured: The figure; `value` of a share or a mean is its difference from the reference.
        level: The plain level tonight, such as the share itself; NaN where there is none.
        level_before: The level of the reference.
    """

    name: str
    slice: str
    item: str
    measured: Estimate
    level: float = math.nan
    level_before: float = math.nan

    @property
    def key(self) -> tuple[str, str, str]:
        """What stays the same from night to night."""
        return self.name, self.slice, self.item


@dataclass(frozen=True, slots=True)
class ClassSide:
    """One class on one side.

    Attributes:
        label: Its name.
        rows: Rows predicted as it.
        expected: Sum of its probability over all labelled rows.
        confidences: Rows predicted as it per confidence bin, 20 bins of equal width on [0, 1].
    """

    label: str
    rows: int
    expected: float
    confidences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What was counted: tonight, or of the reference.

    Attributes:
        rows: Number of rows.
        statuses: Rows per status.
        classes: The classes, in the bundle's order.
        mean_tokens: Mean number of tokens of a row, NaN without rows.
    """

    rows: int
    statuses: dict[str, int]
    classes: tuple[ClassSide, ...]
    mean_tokens: float = math.nan

    @property
    def labelled(self) -> int:
        """Rows that have a label."""
        return sum(each.rows for each in self.classes)


@dataclass(frozen=True, slots=True)
class ReferenceNote:
    """What the night was compared with.

    Attributes:
        reference: Its id: a digest of its contents.
        kind: `dev`: labelled rows of the training; `dates`: nights that were frozen.
        bundle: The bundle that scored it.
        first: First date, None for dev.
        last: Last date, None for dev.
        rows: Its rows.
    """

    reference: str
    kind: str
    bundle: str
    first: date | None
    last: date | None
    rows: int


@dataclass(frozen=True, slots=True)
class Word:
    """A word or emoji that is rising.

    Attributes:
        text: The word.
        kind: `word` or `emoji`.
        now: Share of tonight's sampled rows that hold it, with its interval.
        before: The same of the reference.
        rows_now: Sampled rows of tonight that hold it.
        rows_before: Sampled rows of the reference that hold it.
        adjusted_p: Chance of such a rise if nothing had changed, adjusted for all that was looked at.
        examples: Some of the rows, shortened; empty where texts may not leave the sample.
    """

    text: str
    kind: str
    now: Interval
    before: Interval
    rows_now: int
    rows_before: int
    adjusted_p: float
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TokenShift:
    """A token whose share has changed.

    Attributes:
        token: The token, as the vocabulary writes it.
        contribution: Its term in the Jensen-Shannon divergence, bits; negative when its share has shrunk.
        part: The term's share of the whole divergence.
        before: Its share of the reference's tokens.
        now: Its share of tonight's.
    """

    token: str
    contribution: float
    part: float
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Missing:
    """What could not be found out.

    Attributes:
        what: Names of the metrics or the part of the report.
        why: What was got.
        action: What to do.
        why_zh: `why` in Chinese; empty where there is only English, as is the next.
        action_zh: `action` in Chinese.
    """

    what: str
    why: str
    action: str
    why_zh: str = ""
    action_zh: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found out about one night of one task.

    Attributes:
        task: The task.
        logical_date: The date.
        bundle: Version of the bundle that scored it.
        reference: What it was compared with, None where there is nothing to compare with.
        now: What was counted.
        before: What was counted of the reference, None without one.
        metrics: The figures, those of all rows first.
        words: Rising words, the most surprising first.
        tokens: Tokens that the drift comes from, the largest first.
        reliability: Bins of the reliability diagram; empty where there are no labels of random rows.
        labelled_rows: Random rows with a label that these rest on.
        missing: What could not be found out.
    """

    task: str
    logical_date: date
    bundle: str
    reference: ReferenceNote | None
    now: Side
    before: Side | None
    metrics: tuple[Metric, ...] = ()
    words: tuple[Word, ...] = ()
    tokens: tuple[TokenShift, ...] = ()
    reliability: tuple[ReliabilityBin, ...] = ()
    labelled_rows: int = 0
    missing: tuple[Missing, ...] = ()

    @property
    def is_judged(self) -> bool:
        """Whether changes of all rows could be judged; without, no alert does not mean that all is well."""
        return self.reference is not None and not any(gap.what == NOT_JUDGED for gap in self.missing)

    def metric(self, name: str, rows: str = "", item: str = "") -> Metric | None:
        """One figure, of all rows or of one slice; None where it was not measured."""
        return next((each for each in self.metrics if each.key == (name, rows, item)), None)


def to_json(record: Any) -> bytes:
    """Any of these records as JSON, fields under their aliases; NaN and infinities become null."""
    flat = _adapter(record.__class__).dump_python(record, by_alias=True)
    return json.dumps(_without_nan(flat), ensure_ascii=False, sort_keys=True, default=str).encode()


def from_json(kind: TypeAdapter[T], data: bytes) -> T:
    """Inverse of `to_json` for records of one kind.

    Raises:
        ValueError: The bytes are no such record.
    """
    return kind.validate_python(_with_nan(json.loads(data)))


def read_findings(data: bytes) -> Findings:
    """Inverse of `to_json`.

    Raises:
        ValueError: The bytes are no findings.
    """
    return from_json(_FINDINGS, data)


_FINDINGS: TypeAdapter[Findings] = TypeAdapter(Findings)
_NULLABLE = frozenset({"first", "last", "reference", "before", "severity", "since"})
"""Fields in which null means None; in all others it stands for NaN."""


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _with_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: math.nan if item is None and key not in _NULLABLE else _with_nan(item) for key, item in value.items()
        }
    return [_with_nan(item) for item in value] if isinstance(value, list) else value
