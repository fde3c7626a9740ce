"""Findings, judgements and samples of made-up nights, with figures that a test can foretell."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from models.evaluation.record import Interval
from monitoring.findings.judgement import Alert, Judgement, Verdict
from monitoring.findings.record import (
    ClassSide,
    Findings,
    Metric,
    Missing,
    ReferenceNote,
    Side,
    TokenShift,
    Word,
)
from monitoring.statistics.measured import Estimate, unknown
from storage.profiles.sample import SAMPLE_SCHEMA

FIRST = date(2026, 1, 5)
CLASSES = ("差评", "好评")
SECRET = "机密文本"
HOSTILE = "</script><script>document.title='bad'</script>"


def figure(name: str, value: float, *, item: str = "", level: float = math.nan, before: float = math.nan) -> Metric:
    return Metric(name, "", item, Estimate(value, value - 0.01, value + 0.01, 0.02, 0.3), level, before)


def night(number: int = 0, task: str = "comment", classes: tuple[str, ...] = CLASSES) -> Findings:
    """Findings of a night: `token_js` is .01 more each night, the rows are 1,000 more."""
    sides = tuple(ClassSide(label, 500, 500.0, (0,) * 20) for label in classes)
    side = Side(1_000, {"scored": 1_000}, sides, 20.0)
    metrics = (
        figure("rows", 1.1, level=1_000.0 * (number + 1), before=1_000.0),
        figure("empty_share", 0.01, level=0.05, before=0.04),
        figure("token_js", 0.01 * (number + 1)),
        figure("text_auc", 0.55, level=0.55),
        *(figure("class_share", 0.0, item=label, level=1 / len(classes), before=0.5) for label in classes),
        Metric("ece", "", "", unknown("no labelled rows")),
        Metric("token_js", "source=app", "", Estimate(0.5)),
    )
    word = Word("绝绝子", "word", Interval(0.03, 0.02, 0.04), Interval(0, 0, 0.01), 30, 0, 1e-7, (f"{SECRET}绝绝子",))
    return Findings(
        task=task,
        logical_date=FIRST + timedelta(days=number),
        bundle="b1",
        reference=ReferenceNote("r1", "dates", "b1", FIRST, FIRST, 4_000),
        now=side,
        before=side,
        metrics=metrics,
        words=(word,),
        tokens=(TokenShift("绝", 0.002, 0.4, 0.0001, 0.004),),
        missing=(Missing("ece", "no labelled rows", "label some"),),
    )


def judged(findings: Findings) -> Judgement:
    """`token_js` is an alert, `text_auc` is watched, `empty_share` is fine, the others are not judged."""
    verdicts = (
        Verdict("token_js", "", "", 1e-9, 0.01, True, 3, "warning"),
        Verdict("text_auc", "", "", 1e-3, 0.1, True, 1, "warning"),
        Verdict("empty_share", "", "", 0.4, 0.1, False, 0, None),
    )
    alert = Alert(
        alert="a1",
        task=findings.task,
        logical_date=findings.logical_date,
        bundle=findings.bundle,
        name="token_js",
        slice="",
        item="",
        severity="warning",
        since=FIRST,
        nights=3,
        is_new=True,
        effect=0.02,
        adjusted_p=1e-9,
        slices=("source=app",),
        message_en="Tokens have changed.",
        message_zh="词元有变。",
    )
    return Judgement(verdicts, (alert,))


def sample(
    rows: int = 200, classes: tuple[str, ...] = CLASSES, seed: int = 0, sources: tuple[str, ...] = ("app", "web")
) -> pa.Table:
    """`SAMPLE_SCHEMA`; every twentieth row is empty and has no prediction."""
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.ones(len(classes)), rows)
    scored = np.arange(rows) % 20 != 0
    columns = {
        "key": np.arange(rows, dtype=np.uint64),
        "doc_id": [f"doc-{row}" for row in range(rows)],
        "source_path": ["dumps/a.parquet"] * rows,
        "source_row": np.arange(rows),
        "text": [f"{SECRET}{row}" for row in range(rows)],
        "text_hash": np.arange(rows, dtype=np.uint64),
        "slices": [[("source", source)] for source in rng.choice(sources, rows)],
        "status": ["scored" if each else "empty" for each in scored],
        "label": [classes[row.argmax()] if each else None for row, each in zip(probs, scored, strict=True)],
        "confidence": [row.max() if each else None for row, each in zip(probs, scored, strict=True)],
        "probs": [row if each else None for row, each in zip(probs, scored, strict=True)],
        "n_tokens": rng.integers(3, 60, rows).astype(np.int32),
    }
    return pa.table(columns, schema=SAMPLE_SCHEMA)
