"""relabel pick: its strategies, as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.cli.relabel import _mix
from storage.errors import ConfigError
from tests.support.bare_homes import bare_home
from tests.support.command import yeban


def test_a_name_alone_counts_one_and_repeated_ones_add_up() -> None:
    assert _mix(["margin", "random=0.5"]) == {"margin": 1.0, "random": 0.5}
    assert _mix(["margin=0.25", "margin=0.5"]) == {"margin": 0.75}


@pytest.mark.parametrize("given", ["nothing", "margin=much", "margin=0", "margin=-1", "margin=inf", "margin=nan", "=1"])
def test_strategies_and_shares_that_are_none(given: str) -> None:
    with pytest.raises(ConfigError, match=f"--strategy {given}"):
        _mix([given])


def test_the_help_names_the_strategies() -> None:
    shown = yeban("relabel", "pick", "--help").succeeded().out
    assert "{strategies}" not in shown
    assert "Strategies: " in shown
    assert "margin" in shown.partition("Strategies: ")[2].partition(".")[0]


def test_there_is_nothing_to_pick_before_a_night_is_loaded(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    yeban("relabel", "pick", "comment", "--strategy", "luck", "--home", tmp_path).failed_with(2, "--strategy luck")
    ended = yeban("relabel", "pick", "comment", "--home", tmp_path).without_traceback()
    assert (ended.code, ended.out) == (1, "")
    assert not list(home.relabel.rglob("batch.json"))
