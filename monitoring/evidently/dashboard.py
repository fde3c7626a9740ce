"""The panels of a task's dashboard: metrics night by night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from monitoring.evidently.extra import evidently_imports
from monitoring.evidently.metrics import FIGURE
from monitoring.evidently.shown import ALERTS
from monitoring.metrics.definition import Panel
from monitoring.metrics.registry import CATALOGUE

if TYPE_CHECKING:
    from evidently.sdk.models import DashboardModel

Size = Literal["half", "full"]

_COUNTERS: Final = (
    ("昨晚警报 Alerts last night", ALERTS),
    ("昨晚行数 Rows last night", "rows"),
)

_LINES: Final[tuple[tuple[Panel | Literal["alerts"], str, str, Size], ...]] = (
    ("alerts", "警报数 Alerts", "每晚的警报数 How many each night raised", "half"),
    ("volume", "数据量 Volume", "每晚行数 Rows of each night", "half"),
    ("drift", "漂移 Drift", "与基准的距离,0 为无变化 Distance from the reference, 0 is no change", "full"),
    (
        "told_apart",
        "可区分度 Told apart",
        "分类器区分两晚文本的 AUC,0.5 为无法区分 AUC of telling tonight's texts from the reference's, 0.5 is chance",
        "half",
    ),
    ("tokens", "词元 Tokens", "占全部词元的比例 Share of all tokens", "half"),
    (
        "confidence",
        "置信度 Confidence",
        "平均置信度与无标注估计 Mean confidence, and what it lets expect",
        "half",
    ),
    ("accuracy", "准确率 Accuracy", "随机样本的人工标注 Labels of the random sample", "half"),
    ("calibration", "校准 Calibration", "校准误差,越小越好 Calibration error, less is better", "half"),
    ("quality", "数据质量 Data quality", "占全部行的比例 Share of all rows", "half"),
    ("duplicates", "重复 Duplicates", "重复文本的比例 Share of rows whose text came before", "half"),
    ("length", "长度 Length", "每行平均词元数 Mean tokens of a row", "half"),
)
"""Panels of lines: key, title, description, width; what they plot is declared by the metrics."""


def make_dashboard() -> DashboardModel:
    """All panels on one tab: Evidently's open-source UI shows no more than one.

    Raises:
        ExtraMissing: Evidently is not installed.
    """
    with evidently_imports():
        from evidently.sdk.models import DashboardModel, DashboardTabModel
        from evidently.sdk.panels import bar_plot_panel, counter_panel, line_plot_panel

    panels = [
        counter_panel(title=title, values=[_line(name)], size="half", aggregation="last") for title, name in _COUNTERS
    ]
    panels += [
        line_plot_panel(title=title, description=below, values=[_line(name) for name in _plotted(panel)], size=size)
        for panel, title, below, size in _LINES
    ]
    shares = [_line(name, legend="{{item}}") for name in CATALOGUE.in_panel("classes")]
    below = "每晚各类别占比 Share of each class, night by night"
    panels.insert(
        len(_COUNTERS) + 3,
        bar_plot_panel(title="预测类别 Predicted classes", description=below, values=shares, size="full", stacked=True),
    )
    return DashboardModel(tabs=[DashboardTabModel(title="夜班", panels=[each.id for each in panels])], panels=panels)


def _plotted(panel: Panel | Literal["alerts"]) -> tuple[str, ...]:
    return (ALERTS,) if panel == "alerts" else CATALOGUE.in_panel(panel)


def _line(name: str, legend: str | None = None) -> Any:
    with evidently_imports():
        from evidently.sdk.models import PanelMetric

    # Short, for the legend takes its width from the plot: the Chinese title over the name in the warehouse.
    title = "警报" if name == ALERTS else CATALOGUE[name].title.zh
    return PanelMetric(metric=FIGURE, metric_labels={"name": name}, legend=legend or f"{title}\n{name}")
