"""The tables of a night's report: alerts, metrics, rising words, tokens, what could not be found out."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from monitoring.evidently.extra import evidently_imports
from monitoring.evidently.shown import Shown, chance_text, title_of
from monitoring.findings.judgement import Judgement
from monitoring.findings.record import Findings

_FIGURE_HEADER = (
    "指标 Figure",
    "今晚 Tonight",
    "基准 Reference",
    "95% 区间 Interval",
    "效应/阈值 Effect / threshold",
    "p (adjusted)",
    "判断 Verdict",
)
_ALERT_HEADER = (
    "警报 Alert",
    "严重度 Severity",
    "自 Since",
    "连续晚数 Nights",
    "效应 Effect",
    "p (adjusted)",
    "切片 Slices",
)
_TEXTS = 50
"""Rows of the sample whose texts are shown where that is allowed."""

Rows = list[tuple[Any, ...]]


def make_tables(
    findings: Findings, judgement: Judgement, shown: tuple[Shown, ...], sample: pa.Table, *, show_texts: bool
) -> list[Any]:
    """Evidently widgets, from top to bottom; what is empty is left out.

    Args:
        findings: Of the night.
        judgement: What is thought of them.
        shown: As `shown_metrics` gives them.
        sample: Tonight's sample, `SAMPLE_SCHEMA`.
        show_texts: Show texts of the sample, and the rows in which rising words occur.

    Raises:
        ExtraMissing: Evidently is not installed.
    """
    with evidently_imports():
        from evidently.legacy.renderers.html_widgets import table_data

    made = (
        ("警报 Alerts", _ALERT_HEADER, _alerts(judgement)),
        ("指标 Figures", _FIGURE_HEADER, [(each.title, *each.cells) for each in shown]),
        _words(findings, show_texts=show_texts),
        (
            "变化最大的词元 Tokens the drift comes from",
            ("词元 Token", "基准 Before", "今晚 Now", "贡献 Part"),
            _tokens(findings),
        ),
        ("未能得出 Not found out", ("什么 What", "原因 Why", "怎么办 To do"), _missing(findings)),
        (
            "随机样本文本 Texts of the random sample",
            ("预测 Label", "置信度 Confidence", "文本 Text"),
            _texts(sample, show_texts),
        ),
    )
    return [table_data(title=title, column_names=list(header), data=rows) for title, header, rows in made if rows]


def _alerts(judgement: Judgement) -> Rows:
    return [
        (
            title_of(each.name, each.item),
            each.severity,
            each.since,
            each.nights,
            f"{each.effect:.3g}",
            chance_text(each.adjusted_p),
            ", ".join(filter(None, (each.slice, *each.slices))),
        )
        for each in judgement.alerts
    ]


def _words(findings: Findings, *, show_texts: bool) -> tuple[str, tuple[str, ...], Rows]:
    header = ("词 Word", "基准 Before", "今晚 Now", "行数 Rows", *(("例 Examples",) if show_texts else ()))
    rows = [
        (
            each.text,
            f"{each.before.value:.2%}",
            f"{each.now.value:.2%}",
            each.rows_now,
            *((" ⏎ ".join(each.examples),) if show_texts else ()),
        )
        for each in findings.words
    ]
    return "新词 Rising words", header, rows


def _tokens(findings: Findings) -> Rows:
    return [(each.token, f"{each.before:.3%}", f"{each.now:.3%}", f"{each.part:.1%}") for each in findings.tokens]


def _missing(findings: Findings) -> Rows:
    return [(each.what, each.why.en, each.action.en) for each in findings.missing]


def _texts(sample: pa.Table, show_texts: bool) -> Rows:
    if not show_texts:
        return []
    rows = sample.slice(0, _TEXTS).select(["label", "confidence", "text"]).to_pylist()
    return [
        (row["label"] or "", "" if row["confidence"] is None else f"{row['confidence']:.3f}", row["text"])
        for row in rows
    ]
