"""What the less obvious figures mean, in a few words each, for people who have had no statistics."""

from __future__ import annotations

from typing import Final

from monitoring.wording.localized_text import LocalizedText

EXPLANATIONS: Final[dict[str, LocalizedText]] = {
    "rows": LocalizedText("今晚的条数", "rows of tonight's dump"),
    "duplicate_share": LocalizedText("与当晚别的文本完全相同", "the same text as another row of the night"),
    "truncated_share": LocalizedText("太长，模型没有看全", "too long: the model has not seen all of it"),
    "mean_tokens": LocalizedText("每条平均多少词元", "tokens per row"),
    "length_psi": LocalizedText("长短分布差多远：0 相同，0.1 起明显", "how far lengths are apart: 0 same, 0.1 clear"),
    "unk_share": LocalizedText("词表里没有的字词", "tokens that the vocabulary does not have"),
    "unseen_share": LocalizedText("基准里一次也没出现过", "tokens that the reference had not once"),
    "token_js": LocalizedText("用词差多远：0 相同，1 毫无重合", "how far words are apart: 0 same, 1 nothing shared"),
    "token_psi": LocalizedText("用词差多远，0 相同", "how far words are apart, 0 same"),
    "token_kl": LocalizedText("用词差多远，0 相同", "how far words are apart, 0 same"),
    "tfidf_kl": LocalizedText("实义词差多远：0 相同，虚词不算", "how far telling words are apart: 0 same"),
    "text_auc": LocalizedText(
        "能否认出是今晚的文本：0.5 认不出，1 全认出", "are tonight's texts told apart? 0.5 no, 1 all"
    ),
    "embedding_auc": LocalizedText("按语义能否认出：0.5 认不出，1 全认出", "told apart by meaning? 0.5 no, 1 all"),
    "embedding_mmd": LocalizedText("语义离多远，0 相同", "how far meanings are apart, 0 same"),
    "class_psi": LocalizedText(
        "各类占比差多远：0 相同，0.1 起明显", "how far class shares are apart: 0 same, 0.1 clear"
    ),
    "class_js": LocalizedText(
        "各类占比差多远：0 相同，1 毫无重合", "how far class shares are apart: 0 same, 1 disjoint"
    ),
    "prior_shift": LocalizedText(
        "扣除模型误判后，有多少占比换了类别", "share that moved, the model's errors taken off"
    ),
    "confidence_psi": LocalizedText(
        "置信度分布差多远：0 相同，0.1 起明显", "how far confidences are apart: 0 same, 0.1 clear"
    ),
    "mean_confidence": LocalizedText("模型平均有多肯定", "how sure the model is on average"),
    "unsure_share": LocalizedText("模型拿不准，宜由人判断", "the model is unsure: people should decide"),
    "mean_entropy": LocalizedText("模型平均有多犹豫：0 毫不犹豫", "how much the model wavers: 0 not at all"),
    "accuracy": LocalizedText("抽查标注中判对的比例", "right among labelled random rows"),
    "accuracy_change": LocalizedText("与训练时相比", "compared with training"),
    "macro_f1": LocalizedText("各类同等看待的综合得分，1 最好", "score with all classes alike, 1 best"),
    "ece": LocalizedText("置信度与实际准确率差多少：0 最好", "how far confidence is from accuracy: 0 best"),
}
"""By name of the metric; figures whose titles say it all are not here."""
