"""What to do about a change, where several metrics give the same advice."""

from __future__ import annotations

from typing import Final

from models.pages.localized_text import LocalizedText

LOOK_AT_DUMP: Final = LocalizedText(
    "检查当晚的数据：可能缺少、重复了某个来源，或格式有变。",
    "Look at the dump: a source may be missing, doubled or delivered in another form.",
)
LOOK_AT_TEXTS: Final = LocalizedText(
    "抽查随机样本中的文本：平台或导出方式可能有变。",
    "Read some rows of the relabel queue's random arm: the platform or its export may have changed.",
)
LOOK_AT_WORDS: Final = LocalizedText(
    "查看下方的词元与新词；若话题会持续，请标注相关数据并增量微调。",
    "Look at the tokens and new words below; if the topic will stay, label its rows and fine-tune.",
)
LABEL_AND_COMPARE: Final = LocalizedText(
    "判断是世界变了还是模型变了：标注随机样本并比较。",
    "See whether the world has changed or the model: label rows of the random arm and compare.",
)
LABEL_AND_REFIT: Final = LocalizedText(
    "标注随机样本；若准确率下降则增量微调，若只是置信度失准则重新拟合温度。",
    "Label rows of the random arm; if accuracy has fallen fine-tune, if only confidence is off refit the temperature.",
)
