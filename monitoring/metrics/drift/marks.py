"""Shares of rows with a link, a mention, a hashtag, an emoji, or markup that cleaning left in. Effect: Cohen's h."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LOOK_AT_TEXTS
from monitoring.metrics.counts import CountMetric, Pair
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement
from monitoring.metrics.registry import count_metric
from storage.profiles.counts import MARKS

_WRITTEN: Final = {
    "url": LocalizedText("含链接", "Rows with a URL"),
    "mention": LocalizedText("含 @提及", "Rows with a mention"),
    "topic": LocalizedText("含话题标签", "Rows with a hashtag"),
    "emoji": LocalizedText("含表情", "Rows with an emoji"),
}
"""Marks as people wrote them."""


def _share_of(mark: str) -> CountMetric:
    place = MARKS.index(mark)

    def share(pair: Pair) -> Iterator[Measurement]:
        yield pair.share(pair.before.marks[place], pair.before.rows, pair.now.marks[place], pair.now.rows)

    return share


for _number, (_mark, _title) in enumerate(_WRITTEN.items()):
    count_metric(
        MetricDefinition(
            name=f"{_mark}_share",
            family="text",
            place=60 + _number,
            unit="share",
            title=_title,
            threshold=0.2,
            advice=LOOK_AT_TEXTS,
            names_cause=True,
        )
    )(_share_of(_mark))

count_metric(
    MetricDefinition(
        name="html_share",
        family="text",
        place=70,
        unit="share",
        title=LocalizedText("残留 HTML", "Rows with markup left in"),
        threshold=0.1,
        direction="up",
        advice=LocalizedText(
            "对比原文与清洗后的文本：标记没有清除。请修复导出，或用能处理它的清洗规则重新训练。",
            "Compare raw and cleaned rows: markup is left in. Mend the export, or train with a cleaning that knows it.",
        ),
        names_cause=True,
        panels={"quality": 60},
    )
)(_share_of("html"))
