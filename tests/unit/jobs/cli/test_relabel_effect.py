"""relabel effect: how figures are printed, and what is refused before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.cli.relabel_effect import _points, _span
from models.evaluation.record import Interval
from tests.support.bare_homes import bare_home
from tests.support.command import yeban


def test_a_figure_with_its_range_and_a_gain_in_points() -> None:
    assert _span(Interval(0.81234, 0.8, 0.9)) == "0.812 [0.800, 0.900]"
    assert _points(Interval(0.0123, -0.002, 0.03)) == "+1.2 [-0.2, +3.0]"


@pytest.mark.parametrize("option", ["rehearsal", "test"])
def test_a_condition_without_its_file(tmp_path: Path, option: str) -> None:
    bare_home(tmp_path)
    ended = yeban("relabel", "effect", "comment", f"--{option}-where", "x > 1", "--home", tmp_path)
    ended.failed_with(2, f"--{option}-where without --{option}")


def test_nothing_is_measured_before_there_are_labels(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    ended = yeban("relabel", "effect", "comment", "--home", tmp_path).without_traceback()
    assert (ended.code != 0, ended.out) == (True, "")
    assert not home.learning_curves.exists()
