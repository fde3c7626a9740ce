"""What ran and how fast, as the page shows it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from models.pages.localized_text import NO_TEXT, LocalizedText
from monitoring.findings.record import Findings
from monitoring.wording.number_format import DASH, percent
from storage.runs.log import RunRecord

_STATES = {
    "running": LocalizedText("运行中", "running"),
    "done": LocalizedText("完成", "done"),
    "failed": LocalizedText("失败", "failed"),
    "interrupted": LocalizedText("中断", "interrupted"),
    "staged": LocalizedText("待写入", "staged"),
}
_JOBS = {"score": LocalizedText("打分", "score"), "load": LocalizedText("写入", "load")}
_STATUSES = {
    "scored": LocalizedText("已打分", "scored"),
    "empty": LocalizedText("空文本", "empty"),
    "short": LocalizedText("过短", "short"),
    "failed": LocalizedText("失败", "failed"),
}


@dataclass(frozen=True, slots=True)
class RunView:
    """One run.

    Attributes:
        run_id: Its id.
        job: What ran.
        state: How it ended.
        good: It ended well, or has not ended.
        day: When it started, in the page's time zone.
        when: From when to when.
        took: How long.
        rows: Rows it dealt with.
        speed: Documents a second.
        failures: What went wrong.
    """

    run_id: str
    job: LocalizedText
    state: LocalizedText
    good: bool
    day: str
    when: str
    took: LocalizedText
    rows: str
    speed: str
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpeedView:
    """The runs of a night.

    Attributes:
        rows: Rows of the night.
        rows_before: Rows that were expected, where the reference says.
        statuses: Rows by status, those that there are.
        speed: Documents a second of the newest run that scored something.
        detail: Tokens a second, device and precision of that run.
        took: Seconds of all runs together.
        cache: Share of texts that had been scored before.
        padding: Share of the computation that was padding.
        runs: The runs, newest last.
    """

    rows: str
    rows_before: str
    statuses: tuple[tuple[LocalizedText, str], ...]
    speed: str
    detail: LocalizedText
    took: LocalizedText
    cache: str
    padding: str
    runs: tuple[RunView, ...]


def speed_view(findings: Findings, runs: Sequence[RunRecord], zone: tzinfo) -> SpeedView:
    """Sum a night's runs up."""
    expected = findings.metric("rows")
    newest = next((run for run in reversed(runs) if math.isfinite(_figure(run, "docs_per_s"))), None)
    seconds = [_seconds(run) for run in runs if math.isfinite(_seconds(run))]
    return SpeedView(
        rows=f"{findings.now.rows:,}",
        rows_before=f"{expected.level_before:,.0f}" if expected and math.isfinite(expected.level_before) else "",
        statuses=tuple(
            (_STATUSES.get(status, LocalizedText(status, status)), f"{rows:,}")
            for status, rows in findings.now.statuses.items()
            if rows
        ),
        speed=f"{_figure(newest, 'docs_per_s'):,.0f}" if newest else DASH,
        detail=_detail(newest) if newest else NO_TEXT,
        took=duration(sum(seconds) if seconds else math.nan),
        cache=percent(_figure(newest, "cache_hit_rate")) if newest else DASH,
        padding=percent(_figure(newest, "padding_share")) if newest else DASH,
        runs=tuple(_run(run, zone) for run in runs),
    )


def duration(seconds: float) -> LocalizedText:
    """A time as people say it: seconds, then minutes, then hours."""
    if not math.isfinite(seconds):
        return LocalizedText(DASH, DASH)
    if seconds < 60:
        return LocalizedText(f"{seconds:.1f} 秒", f"{seconds:.1f} s")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return LocalizedText(f"{minutes} 分 {rest:02} 秒", f"{minutes} min {rest:02} s")
    return LocalizedText(f"{minutes // 60} 时 {minutes % 60:02} 分", f"{minutes // 60} h {minutes % 60:02} min")


def _run(run: RunRecord, zone: tzinfo) -> RunView:
    start = f"{run.started_at.astimezone(zone):%H:%M}"
    end = f" – {run.finished_at.astimezone(zone):%H:%M}" if run.finished_at else ""
    speed = _figure(run, "docs_per_s")
    return RunView(
        run_id=run.run_id,
        job=_JOBS.get(run.job, LocalizedText(run.job, run.job)),
        state=_STATES[run.state],
        good=run.state not in ("failed", "interrupted"),
        day=f"{run.started_at.astimezone(zone):%m-%d}",
        when=start + end,
        took=duration(_seconds(run)),
        rows=f"{run.rows:,}",
        speed=f"{speed:,.0f}" if math.isfinite(speed) else DASH,
        failures=tuple(run.failures),
    )


def _detail(run: RunRecord) -> LocalizedText:
    tokens = _figure(run, "tokens_per_s")
    speed = LocalizedText(f"{tokens:,.0f} 词元/秒", f"{tokens:,.0f} tokens/s") if math.isfinite(tokens) else NO_TEXT
    on = [str(run.metrics[name]) for name in ("device", "precision") if name in run.metrics]
    return LocalizedText(*(" · ".join(filter(None, (each, *on))) for each in (speed.zh, speed.en)))


def _seconds(run: RunRecord) -> float:
    return (run.finished_at - run.started_at).total_seconds() if run.finished_at else math.nan


def _figure(run: RunRecord, name: str) -> float:
    value = run.metrics.get(name)
    return float(value) if isinstance(value, int | float) else math.nan
