"""What a night looks like right after scoring, before anything is compared: a few lines of text."""

from __future__ import annotations

from monitoring.metrics.sides import side_of
from monitoring.terminal.findings import class_lines
from monitoring.wording.number_format import percent
from storage.profiles.profile import Profile


def render_night(profile: Profile) -> str:
    """Draw a merged profile for a terminal: statuses, classes, and the confidence histogram of each class."""
    counts, side = profile.total, side_of(profile)
    statuses = ", ".join(f"{rows:,} {status}" for status, rows in side.statuses.items() if rows)
    unknown = percent(counts.unk_tokens / max(1, counts.n_tokens))
    first = (
        f"{statuses or 'no rows'}; {counts.duplicates:,} duplicates, {counts.truncated:,} truncated, "
        f"{counts.n_tokens / max(1, counts.rows):.1f} tokens a row, {unknown} unknown"
    )
    return "\n".join([first, *(line.rstrip() for line in class_lines(side))])
