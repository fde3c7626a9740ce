"""What could not be found out of a night, in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from models.pages.localized_text import NO_TEXT, LocalizedText
from monitoring.findings.record import NOT_JUDGED, Missing
from monitoring.metrics.input import MonitoringInput, SampleLimits

_DRAW: Final = LocalizedText(
    "请标注随机抽取的行（标注表中 `arm` = 'random'）",
    "have rows labelled that were drawn at random (`arm` = 'random' in the table labels)",
)


def missing_inputs(subject: MonitoringInput, limits: SampleLimits) -> Iterator[Missing]:
    """What the night and its reference lack."""
    profile, baseline = subject.profile, subject.baseline
    freeze = f"yeban monitor {subject.task} --freeze-reference --from D --to D"
    freeze_good_nights = LocalizedText(
        f"选几个正常的夜晚运行 `{freeze}`", f"run `{freeze}` over nights that were as they should be"
    )
    if baseline is None:
        why = LocalizedText("没有可比较的基准", "there is no reference to compare with")
        yield Missing("drift", why, freeze_good_nights)
    elif baseline.sample is None:
        why = LocalizedText("基准没有文本样本", "the reference has no sample of texts")
        yield Missing("text_auc, embeddings, tfidf_kl, new words", why, freeze_good_nights)
    if baseline is not None and baseline.profile.total.rows < limits.min_rows:
        reference = LocalizedText("基准", "the reference has ")
        yield _too_few_rows(reference, baseline.profile.total.rows, limits.min_rows, f"`{freeze}`")
    if profile.total.rows < limits.min_rows:
        yield _too_few_rows(NO_TEXT, profile.total.rows, limits.min_rows, "")
    elif not profile.total.labelled:
        yield _NO_PREDICTION
    if profile.total.labelled:
        yield from _never_predicted(
            [name for name, rows in zip(profile.labels, profile.total.class_counts, strict=True) if not rows]
        )
    yield from _too_many_values([name for name, values in profile.slices.items() if values is None])


_NO_PREDICTION: Final = Missing(
    "predictions, confidence",
    LocalizedText("没有一行得到标签：全部为空或失败", "no row has a label: all are empty or failed"),
    LocalizedText("检查数据，并查看 `yeban runs show`", "look at the dump, and at `yeban runs show`"),
)


def no_labels() -> Missing:
    """There are no labels at all."""
    return Missing("accuracy, ece", LocalizedText("没有标注", "no labels"), _DRAW)


def only_biased(rows: int) -> Missing:
    """All labels are of rows that were chosen for being doubtful."""
    why = LocalizedText(
        f"{rows:,} 条标注全部来自模型没把握的行：在这些行上任何模型都显得差",
        f"{rows:,} labelled rows, all chosen because the model was unsure: on them any model looks bad",
    )
    return Missing("accuracy, ece", why, _DRAW)


def unknown_labels(labels: Sequence[str], known: Sequence[str]) -> Missing:
    """Labels that are no class of the bundle."""
    return Missing(
        "labels",
        LocalizedText(
            f"模型没有的标签：{'、'.join(labels)}；这些行不计入",
            f"labels that the bundle does not have: {', '.join(labels)}; their rows are left out",
        ),
        LocalizedText(
            f"应为 {'、'.join(known)}：请更正，或训练含有它们的模型",
            f"expected {', '.join(known)}: correct them, or train a bundle that has them",
        ),
    )


def _too_few_rows(side: LocalizedText, rows: int, least: int, command: str) -> Missing:
    what = LocalizedText("检查数据", "look at the dump")
    if command:
        what = LocalizedText(f"用更多夜晚运行 {command}", f"run {command} over more nights")
    return Missing(
        NOT_JUDGED,
        LocalizedText(
            f"{side.zh}只有 {rows:,} 行，至少需要 {least:,} 行", f"{side.en}{rows:,} rows; expected at least {least:,}"
        ),
        LocalizedText(f"行数太少，不作结论；{what.zh}", f"nothing is concluded from so few rows; {what.en}"),
    )


def _never_predicted(labels: Sequence[str]) -> Iterator[Missing]:
    if labels:
        yield Missing(
            "classes",
            LocalizedText(f"从未被预测：{'、'.join(labels)}", f"never predicted: {', '.join(labels)}"),
            LocalizedText("确认这是否合理", "see whether that can be true"),
        )


def _too_many_values(columns: Sequence[str]) -> Iterator[Missing]:
    if columns:
        yield Missing(
            "slices",
            LocalizedText(f"取值过多的列：{'、'.join(columns)}", f"too many values in {', '.join(columns)}"),
            LocalizedText(
                "请从 yeban.toml 的 `slices` 中去掉这些列", "take these columns out of `slices` in yeban.toml"
            ),
        )
