from __future__ import annotations

from monitoring.evidently.metrics import FIGURE, _rows_of_tabs, evidently_classes
from monitoring.evidently.shown import shown_metrics
from tests.support.evidently_nights import judged, night


class Tab:
    """What has a title."""

    def __init__(self, title: str) -> None:
        self.title = title


def test_the_classes_are_made_once_under_the_name_that_snapshots_hold() -> None:
    assert evidently_classes() is evidently_classes()
    assert evidently_classes().figure.__name__ == FIGURE == "NightFigure"


def test_only_what_stays_the_same_from_night_to_night_is_a_field() -> None:
    first, second = (
        {each.name: each for each in shown_metrics(night(number), judged(night(number)))} for number in (0, 5)
    )
    figure = evidently_classes().figure
    assert first["token_js"].value != second["token_js"].value
    monday, tuesday, other = (figure.of(each) for each in (first["token_js"], second["token_js"], first["text_auc"]))
    assert monday.get_fingerprint() == tuesday.get_fingerprint() != other.get_fingerprint()


def test_tabs_fit_beside_each_other() -> None:
    rows = _rows_of_tabs([Tab("短")] * 8 + [Tab("长" * 12)] * 4)
    assert [len(row) for row in rows] == [8, 4]
    assert [len(row) for row in _rows_of_tabs([Tab("a")] * 12)] == [10, 2]
    assert _rows_of_tabs([]) == []
