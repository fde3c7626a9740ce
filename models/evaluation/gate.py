"""The gate: may a challenger take the champion's place? Pure: evidence in, a report with one verdict per check out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from models.evaluation.calibration_error import CalibrationError
from models.evaluation.comparison import Change, Comparison
from models.evaluation.gate_record import Evidence, GateCheck, GateLimits, GateReport, Leakage
from models.evaluation.record import Interval
from models.pages.localized_text import NO_TEXT, LocalizedText

NAMED: Final = 3
"""Classes or slices that a sentence names; the page has all of them."""
_ROUNDING: Final = 1e-9


def judge_challenger(evidence: Evidence, limits: GateLimits) -> GateReport:
    """Hold the evidence against the limits, check by check; all are held whatever the others say."""
    golden, recent = evidence.golden, evidence.recent
    checks = (
        _rows(golden, recent, limits),
        _golden(golden, limits),
        _recent(recent, limits),
        _changes("classes", (*_on(golden.classes, "golden"), *_on(recent.classes, "recent")), limits),
        _changes("slices", (*_on(golden.slices, "golden"), *_on(recent.slices, "recent")), limits),
        _calibration(evidence.calibration, evidence.calibration_before, limits),
        _flips(golden, limits),
        _leakage(evidence.leakage, golden.rows + recent.rows, limits),
        _speed(evidence.slowdown, limits),
    )
    return GateReport(evidence.champion, evidence.challenger, checks)


def too_far_down(change: Change, limits: GateLimits) -> bool:
    """Whether a class or slice has lost too much: so much, on enough rows or beyond chance."""
    lost = -change.difference.value > limits.class_drop + _ROUNDING
    return lost and (change.rows >= limits.class_rows or change.difference.high < 0)


def _check(
    name: str, passed: bool, got: Interval, limit: float, why: LocalizedText, action: LocalizedText
) -> GateCheck:
    return GateCheck(name, bool(passed), got, limit, why, NO_TEXT if passed else action)


def _rows(golden: Comparison, recent: Comparison, limits: GateLimits) -> GateCheck:
    fewest = min(golden.rows, recent.rows)
    return _check(
        "rows",
        fewest >= limits.min_rows,
        Interval(fewest, math.nan, math.nan),
        limits.min_rows,
        LocalizedText(
            f"黄金集 {golden.rows} 条，近期随机集 {recent.rows} 条；每套至少要 {limits.min_rows} 条",
            f"{golden.rows:,} golden and {recent.rows:,} recent rows; each set needs {limits.min_rows:,}",
        ),
        LocalizedText("补标更多样本再来", "label more rows of the smaller set, then hold the gate again"),
    )


def _golden(golden: Comparison, limits: GateLimits) -> GateCheck:
    change = golden.macro_f1
    return _check(
        "golden",
        change.low >= -limits.golden_margin - _ROUNDING,
        change,
        -limits.golden_margin,
        LocalizedText(
            f"黄金集宏 F1 {golden.champion_f1:.3f} → {golden.challenger_f1:.3f}({_span(change)})；"
            f"区间下端不得低于 {_points(-limits.golden_margin)}",
            f"macro-F1 on the golden set {golden.champion_f1:.3f} -> {golden.challenger_f1:.3f} ({_span(change)} "
            f"points); the interval's lower end may not be below {_points(-limits.golden_margin)}",
        ),
        LocalizedText(
            "差值为负就换数据或降低学习率；区间太宽就扩充黄金集",
            "if the difference is negative, rehearse more or train more gently; if the interval is wide, the golden "
            "set is too small to tell",
        ),
    )


def _recent(recent: Comparison, limits: GateLimits) -> GateCheck:
    change = recent.macro_f1
    return _check(
        "recent",
        change.value > 0 and recent.better >= limits.recent_better,
        change,
        limits.recent_better,
        LocalizedText(
            f"近期随机集宏 F1 {recent.champion_f1:.3f} → {recent.challenger_f1:.3f}({_span(change)})；"
            f"重采样中有 {recent.better:.0%} 更好，要求 {limits.recent_better:.0%}",
            f"macro-F1 on recent random rows {recent.champion_f1:.3f} -> {recent.challenger_f1:.3f} ({_span(change)} "
            f"points); better in {recent.better:.0%} of the resamples, needed {limits.recent_better:.0%}",
        ),
        LocalizedText(
            "没有更好就不值得换；标更多近期样本，或标更多随机样本以看清差别",
            "not better is no reason to change: label more recent rows to learn from, or more random ones to tell by",
        ),
    )


def _on(changes: Sequence[Change], where: str) -> tuple[tuple[str, Change], ...]:
    return tuple((where, change) for change in changes if change.rows)


_KINDS: Final = {
    "classes": LocalizedText("类别 F1 ", "F1 of the classes"),
    "slices": LocalizedText("分组准确率", "accuracy of the slices"),
}
_SETS: Final = {"golden": LocalizedText("黄金集", "golden"), "recent": LocalizedText("近期", "recent")}


def _changes(name: str, changes: tuple[tuple[str, Change], ...], limits: GateLimits) -> GateCheck:
    """No class, or no slice, is down too far: each on both sets."""
    kind, limit = _KINDS[name], -limits.class_drop
    bad = sorted((each for each in changes if too_far_down(each[1], limits)), key=lambda each: each[1].difference.value)
    if not changes:
        nothing = LocalizedText("没有分组列，未检查", "no slice column was given, so there is nothing to check")
        return _check(name, True, Interval(math.nan, math.nan, math.nan), limit, nothing, NO_TEXT)
    worst = bad[0] if bad else min(changes, key=lambda each: each[1].difference.value)
    named = bad[:NAMED] or [worst]
    zh = "；".join(f"{_SETS[where].zh}「{c.name}」{_span(c.difference)}({c.rows} 条)" for where, c in named)
    en = "; ".join(f"{c.name} ({_SETS[where].en}, {c.rows:,} rows) {_span(c.difference)}" for where, c in named)
    more = len(bad) - len(named) if bad else 0
    return _check(
        name,
        not bad,
        worst[1].difference,
        limit,
        LocalizedText(
            f"{kind.zh}最多降 {_points(limits.class_drop, sign=False)} 个百分点；"
            + (f"超限 {len(bad)} 项：" if bad else "最差：")
            + zh,
            f"{kind.en} may fall by {_points(limits.class_drop, sign=False)} points; "
            + (f"{len(bad)} fell further: " if bad else "worst: ")
            + en
            + (f", and {more} more" if more else ""),
        ),
        LocalizedText("为它补标或多复习旧样本", "label more of it, or rehearse more of its old rows"),
    )


def _calibration(error: CalibrationError, before: CalibrationError, limits: GateLimits) -> GateCheck:
    allowed = max(limits.ece, error.noise_floor)
    value = error.interval.value
    return _check(
        "calibration",
        not math.isnan(value) and value <= allowed,
        error.interval,
        allowed,
        LocalizedText(
            f"近期随机集校准误差 {value:.3f}(95 % 区间 {error.interval.low:.3f}–{error.interval.high:.3f}，"
            f"原来 {before.interval.value:.3f})；上限 {limits.ece:.3f}，偶然误差可到 {error.noise_floor:.3f}",
            f"calibration error on recent random rows {value:.3f} (95 % interval {error.interval.low:.3f} to "
            f"{error.interval.high:.3f}, was {before.interval.value:.3f}); limit {limits.ece:.3f}, by chance alone up "
            f"to {error.noise_floor:.3f}",
        ),
        LocalizedText(
            "用近期样本做开发集，重新拟合温度", "refit the temperature: give --dev rows that look like recent ones"
        ),
    )


def _flips(golden: Comparison, limits: GateLimits) -> GateCheck:
    flips = golden.negative_flips
    return _check(
        "flips",
        flips.value <= limits.negative_flips + _ROUNDING,
        flips,
        limits.negative_flips,
        LocalizedText(
            f"黄金集有 {flips.value:.1%}(95 % 区间 {flips.low:.1%}–{flips.high:.1%})由对变错，"
            f"{golden.positive_flips.value:.1%} 由错变对；由对变错最多 {limits.negative_flips:.1%}",
            f"{flips.value:.1%} of the golden rows (95 % interval {flips.low:.1%} to {flips.high:.1%}) turned from "
            f"right to wrong, {golden.positive_flips.value:.1%} the other way; at most {limits.negative_flips:.1%} may",
        ),
        LocalizedText(
            "靠近原模型：减小 alpha 或学习率，多复习",
            "stay nearer to the champion: smaller alphas, a lower learning rate, more rehearsal",
        ),
    )


def _leakage(leakage: Leakage, rows: int, limits: GateLimits) -> GateCheck:
    shared = leakage.golden + leakage.recent
    texts = leakage.texts
    if texts is None:
        why = LocalizedText(
            "挑战者没有记录见过哪些文本，无法证明测试集没有泄漏", "the challenger does not tell which texts it has seen"
        )
        act = LocalizedText(
            "用本版重新训练或微调", "train or fine-tune it with this version of yeban, which records them"
        )
        return _check("leakage", False, Interval(math.nan, math.nan, math.nan), limits.leaked_rows, why, act)
    action = _keep_out(leakage)
    note_zh = f";其祖先 {leakage.silent} 没有记录，未能比对" if leakage.silent else ""
    note_en = f"; {leakage.silent}, from which it descends, does not tell what it saw" if leakage.silent else ""
    return _check(
        "leakage",
        shared <= limits.leaked_rows,
        Interval(shared, math.nan, math.nan),
        limits.leaked_rows,
        LocalizedText(
            f"黄金集 {leakage.golden} 条、近期集 {leakage.recent} 条出现在训练或开发文本里"
            f"(共比对 {rows} 条与 {texts} 个文本)" + note_zh,
            f"{leakage.golden:,} golden and {leakage.recent:,} recent rows are among the texts of training and dev "
            f"({rows:,} rows against {texts:,} texts)" + note_en,
        ),
        action,
    )


def _keep_out(leakage: Leakage) -> LocalizedText:
    """What helps: other training where the challenger alone has seen rows, another test set where its parent has."""
    zh, en = [], []
    if leakage.golden + leakage.recent > leakage.inherited:
        zh.append("微调时用 --keep-out 排除测试集，再来一次")
        en.append("fine-tune again with --keep-out GOLDEN --keep-out RECENT")
    if leakage.inherited:
        zh.append(f"其中 {leakage.inherited} 条现用模型也见过：从测试集里删掉(行号在报告的 JSON 里)")
        en.append(
            f"{leakage.inherited:,} of them the champion has seen, too: take them out of the test sets (the report's "
            "JSON has their row numbers)"
        )
    return LocalizedText("；".join(zh), "; ".join(en))


def _speed(slowdown: Interval, limits: GateLimits) -> GateCheck:
    return _check(
        "speed",
        slowdown.value <= limits.slowdown,
        slowdown,
        limits.slowdown,
        LocalizedText(
            f"耗时为原来的 {slowdown.value:.2f} 倍(各轮 {slowdown.low:.2f}–{slowdown.high:.2f})；"
            f"上限 {limits.slowdown:.2f}",
            f"it takes {slowdown.value:.2f} times as long (rounds: {slowdown.low:.2f} to {slowdown.high:.2f}); limit "
            f"{limits.slowdown:.2f}",
        ),
        LocalizedText(
            "机器空闲时重测；若仍慢，换更小的网络",
            "hold the gate again on a quiet machine; if it stays slow, take a smaller network",
        ),
    )


def _points(share: float, *, sign: bool = True) -> str:
    return f"{100 * share:+.1f}" if sign else f"{100 * share:.1f}"


def _span(interval: Interval) -> str:
    return f"{_points(interval.value)} [{_points(interval.low)}, {_points(interval.high)}]"
