"""Shares of rows that could not be scored, or not as they should. Effect: Cohen's h."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LOOK_AT_DUMP, LOOK_AT_TEXTS
from monitoring.metrics.counts import CountMetric, Pair
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement
from monitoring.metrics.registry import count_metric
from storage.records import STATUSES

_OF_STATUS: Final = {
    "failed": MetricDefinition(
        name="failed_share",
        family="volume",
        place=30,
        unit="share",
        title=LocalizedText("失败行", "Failed rows"),
        threshold=0.1,
        direction="up",
        advice=LocalizedText(
            "用 `yeban runs show` 查看错误；修复后以 --force 重新打分。",
            "See `yeban runs show` for the errors; score the date again with --force once they are mended.",
        ),
        names_cause=True,
        panels={"quality": 10},
    ),
    "empty": MetricDefinition(
        name="empty_share",
        family="volume",
        place=40,
        unit="share",
        title=LocalizedText("空文本", "Empty rows"),
        threshold=0.1,
        advice=LOOK_AT_DUMP,
        names_cause=True,
        panels={"quality": 20},
    ),
    "short": MetricDefinition(
        name="short_share",
        family="text",
        place=20,
        unit="share",
        title=LocalizedText("过短文本", "Short rows"),
        threshold=0.2,
        advice=LOOK_AT_TEXTS,
        names_cause=True,
        panels={"quality": 40},
    ),
}


def _share_of(status: str) -> CountMetric:
    place = STATUSES.index(status)

    def share(pair: Pair) -> Iterator[Measurement]:
        yield pair.row_share(pair.before.statuses[place], pair.now.statuses[place])

    return share


for _status, _definition in _OF_STATUS.items():
    count_metric(_definition)(_share_of(_status))


@count_metric(
    MetricDefinition(
        name="invalid_utf8_share",
        family="volume",
        place=50,
        unit="share",
        title=LocalizedText("非 UTF-8 行", "Rows that are no UTF-8"),
        threshold=0.1,
        direction="up",
        advice=LocalizedText(
            "数据以其他编码写入；请改为 UTF-8 导出。",
            "The dump was written in another encoding; have it exported as UTF-8.",
        ),
        names_cause=True,
        panels={"quality": 30},
    )
)
def invalid_utf8_share(pair: Pair) -> Iterator[Measurement]:
    """Rows whose bytes are no UTF-8."""
    yield pair.row_share(pair.before.invalid_utf8, pair.now.invalid_utf8)


@count_metric(
    MetricDefinition(
        name="truncated_share",
        family="text",
        place=30,
        unit="share",
        title=LocalizedText("截断文本", "Truncated rows"),
        explanation=LocalizedText("太长，模型没有看全", "too long: the model has not seen all of it"),
        threshold=0.2,
        direction="up",
        advice=LocalizedText(
            "文本超过了模型的窗口：用更多或更长的窗口训练。",
            "Texts have grown past the bundle's windows: train with more windows or a longer one.",
        ),
        names_cause=True,
        panels={"quality": 50},
    )
)
def truncated_share(pair: Pair) -> Iterator[Measurement]:
    """Rows of which the model did not see everything."""
    yield pair.row_share(pair.before.truncated, pair.now.truncated)
