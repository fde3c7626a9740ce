"""The findings of one night: every metric with its uncertainty, and what is shown beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Self

from pydantic import TypeAdapter

from models.evaluation.record import Interval, ReliabilityBin
from models.pages.localized_text import LocalizedText
from monitoring.findings.json_form import parse_json, rename_in_lists, stored_as, stored_in_two
from monitoring.statistics.estimate import Estimate

NOT_JUDGED: Final = "alerts"
"""`Missing.what` of a night from which nothing is concluded: too few rows on a side."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a night.

    Attributes:
        name: A key of `monitoring.metrics.registry.CATALOGUE`.
        slice: Which rows: `column=value`, or empty for all.
        item: What of: a class, a word; empty for the whole.
        estimate: The statistic; `value` of a share or a mean is its difference from the reference.
        level: The plain level tonight, such as the share itself; NaN where there is none.
        level_before: The level of the reference.
    """

    name: str
    slice: str
    item: str
    estimate: Estimate = field(metadata=stored_as("measured"))
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
    """

    what: str
    why: LocalizedText = field(metadata=stored_in_two("why", "why_zh"))
    action: LocalizedText = field(metadata=stored_in_two("action", "action_zh"))

    @classmethod
    def in_english(cls, what: str, why: str, action: str) -> Self:
        """A gap of which only an English error message is known."""
        return cls(what, LocalizedText("", why), LocalizedText("", action))


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
        metrics: The metrics, those of all rows first.
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
        """One metric, of all rows or of one slice; None where it was not measured."""
        return next((each for each in self.metrics if each.key == (name, rows, item)), None)


def read_findings(data: bytes) -> Findings:
    """Inverse of `json_form.to_json`.

    Raises:
        ValueError: The bytes are no findings.
    """
    return _FINDINGS.validate_python(rename_in_lists(parse_json(data), metrics=Metric, missing=Missing))


_FINDINGS: TypeAdapter[Findings] = TypeAdapter(Findings)
