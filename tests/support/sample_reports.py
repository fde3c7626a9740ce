"""Nights as monitoring would find them: a quiet one, one to watch, a bad one, and ones with pieces missing."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from models.pages.localized_text import LocalizedText
from monitoring.findings.judgement import Judgement
from monitoring.findings.morning import Link, Morning, WaitingBatch
from monitoring.findings.record import (
    ClassSide,
    Metric,
    Missing,
    Side,
    TokenShift,
)
from monitoring.metrics.registry import CATALOGUE
from monitoring.statistics.estimate import unknown
from storage.runs.log import RunRecord
from tests.support.sample_measurements import (
    BAD_METRICS,
    BEIJING,
    BUNDLE,
    NIGHT,
    Kind,
    around,
    made_findings,
    made_judgement,
    made_trend,
    made_verdict,
    made_word,
)

__all__ = ["BEIJING", "NIGHT"]


def make_waiting(task: str, batches: int = 2) -> tuple[WaitingBatch, ...]:
    """Batches of the queue, the newest of them not begun."""
    first = WaitingBatch("2026-01-04-3fa1c0de", 520, 520, 0, f"yeban relabel export {task} --batch 2026-01-04-3fa1c0de")
    others = (
        WaitingBatch(f"2025-12-{28 - place}-0badcafe", 1_500, 1_120, 6, f"yeban relabel import {task} FILE")
        for place in range(batches - 1)
    )
    return (first, *others)


def make_morning(task: str = "comment", kind: Kind = "quiet", rows: int = 120_000, seed: int = 0) -> Morning:
    """A night with everything there is, 30 nights of trend included."""
    rng = np.random.default_rng(seed)
    findings = made_findings(task, kind, rows, rng)
    judgement = made_judgement(findings, kind)
    return Morning(
        findings=findings,
        judgement=judgement,
        runs=(make_run("score", task, rows), make_run("load", task, rows)),
        trends={metric.key: made_trend(metric, judgement, rng) for metric in findings.metrics if metric.estimate.known},
        links=(
            Link("evidently", "evidently.html", f"yeban monitor {task} --date {NIGHT} --evidently"),
            Link("relabel", None, f"yeban relabel pick {task}"),
        ),
        waiting=() if kind == "quiet" else make_waiting(task),
        zone=BEIJING,
    )


def make_run(job: str, task: str = "comment", rows: int = 120_000, state: str = "done") -> RunRecord:
    """A run of the small hours."""
    started = datetime(2026, 3, 2, 18, 30 if job == "score" else 52, tzinfo=UTC)
    figures = {
        "seconds": 1263.4,
        "docs_per_s": 95.0,
        "tokens_per_s": 2034.7,
        "padding_share": 0.0132,
        "device": "cpu",
        "precision": "bf16",
        "cache_hit_rate": 0.3127,
    }
    return RunRecord(
        run_id=f"20260303T0230{job}",
        job=job,
        task=task,
        logical_date=NIGHT,
        bundle=BUNDLE,
        started_at=started,
        finished_at=started + timedelta(seconds=1271 if job == "score" else 4.2),
        state=state,  # type: ignore[arg-type]
        rows=rows,
        units=12,
        failures=[],
        metrics=figures if job == "score" else {},
        host="night-1",
        pid=4242,
    )


def without_reference(morning: Morning) -> Morning:
    """The first night of a task: nothing to compare with."""
    metrics = tuple(
        replace(m, estimate=unknown("no reference"), level_before=math.nan) for m in morning.findings.metrics
    )
    return replace(
        morning,
        findings=replace(morning.findings, reference=None, before=None, metrics=metrics, words=(), tokens=()),
        judgement=Judgement(),
        trends={},
    )


def without_labels(morning: Morning) -> Morning:
    """A night of which no random row has been labelled."""
    labels = {name for name, each in CATALOGUE.items() if each.family == "labels"}
    metrics = tuple(
        replace(m, estimate=unknown("no labelled rows"), level=math.nan, level_before=math.nan)
        if m.name in labels
        else m
        for m in morning.findings.metrics
    )
    missing = Missing(
        "accuracy, ece",
        LocalizedText("随机样本还没有标注", "no row of the random arm has a label"),
        LocalizedText(
            f"导出随机样本交人标注：yeban relabel export {morning.findings.task}",
            f"have the random arm labelled: yeban relabel export {morning.findings.task}",
        ),
    )
    return replace(
        morning,
        findings=replace(morning.findings, metrics=metrics, reliability=(), labelled_rows=0, missing=(missing,)),
    )


def without_rows(morning: Morning) -> Morning:
    """A night on which nothing came, so that every figure is unknown."""
    none = tuple(ClassSide(c.label, 0, 0.0, (0,) * 20) for c in morning.findings.now.classes)
    metrics = tuple(replace(m, estimate=unknown("no rows"), level=math.nan) for m in morning.findings.metrics)
    findings = replace(
        morning.findings, now=Side(0, {}, none), metrics=metrics, words=(), tokens=(), reliability=(), labelled_rows=0
    )
    return replace(morning, findings=findings, judgement=Judgement(), runs=())


def make_huge(name: str = "类") -> Morning:
    """More of everything than a page can hold: 40 classes, 200 slices of 40 metrics, 50 words, long texts."""
    morning = make_morning("comment", "bad")
    labels = [f"{name}{number}" for number in range(40)]
    whole = [m for m in morning.findings.metrics if not m.slice and not m.item][:40]
    cut = [replace(m, slice=f"{name}={number}") for number in range(200) for m in whole]
    verdicts = tuple(made_verdict(m, m.name in BAD_METRICS) for m in (*whole, *cut) if CATALOGUE[m.name].threshold)
    line = tuple(replace(point, breached=True) for point in next(iter(morning.trends.values())))
    long = (name + '"&<') * 500
    word = replace(made_word(long, long), examples=(long,) * 5)
    sides = [
        replace(side, classes=tuple(ClassSide(label, 900, 900.0, tuple(range(20))) for label in labels))
        for side in (morning.findings.now, morning.findings.before)
        if side
    ]
    items = [
        Metric(kind, "", label, around(0.02, 0.01), 0.02, 0.01)
        for label in labels
        for kind in ("class_share", "class_share_em", "class_share_bbse")
    ]
    findings = replace(
        morning.findings,
        now=sides[0],
        before=sides[1],
        metrics=(*whole, *items, *cut),
        words=(word,) * 50,
        tokens=(TokenShift(long, 0.1, 0.1, 0.1, 0.1),) * 500,
        missing=(Missing.in_english(long, long, long),) * 100,
    )
    alert = replace(morning.judgement.alerts[0], message=LocalizedText(long, long), slices=(long,) * 200)
    run = replace(make_run("score", state="failed"), failures=[long] * 100)
    return replace(
        morning,
        findings=findings,
        judgement=Judgement(verdicts, (alert,) * 100),
        runs=(run,) * 50,
        trends={metric.key: line for metric in findings.metrics},
    )


def make_hostile(evil: str) -> Morning:
    """A night in which every text that comes from data is the one given."""
    morning = make_morning("comment", "bad")
    findings = morning.findings
    sides = [
        replace(side, classes=tuple(replace(c, label=evil) for c in side.classes), statuses={evil: 3})
        for side in (findings.now, findings.before)
        if side
    ]
    reference = replace(findings.reference, reference=evil, bundle=evil) if findings.reference else None
    metrics = tuple(replace(m, slice=evil if m.slice else "", item=evil if m.item else "") for m in findings.metrics)
    nameless = Metric("token_js", "", "", unknown(evil))
    alerts = tuple(replace(a, message=LocalizedText(evil, evil), slices=(evil,)) for a in morning.judgement.alerts)
    verdicts = tuple(replace(v, slice=evil if v.slice else "") for v in morning.judgement.verdicts)
    return replace(
        morning,
        findings=replace(
            findings,
            task=evil,
            bundle=evil,
            reference=reference,
            now=sides[0],
            before=sides[1],
            metrics=(*metrics, nameless),
            words=tuple(replace(w, text=evil, examples=(evil,)) for w in findings.words),
            tokens=tuple(replace(t, token=evil) for t in findings.tokens),
            missing=(Missing(evil, LocalizedText(evil, f"`{evil}`"), LocalizedText(evil, evil)),),
        ),
        judgement=Judgement(verdicts, alerts),
        runs=tuple(
            replace(run, run_id=evil, failures=[evil], metrics={"docs_per_s": 1.0, "device": evil})
            for run in morning.runs
        ),
        links=(Link("evidently", "javascript:alert(1)", evil), Link("relabel", None, evil)),
        waiting=(WaitingBatch(evil, 3, 2, 1, evil),),
    )
