"""Made-up findings, judgements and trends of a night, from which `sample_reports` builds whole reports."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta, timezone
from typing import Final, Literal

import numpy as np

from models.evaluation.record import Interval, ReliabilityBin
from monitoring.alerts.message import alert_message
from monitoring.findings.judgement import Alert, Judgement, Verdict
from monitoring.findings.morning import TrendPoint
from monitoring.findings.record import (
    ClassSide,
    Findings,
    Metric,
    ReferenceNote,
    Side,
    TokenShift,
    Word,
)
from monitoring.metrics.registry import CATALOGUE
from monitoring.statistics.estimate import Estimate, unknown

Kind = Literal["quiet", "watched", "bad"]

NIGHT: Final = date(2026, 3, 2)
BUNDLE: Final = "7f3c1b9a20d4"
BEIJING: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
_NIGHTS: Final = 30


@dataclass(frozen=True, slots=True)
class _Task:
    """What a task's nights look like: classes with their shares, slices, words that rise on a bad night."""

    shares: dict[str, float]
    slices: tuple[str, ...]
    words: tuple[tuple[str, str], ...]
    tokens: float


_TASKS: Final = {
    "comment": _Task(
        {"差评": 0.22, "好评": 0.78},
        ("source=app", "source=web", "source=外卖"),
        (
            ("尊嘟假嘟", "这家店尊嘟假嘟啊，等了一个小时才送到"),
            ("泰裤辣", "味道泰裤辣!下次还来"),
            ("🫠", "冰淇淋送来已经🫠"),
        ),
        21.4,
    ),
    "weibo": _Task(
        {"中性": 0.34, "高兴": 0.22, "愤怒": 0.16, "悲伤": 0.12, "恐惧": 0.07, "惊奇": 0.09},
        ("platform=ios", "platform=android", "verified=true"),
        (("特种兵旅游", "周末特种兵旅游三城打卡，腿已经不是我的了"), ("班味", "一身班味怎么洗都洗不掉")),
        38.0,
    ),
    "news": _Task(
        dict(
            zip(
                ("财经", "科技", "体育", "娱乐", "时政", "教育", "社会", "游戏", "房产", "汽车"),
                [0.1] * 10,
                strict=True,
            )
        ),
        ("site=a", "site=b"),
        (("低空经济", "多地出台低空经济扶持政策，无人机物流试点启动"),),
        612.0,
    ),
}

# level before, level now (quiet, bad); None where there is no level
_LEVELS: Final[dict[str, tuple[float, float, float]]] = {
    "failed_share": (0.0, 0.0, 0.0004),
    "empty_share": (0.012, 0.0118, 0.013),
    "invalid_utf8_share": (0.0, 0.0, 0.0),
    "duplicate_share": (0.284, 0.291, 0.402),
    "short_share": (0.034, 0.035, 0.031),
    "truncated_share": (0.0021, 0.002, 0.0024),
    "url_share": (0.081, 0.079, 0.088),
    "mention_share": (0.143, 0.145, 0.141),
    "topic_share": (0.052, 0.053, 0.061),
    "emoji_share": (0.311, 0.307, 0.342),
    "html_share": (0.0003, 0.0003, 0.0004),
    "unk_share": (0.0042, 0.0043, 0.0121),
    "unseen_share": (0.0011, 0.0012, 0.0049),
    "mean_confidence": (0.914, 0.913, 0.861),
    "unsure_share": (0.083, 0.085, 0.162),
}
_DISTANCES: Final[dict[str, tuple[float, float]]] = {
    "length_psi": (0.002, 0.031),
    "token_js": (0.0031, 0.0248),
    "token_psi": (0.011, 0.094),
    "token_kl": (0.009, 0.081),
    "tfidf_kl": (0.006, 0.043),
    "embedding_mmd": (0.0004, 0.0121),
    "class_psi": (0.003, 0.067),
    "class_js": (0.0008, 0.011),
    "prior_shift": (0.012, 0.071),
    "confidence_psi": (0.005, 0.142),
}
_OF_SLICES: Final = (*_LEVELS, "mean_tokens", "length_psi", "class_psi", "class_js", "confidence_psi", "mean_entropy")
BAD_METRICS: Final = ("duplicate_share", "unk_share", "token_js", "tfidf_kl", "confidence_psi", "unsure_share")
_WATCHED: Final = ("unseen_share", "text_auc")


def made_findings(task: str, kind: Kind, rows: int, rng: np.random.Generator) -> Findings:
    facts, bad = _TASKS[task], kind == "bad"
    shares = np.array(list(facts.shares.values()))
    moved = shares * np.linspace(1.25, 0.93, len(shares)) if bad else shares * rng.uniform(0.99, 1.01, len(shares))
    now = _side(list(facts.shares), moved / moved.sum(), rows, 0.80 if bad else 0.9, rng)
    before = _side(list(facts.shares), shares, 14 * rows, 0.9, rng)
    metrics = [*_metrics(kind, rows, facts.tokens, rng)]
    for label, share, then in zip(facts.shares, moved / moved.sum(), shares, strict=True):
        metrics += [
            _difference("class_share", then, share, rows, item=label),
            Metric(
                "class_share_em", "", label, Estimate(0.98 * share, 0.96 * share, share, n=rows), 0.98 * share, then
            ),
        ]
    for number, name in enumerate(facts.slices):
        like = _metrics(kind if number == 0 else "quiet", rows // 3, facts.tokens, rng)
        metrics += [replace(m, slice=name) for m in like if m.name in _OF_SLICES]
        metrics.append(replace(_difference("slice_share", 0.33, 0.34, rows), slice=name))
    return Findings(
        task=task,
        logical_date=NIGHT,
        bundle=BUNDLE,
        reference=ReferenceNote("3e91c07d", "dates", BUNDLE, date(2026, 1, 20), date(2026, 2, 2), 14 * rows),
        now=now,
        before=before,
        metrics=tuple(metrics),
        words=tuple(made_word(text, example) for text, example in facts.words) if bad else (),
        tokens=_tokens() if bad else (),
        reliability=_reliability(0.12 if bad else 0.01, rng),
        labelled_rows=400,
    )


def _metrics(kind: Kind, rows: int, tokens: float, rng: np.random.Generator) -> list[Metric]:
    bad = kind == "bad"
    found = [_rows(rows)]
    found += [_difference(name, then, worse if bad else now, rows) for name, (then, now, worse) in _LEVELS.items()]
    found += [_distance(name, worse if bad else now) for name, (now, worse) in _DISTANCES.items()]
    mean = Estimate(0.3, 0.1, 0.5, 0.02, 0.04, -0.2, 0.2, 14 * rows, rows)
    auc = 0.61 if bad else 0.58 if kind == "watched" else 0.507
    found += [
        Metric("mean_tokens", "", "", mean, tokens + 0.3, tokens),
        Metric("text_auc", "", "", Estimate(auc, auc - 0.02, auc + 0.02, 2 * auc - 1, 0.0004, 0.5, 0.518, 2000, 2000)),
        Metric("embedding_auc", "", "", unknown("no embeddings were kept")),
        Metric("mean_entropy", "", "", around(0.012 if bad else 0.001, 0.002), 0.241, 0.229),
        Metric("expected_accuracy", "", "", Estimate(0.871 if bad else 0.921, 0.862, 0.927)),
        Metric("expected_macro_f1", "", "", Estimate(0.843 if bad else 0.902, 0.83, 0.911)),
        Metric("accuracy", "", "", Estimate(0.8625, 0.825, 0.893, n=400), 0.8625),
        Metric("accuracy_change", "", "", Estimate(-0.058, -0.094, -0.022, -0.17, 0.003, -0.033, 0.033), 0.8625, 0.921),
        Metric("macro_f1", "", "", Estimate(0.841, 0.80, 0.88, n=400)),
    ]
    ece = 0.071 if bad else 0.024
    found.append(Metric("ece", "", "", Estimate(ece, 0.01, 0.09, ece - 0.02, 0.002 if bad else 0.3, 0.0, 0.038, 400)))
    found += [
        Metric(name, "", "", Estimate(ece * factor, 0.01, 0.09, 0.001, 0.3, 0.0, 0.04, 400))
        for name, factor in (
            ("ece_equal_mass", 0.9),
            ("ece_classwise", 0.6),
            ("ece_debiased", 1.1),
            ("ece_smooth", 0.8),
        )
    ]
    jitter = rng.normal(0, 1e-4)
    return [*found, Metric("class_share_bbse", "", "差评", around(jitter, 0.01), 0.22 + jitter, 0.22)]


def _rows(rows: int) -> Metric:
    return Metric(
        "rows",
        "",
        "",
        Estimate(0.98, effect=-0.02, p_value=0.6, null_low=0.74, null_high=1.35, n=14, m=rows),
        rows,
        rows * 1.02,
    )


def _difference(name: str, before: float, now: float, rows: int, item: str = "") -> Metric:
    effect = 2 * math.asin(math.sqrt(now)) - 2 * math.asin(math.sqrt(before))
    error = 1.96 * math.sqrt(max(before * (1 - before), 1e-6) / max(rows, 1)) * 4
    change = now - before
    chance = 1e-9 if abs(change) > 2 * error else 0.31
    measured = Estimate(change, change - error, change + error, effect, chance, -error, error, 14 * rows, rows)
    return Metric(name, "", item, measured, now, before)


def _distance(name: str, value: float) -> Metric:
    floor = 0.004
    measured = Estimate(value, max(0.0, value - floor), value, max(0.0, value - 0.002), 1e-5, 0.0, floor, 9e5, 6e4)
    return Metric(name, "", "", measured)


def around(value: float, error: float) -> Estimate:
    return Estimate(value, value - error, value + error, value, 0.2, -error, error)


def _side(labels: list[str], shares: np.ndarray, rows: int, sure: float, rng: np.random.Generator) -> Side:
    counts = (shares * rows * 0.985).astype(int)
    classes = []
    for label, count in zip(labels, counts, strict=True):
        least = 1 / len(labels)
        drawn = least + (1 - least) * rng.beta(9 * sure, 9 * (1 - sure), 4000)
        histogram = np.histogram(drawn, bins=20, range=(0, 1))[0] / 4000 * count
        classes.append(ClassSide(label, int(count), float(count), tuple(int(x) for x in histogram)))
    empty = rows - int(counts.sum())
    return Side(rows, {"scored": int(counts.sum()), "empty": empty, "short": 0, "failed": 0}, tuple(classes), 21.4)


def made_judgement(findings: Findings, kind: Kind) -> Judgement:
    breached = {"quiet": (), "watched": _WATCHED, "bad": (*BAD_METRICS, *_WATCHED)}[kind]
    worst = next(metric.slice for metric in findings.metrics if metric.slice)
    verdicts = tuple(
        made_verdict(metric, metric.name in breached and metric.slice in ("", worst))
        for metric in findings.metrics
        if CATALOGUE[metric.name].threshold is not None and metric.estimate.known
    )
    told = [findings.metric(name) for name in BAD_METRICS] if kind == "bad" else []
    alerts = tuple(_alert(findings, metric, number) for number, metric in enumerate(told) if metric)
    return Judgement(verdicts, alerts)


def made_verdict(metric: Metric, breached: bool) -> Verdict:
    threshold = CATALOGUE[metric.name].threshold or 1.0
    nights = (5 if metric.name in BAD_METRICS else 1) if breached else 0
    adjusted = metric.estimate.p_value if breached else 0.4
    return Verdict(*metric.key, adjusted, threshold, breached, nights, "warning" if breached else None)


def _alert(findings: Findings, metric: Metric, number: int) -> Alert:
    nights = 5 - number
    threshold = CATALOGUE[metric.name].threshold or 1.0
    verdict = Verdict(*metric.key, 1e-6, threshold, True, max(nights, 1), "warning")
    slices = ("source=app", "source=外卖") if number == 0 else ()
    return Alert(
        id=f"a{number}",
        task=findings.task,
        logical_date=findings.logical_date,
        bundle=findings.bundle,
        name=metric.name,
        slice="",
        item="",
        severity="critical" if number < 2 else "warning",
        since=findings.logical_date - timedelta(days=max(nights, 1) - 1),
        nights=max(nights, 1),
        is_new=number % 2 == 1,
        effect=metric.estimate.effect,
        adjusted_p=1e-6,
        slices=slices,
        message=alert_message(metric, verdict, slices),
    )


def made_trend(metric: Metric, judgement: Judgement, rng: np.random.Generator) -> tuple[TrendPoint, ...]:
    has_level = math.isfinite(metric.level)
    tonight = metric.level if has_level else metric.estimate.value
    usual = metric.level_before if has_level and math.isfinite(metric.level_before) else tonight * 0.7
    verdict = judgement.verdict(metric.key)
    since = verdict.nights if verdict else 0
    points = []
    for back in range(_NIGHTS - 1, -1, -1):
        if back == 11:  # a night that was not scored
            continue
        value = tonight if back == 0 or back < since else usual * (1 + rng.normal(0, 0.02))
        points.append(TrendPoint(NIGHT - timedelta(days=back), value, back < since))
    return tuple(points)


def made_word(text: str, example: str) -> Word:
    kind = "emoji" if len(text) == 1 else "word"
    return Word(
        text, kind, Interval(0.021, 0.017, 0.026), Interval(0.0002, 0.0, 0.0009), 84, 1, 1e-12, (example, example)
    )


def _tokens() -> tuple[TokenShift, ...]:
    return (
        TokenShift("嘟", 0.0061, 0.246, 0.0001, 0.0112),
        TokenShift("##辣", 0.0022, 0.089, 0.0004, 0.0051),
        TokenShift("[UNK]", 0.0019, 0.077, 0.0042, 0.0121),
        TokenShift("送", -0.0011, 0.044, 0.0093, 0.0061),
    )


def _reliability(overconfident: float, rng: np.random.Generator) -> tuple[ReliabilityBin, ...]:
    bins, edges = [], np.linspace(0, 1, 16)
    for low, high, count in zip(edges[:-1], edges[1:], [0] * 7 + [9, 14, 18, 24, 33, 52, 90, 160], strict=True):
        if not count:
            bins.append(ReliabilityBin(low, high, 0, math.nan, Interval(math.nan, math.nan, math.nan)))
            continue
        confidence = float((low + high) / 2)
        accuracy = float(np.clip(confidence - overconfident + rng.normal(0, 0.02), 0, 1))
        half = 1.96 * math.sqrt(0.2 / count)
        interval = Interval(accuracy, max(0.0, accuracy - half), min(1.0, accuracy + half))
        bins.append(ReliabilityBin(float(low), float(high), count, confidence, interval))
    return tuple(bins)
