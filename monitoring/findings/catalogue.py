"""The metrics by name: what each is called, when it is worth an alert, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Family = Literal["volume", "text", "tokens", "content", "predictions", "confidence", "labels"]
Unit = Literal["rows", "share", "tokens", "nats", "bits", "score"]
Direction = Literal["both", "up", "down"]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a metric is.

    Attributes:
        family: What it is about.
        unit: Unit of its level, or of its value where it has no level.
        title_en: Its name in English.
        title_zh: Its name in Chinese.
        threshold: Size of the effect (see the statistic of `Measured.effect`) from which a change matters; None
            for figures that are shown and never raise an alert, mostly because another tells the same.
        direction: Which change matters.
        advice_en: What to do when it has changed.
        advice_zh: The same in Chinese.
        adjusted: Whether its p-value is adjusted for many tests before it gets here.
        names_cause: Whether it says by itself what has happened; the others only say that something has.
    """

    family: Family
    unit: Unit
    title_en: str
    title_zh: str
    threshold: float | None = None
    direction: Direction = "both"
    advice_en: str = ""
    advice_zh: str = ""
    names_cause: bool = False
    adjusted: bool = False


_LOOK_AT_DUMP: Final = (
    "Look at the dump: a source may be missing, doubled or delivered in another form.",
    "检查当晚的数据：可能缺少、重复了某个来源，或格式有变。",
)
_LOOK_AT_TEXT: Final = (
    "Read some rows of the relabel queue's random arm: the platform or its export may have changed.",
    "抽查随机样本中的文本：平台或导出方式可能有变。",
)
_CLEANER: Final = (
    "Compare raw and cleaned rows: markup is left in. Mend the export, or train with a cleaning that knows it.",
    "对比原文与清洗后的文本：标记没有清除。请修复导出，或用能处理它的清洗规则重新训练。",
)
_NEW_LANGUAGE: Final = (
    "Look at the tokens and new words below; if the topic will stay, label its rows and fine-tune.",
    "查看下方的词元与新词；若话题会持续，请标注相关数据并增量微调。",
)
_CLASSES: Final = (
    "See whether the world has changed or the model: label rows of the random arm and compare.",
    "判断是世界变了还是模型变了：标注随机样本并比较。",
)
_CONFIDENCE: Final = (
    "Label rows of the random arm; if accuracy has fallen fine-tune, if only confidence is off refit the temperature.",
    "标注随机样本；若准确率下降则增量微调，若只是置信度失准则重新拟合温度。",
)
_RECALIBRATE: Final = (
    "Refit the temperature on the labels of the random arm.",
    "用随机样本的标注重新拟合温度。",
)

CATALOGUE: Final[dict[str, Definition]] = {
    "rows": Definition("volume", "rows", "Rows", "行数", 0.5, "both", *_LOOK_AT_DUMP, names_cause=True),
    "slice_share": Definition(
        "volume", "share", "Share of all rows", "占全部行的比例", 0.2, "both", *_LOOK_AT_DUMP, names_cause=True
    ),
    "failed_share": Definition(
        "volume",
        "share",
        "Failed rows",
        "失败行",
        0.1,
        "up",
        "See `yeban runs show` for the errors; score the date again with --force once they are mended.",
        "用 `yeban runs show` 查看错误；修复后以 --force 重新打分。",
        names_cause=True,
    ),
    "empty_share": Definition("volume", "share", "Empty rows", "空文本", 0.1, "both", *_LOOK_AT_DUMP, names_cause=True),
    "invalid_utf8_share": Definition(
        "volume",
        "share",
        "Rows that are no UTF-8",
        "非 UTF-8 行",
        0.1,
        "up",
        "The dump was written in another encoding; have it exported as UTF-8.",
        "数据以其他编码写入；请改为 UTF-8 导出。",
        names_cause=True,
    ),
    "duplicate_share": Definition(
        "text",
        "share",
        "Duplicates",
        "重复文本",
        0.2,
        "both",
        "A campaign, a bot or a dump delivered twice: look at the most frequent texts.",
        "可能是刷屏、机器人或数据重复投递：查看最常见的文本。",
        names_cause=True,
    ),
    "short_share": Definition("text", "share", "Short rows", "过短文本", 0.2, "both", *_LOOK_AT_TEXT, names_cause=True),
    "truncated_share": Definition(
        "text",
        "share",
        "Truncated rows",
        "截断文本",
        0.2,
        "up",
        "Texts have grown past the bundle's windows: train with more windows or a longer one.",
        "文本超过了模型的窗口：用更多或更长的窗口训练。",
        names_cause=True,
    ),
    "mean_tokens": Definition("text", "tokens", "Mean length", "平均长度", 0.2, "both", *_LOOK_AT_TEXT),
    "length_psi": Definition("text", "nats", "Length, PSI", "长度 PSI", 0.1, "both", *_LOOK_AT_TEXT),
    "url_share": Definition(
        "text", "share", "Rows with a URL", "含链接", 0.2, "both", *_LOOK_AT_TEXT, names_cause=True
    ),
    "mention_share": Definition(
        "text", "share", "Rows with a mention", "含 @提及", 0.2, "both", *_LOOK_AT_TEXT, names_cause=True
    ),
    "topic_share": Definition(
        "text", "share", "Rows with a hashtag", "含话题标签", 0.2, "both", *_LOOK_AT_TEXT, names_cause=True
    ),
    "emoji_share": Definition(
        "text", "share", "Rows with an emoji", "含表情", 0.2, "both", *_LOOK_AT_TEXT, names_cause=True
    ),
    "html_share": Definition(
        "text", "share", "Rows with markup left in", "残留 HTML", 0.1, "up", *_CLEANER, names_cause=True
    ),
    "unk_share": Definition(
        "tokens", "share", "Unknown tokens", "未登录词元", 0.05, "up", *_NEW_LANGUAGE, names_cause=True
    ),
    "unseen_share": Definition(
        "tokens", "share", "Tokens the reference never had", "基准中未出现的词元", 0.05, "up", *_NEW_LANGUAGE
    ),
    "token_js": Definition("tokens", "bits", "Tokens, JS", "词元 JS", 0.01, "both", *_NEW_LANGUAGE),
    "token_psi": Definition("tokens", "nats", "Tokens, PSI", "词元 PSI"),
    "token_kl": Definition("tokens", "nats", "Tokens, KL", "词元 KL"),
    "tfidf_kl": Definition("tokens", "nats", "TF-IDF, KL", "TF-IDF KL", 0.02, "both", *_NEW_LANGUAGE),
    "text_auc": Definition("content", "score", "Texts told apart, AUC", "文本可区分度 AUC", 0.1, "up", *_NEW_LANGUAGE),
    "embedding_auc": Definition(
        "content", "score", "Embeddings told apart, AUC", "向量可区分度 AUC", 0.1, "up", *_NEW_LANGUAGE
    ),
    "embedding_mmd": Definition("content", "score", "Embeddings, MMD²", "向量 MMD²", 0.1, "up", *_NEW_LANGUAGE),
    "new_words": Definition(
        "content", "share", "New words", "新词", 0.01, "up", *_NEW_LANGUAGE, names_cause=True, adjusted=True
    ),
    "class_psi": Definition("predictions", "nats", "Predicted classes, PSI", "预测类别 PSI", 0.1, "both", *_CLASSES),
    "class_js": Definition("predictions", "bits", "Predicted classes, JS", "预测类别 JS"),
    "class_share": Definition("predictions", "share", "Predicted share", "预测占比"),
    "prior_shift": Definition(
        "predictions",
        "share",
        "Classes shifted (EM), total variation",
        "类别先验偏移 (EM)",
        0.1,
        "up",
        *_CLASSES,
        names_cause=True,
    ),
    "class_share_em": Definition("predictions", "share", "Estimated share (EM)", "估计占比 (EM)"),
    "class_share_bbse": Definition("predictions", "share", "Estimated share (BBSE)", "估计占比 (BBSE)"),
    "confidence_psi": Definition("confidence", "nats", "Confidence, PSI", "置信度 PSI", 0.1, "both", *_CONFIDENCE),
    "mean_confidence": Definition("confidence", "share", "Mean confidence", "平均置信度", 0.2, "both", *_CONFIDENCE),
    "unsure_share": Definition(
        "confidence", "share", "Rows below the confidence threshold", "低置信度行", 0.2, "up", *_CONFIDENCE
    ),
    "mean_entropy": Definition("confidence", "nats", "Mean entropy", "平均熵"),
    "expected_accuracy": Definition("confidence", "share", "Accuracy expected without labels", "无标注估计准确率"),
    "expected_macro_f1": Definition("confidence", "share", "Macro-F1 expected without labels", "无标注估计宏 F1"),
    "accuracy": Definition("labels", "share", "Accuracy", "准确率"),
    "accuracy_change": Definition(
        "labels",
        "share",
        "Accuracy against training",
        "准确率变化",
        0.1,
        "down",
        "Fine-tune on the new labels; until then raise the threshold below which people decide.",
        "用新标注增量微调；此前可提高人工复核的阈值。",
    ),
    "macro_f1": Definition("labels", "share", "Macro-F1", "宏 F1"),
    "ece": Definition(
        "labels", "share", "Calibration error (ECE)", "校准误差 ECE", 0.02, "up", *_RECALIBRATE, names_cause=True
    ),
    "ece_equal_mass": Definition("labels", "share", "ECE, equal mass", "ECE（等量分箱）"),
    "ece_classwise": Definition("labels", "share", "ECE, classwise", "ECE（逐类）"),
    "ece_debiased": Definition("labels", "share", "ECE, debiased", "ECE（去偏）"),
    "ece_smooth": Definition("labels", "share", "ECE, smooth", "ECE（平滑）"),
}
"""Every metric, in the order in which people read them."""

MARK_SHARES: Final = {mark: f"{mark}_share" for mark in ("url", "mention", "topic", "emoji", "html")}
"""The metric of each of `storage.profiles.counts.MARKS`."""
