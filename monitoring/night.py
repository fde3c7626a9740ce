"""What a night looks like at a glance: the merged profile of a run, in a few lines of text."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from storage.profiles.counts import CONFIDENCE_BINS, UNIT
from storage.profiles.profile import Profile
from storage.records import STATUSES

_BARS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class ClassShare:
    """One class in a night's predictions.

    Attributes:
        label: Its name.
        rows: Rows predicted as it.
        share: Their share of all labelled rows.
        expected: Mean calibrated probability of the class over all labelled rows: the share that a calibrated
            model expects once ambiguous rows are counted by halves.
        histogram: Rows per confidence bin, `CONFIDENCE_BINS` of equal width on [0, 1].
    """

    label: str
    rows: int
    share: float
    expected: float
    histogram: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Night:
    """The figures of one night.

    Attributes:
        rows: Rows of the dump.
        statuses: Rows by status.
        duplicates: Rows whose text had been seen before in their unit.
        truncated: Rows of which the model did not see everything.
        unknown_share: Share of tokens that the vocabulary does not have.
        mean_tokens: Tokens per row.
        classes: The classes, in the bundle's order.
    """

    rows: int
    statuses: dict[str, int]
    duplicates: int
    truncated: int
    unknown_share: float
    mean_tokens: float
    classes: tuple[ClassShare, ...]


def summarise(profile: Profile) -> Night:
    """Turn a merged profile into a night's figures."""
    counts = profile.total
    labelled = max(1, counts.labelled)
    return Night(
        rows=counts.rows,
        statuses=dict(zip(STATUSES, counts.statuses, strict=True)),
        duplicates=counts.duplicates,
        truncated=counts.truncated,
        unknown_share=counts.unk_tokens / max(1, counts.n_tokens),
        mean_tokens=counts.n_tokens / max(1, counts.rows),
        classes=tuple(
            ClassShare(label, rows, rows / labelled, total * UNIT / labelled, histogram)
            for label, rows, total, histogram in zip(
                profile.labels, counts.class_counts, counts.probability_sums, counts.confidences, strict=True
            )
        ),
    )


def render_night(night: Night) -> str:
    """Draw a night for a terminal: statuses, classes, and the confidence histogram of each class."""
    statuses = ", ".join(f"{rows:,} {status}" for status, rows in night.statuses.items() if rows)
    lines = [
        f"{statuses or 'no rows'}; {night.duplicates:,} duplicates, {night.truncated:,} truncated, "
        f"{night.mean_tokens:.1f} tokens a row, {night.unknown_share:.2%} unknown",
    ]
    width = max((cell_len(each.label) for each in night.classes), default=0)
    for each in night.classes:
        name = each.label + " " * (width - cell_len(each.label))
        lines.append(
            f"{name}  {each.rows:>9,}  {each.share:6.1%}  expected {each.expected:6.1%}  "
            f"confidence {_lowest(len(night.classes)):.1f} {_sparkline(each.histogram, len(night.classes))} 1.0"
        )
    return "\n".join(lines)


def _lowest(classes: int) -> float:
    """The bin that a winning class's probability can start in."""
    return int(CONFIDENCE_BINS / classes) / CONFIDENCE_BINS


def _sparkline(histogram: tuple[int, ...], classes: int) -> str:
    shown = histogram[int(CONFIDENCE_BINS / classes) :]
    tallest = max(shown, default=0) or 1
    return "".join(_BARS[-(-rows * (len(_BARS) - 1) // tallest)] for rows in shown)
