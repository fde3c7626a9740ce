from __future__ import annotations

import re

from monitoring.evidently.dashboard import make_dashboard
from monitoring.evidently.metrics import FIGURE, evidently_classes
from monitoring.evidently.shown import ALERTS
from monitoring.metrics.registry import CATALOGUE


def test_every_line_is_of_a_figure_that_exists() -> None:
    lines = [line for panel in make_dashboard().panels for line in panel.values]
    assert {line.metric for line in lines} == {f"evidently:metric_v2:{FIGURE}"}
    assert evidently_classes().figure.__name__ == FIGURE
    named = {line.metric_labels["name"] for line in lines}
    assert named <= {ALERTS, *CATALOGUE}
    assert {"rows", "token_js", "class_psi", "text_auc", "class_share", "mean_confidence", "accuracy", "ece"} <= named


def test_titles_are_in_both_languages_and_all_panels_are_on_the_one_tab() -> None:
    dashboard = make_dashboard()
    assert all(re.search("[\u4e00-\u9fff].* [A-Z]", panel.title) for panel in dashboard.panels)
    assert [tab.panels for tab in dashboard.tabs] == [[panel.id for panel in dashboard.panels]]
