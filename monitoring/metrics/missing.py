"""What could not be found out of a night, in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitoring.findings.record import NOT_JUDGED, Missing
from monitoring.metrics.input import MonitoringInput, SampleLimits


def gaps_of(subject: MonitoringInput, limits: SampleLimits) -> Iterator[Missing]:
    """What the night and its reference lack."""
    profile, baseline = subject.profile, subject.baseline
    freeze = f"yeban monitor {subject.task} --freeze-reference --from D --to D"
    if baseline is None:
        yield Missing(
            "drift",
            "there is no reference to compare with",
            f"run `{freeze}` over nights that were as they should be",
            "没有可比较的基准",
            f"选几个正常的夜晚运行 `{freeze}`",
        )
    elif baseline.sample is None:
        yield Missing(
            "text_auc, embeddings, tfidf_kl, new words",
            "the reference has no sample of texts",
            f"run `{freeze}` over nights that were as they should be",
            "基准没有文本样本",
            f"选几个正常的夜晚运行 `{freeze}`",
        )
    if baseline is not None and baseline.profile.total.rows < limits.min_rows:
        yield _few("the reference has ", "基准只有 ", baseline.profile.total.rows, limits.min_rows, f"`{freeze}`")
    if profile.total.rows < limits.min_rows:
        yield _few("", "只有 ", profile.total.rows, limits.min_rows, "")
    elif not profile.total.labelled:
        yield Missing(
            "predictions, confidence",
            "no row has a label: all are empty or failed",
            "look at the dump, and at `yeban runs show`",
            "没有一行得到标签：全部为空或失败",
            "检查数据，并查看 `yeban runs show`",
        )
    if profile.total.labelled:
        yield from _silent(
            [name for name, rows in zip(profile.labels, profile.total.class_counts, strict=True) if not rows]
        )
    yield from _crowded([name for name, values in profile.slices.items() if values is None])


def no_labels() -> Missing:
    """Nobody has labelled anything."""
    return Missing("accuracy, ece", "no labels", _DRAW, "没有标注", _DRAW_ZH)


def only_biased(rows: int) -> Missing:
    """All labels are of rows that were chosen for being doubtful."""
    return Missing(
        "accuracy, ece",
        f"{rows:,} labelled rows, all chosen because the model was unsure: on them any model looks bad",
        _DRAW,
        f"{rows:,} 条标注全部来自模型没把握的行：在这些行上任何模型都显得差",
        _DRAW_ZH,
    )


def unknown_labels(labels: Sequence[str], known: Sequence[str]) -> Missing:
    """Labels that are no class of the bundle."""
    return Missing(
        "labels",
        f"labels that the bundle does not have: {', '.join(labels)}; their rows are left out",
        f"expected {', '.join(known)}: correct them, or train a bundle that has them",
        f"模型没有的标签：{'、'.join(labels)}；这些行不计入",
        f"应为 {'、'.join(known)}：请更正，或训练含有它们的模型",
    )


_DRAW = "have rows labelled that were drawn at random (`arm` = 'random' in the table labels)"
_DRAW_ZH = "请标注随机抽取的行（标注表中 `arm` = 'random'）"


def _few(who: str, who_zh: str, rows: int, least: int, command: str) -> Missing:
    what, what_zh = (
        (f"run {command} over more nights", f"用更多夜晚运行 {command}")
        if command
        else (
            "look at the dump",
            "检查数据",
        )
    )
    return Missing(
        NOT_JUDGED,
        f"{who}{rows:,} rows; expected at least {least:,}",
        f"nothing is concluded from so few rows; {what}",
        f"{who_zh}{rows:,} 行，至少需要 {least:,} 行",
        f"行数太少，不作结论；{what_zh}",
    )


def _silent(labels: Sequence[str]) -> Iterator[Missing]:
    if labels:
        yield Missing(
            "classes",
            f"never predicted: {', '.join(labels)}",
            "see whether that can be true",
            f"从未被预测：{'、'.join(labels)}",
            "确认这是否合理",
        )


def _crowded(columns: Sequence[str]) -> Iterator[Missing]:
    if columns:
        yield Missing(
            "slices",
            f"too many values in {', '.join(columns)}",
            "take these columns out of `slices` in yeban.toml",
            f"取值过多的列：{'、'.join(columns)}",
            "请从 yeban.toml 的 `slices` 中去掉这些列",
        )
