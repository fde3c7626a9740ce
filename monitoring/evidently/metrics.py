"""Our metrics as Evidently metrics, and Evidently's own drift of the sample's columns.

Evidently is imported when the classes are first asked for; they are made once, for it keeps a register of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from rich.cells import cell_len, set_cell_size

from monitoring.evidently.dataset import Compared
from monitoring.evidently.extra import evidently_imports
from monitoring.evidently.shown import Shown, State

FIGURE: Final = "NightFigure"
"""Under this name, with the labels `name` and `item`, the dashboard finds our metrics."""

NUMERIC_METHOD: Final = "wasserstein"
CATEGORICAL_METHOD: Final = "jensenshannon"
"""Distances without bins, for Evidently draws those of PSI, KL and JS of numbers anew in every run, and without dice:
its TVD shuffles for seconds, and seeds numpy's global generator."""

_ROW_CELLS, _TAB_CELLS, _LEAST_TAB_CELLS, _TAB_MARGIN_CELLS = 120, 24, 12, 4
"""Widths of tabs in characters, a Chinese one being two."""

_STATUSES: Final[dict[State, str]] = {"fine": "SUCCESS", "watched": "WARNING", "alert": "FAIL"}


@dataclass(frozen=True, slots=True)
class Classes:
    """What we add to Evidently.

    Attributes:
        figure: A metric that shows one `Shown`.
        night: A container of all metrics of a night, drawn as tables.
        drift: A container of Evidently's `ValueDrift` of some columns, drawn as tabs.
    """

    figure: type[Any]
    night: type[Any]
    drift: type[Any]


@cache
def evidently_classes() -> Classes:
    """Define them.

    Raises:
        ExtraMissing: Evidently is not installed.
    """
    figure = _figure_class()
    return Classes(figure, _night_class(figure), _drift_class())


def _figure_class() -> type[Any]:
    with evidently_imports():
        from evidently._pydantic_compat import PrivateAttr
        from evidently.core.metric_types import MetricTestResult, SingleValueCalculation, SingleValueMetric
        from evidently.legacy.tests.base_test import TestStatus

    class NightFigure(SingleValueMetric):  # type: ignore[misc]
        # Only what stays the same from night to night may be a field: Evidently makes a line of the dashboard of
        # each combination of fields. The value itself is kept beside them.
        name: str
        item: str = ""
        _shown: Any = PrivateAttr(None)

        @classmethod
        def of(cls, shown: Shown) -> NightFigure:
            """The Evidently metric of one of ours."""
            metric = cls(name=shown.name, item=shown.item)
            metric._shown = shown
            return metric

    class NightFigureCalculation(SingleValueCalculation[NightFigure]):  # type: ignore[misc]
        def calculate(self, context: Any, current_data: Any, reference_data: Any) -> Any:  # noqa: ARG002
            shown: Shown = self.metric._shown
            result = self.result(shown.value)
            result.widget = []  # drawn by the container, as a row of a table
            if status := _STATUSES.get(shown.state):
                # A finished result: a test of our own class could only be read where that class is known.
                verdict = MetricTestResult(
                    id="yeban",
                    name=shown.title,
                    description=shown.said,
                    metric_config=self.to_metric_config(),
                    test_config={},
                    status=TestStatus(status),
                )
                result.set_tests([verdict])
            return result

        def display_name(self) -> str:
            title: str = self.metric._shown.title
            return title

    return NightFigure


def _night_class(figure: type[Any]) -> type[Any]:
    with evidently_imports():
        from evidently._pydantic_compat import PrivateAttr
        from evidently.core.container import MetricContainer

    class Night(MetricContainer):  # type: ignore[misc]
        night: str
        _figures: tuple[Shown, ...] = PrivateAttr(())
        _widgets: list[Any] = PrivateAttr([])

        @classmethod
        def of(cls, night: str, figures: tuple[Shown, ...], widgets: list[Any]) -> Night:
            """The container of a night's metrics, drawn by these widgets."""
            container = cls(night=night)
            container._figures, container._widgets = figures, widgets
            return container

        def generate_metrics(self, context: Any) -> list[Any]:  # noqa: ARG002
            return [figure.of(each) for each in self._figures]

        def render(self, context: Any, child_widgets: Any = None) -> list[Any]:  # noqa: ARG002
            return list(self._widgets)

    return Night


def _drift_class() -> type[Any]:
    with evidently_imports():
        from evidently.core.container import MetricContainer
        from evidently.legacy.renderers.html_widgets import TabData, widget_tabs
        from evidently.metrics import ValueDrift

    class SampleDrift(MetricContainer):  # type: ignore[misc]
        numeric: list[str]
        categorical: list[str]

        @classmethod
        def of(cls, compared: Compared) -> SampleDrift:
            """The container of the columns that can be compared."""
            return cls(numeric=list(compared.numeric), categorical=list(compared.categorical))

        def generate_metrics(self, context: Any) -> list[Any]:  # noqa: ARG002
            methods = {NUMERIC_METHOD: self.numeric, CATEGORICAL_METHOD: self.categorical}
            # No tests: a metric that we give too shall have one verdict, and it is ours.
            return [
                ValueDrift(column=column, method=method, tests=[])
                for method, columns in methods.items()
                for column in columns
            ]

        def render(self, context: Any, child_widgets: Any = None) -> list[Any]:
            drawn = zip([*self.numeric, *self.categorical], child_widgets or (), strict=True)
            tabs = [
                TabData(set_cell_size(column, min(cell_len(column), _TAB_CELLS)), _distributions(widgets))
                for column, (_, widgets) in drawn
            ]
            for metric, _ in child_widgets or ():
                context.get_metric_result(metric).widget = []  # or the snapshot would hold each drawing twice
            title = "随机样本与基准的对比 Random sample against the reference"
            return [widget_tabs(title=title, tabs=row) for row in _rows_of_tabs(tabs)]

    return SampleDrift


def _distributions(widgets: list[Any]) -> Any:
    """What `ValueDrift` draws, without the values in order of rows: the order of a random sample says nothing."""
    with evidently_imports():
        from evidently.legacy.renderers.html_widgets import group_widget

    drawn = []
    for widget in widgets:
        drawn += [tab.widget for tab in widget.tabs if tab.title != "DATA DRIFT"] if widget.tabs else [widget]
    return group_widget(title="", widgets=drawn)


def _rows_of_tabs(tabs: list[Any]) -> list[list[Any]]:
    """Tabs that fit beside each other: Evidently puts all into one line, and makes the whole page as wide."""
    rows: list[list[Any]] = []
    used = _ROW_CELLS
    for tab in tabs:
        cells = max(_LEAST_TAB_CELLS, cell_len(tab.title) + _TAB_MARGIN_CELLS)
        if used + cells > _ROW_CELLS:
            rows.append([])
            used = 0
        rows[-1].append(tab)
        used += cells
    return rows
