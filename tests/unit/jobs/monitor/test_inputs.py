"""Which scored night is monitored."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.config.home import Home
from jobs.monitor.inputs import find_night
from storage.errors import ConfigError, TerminalError
from storage.records import Slot
from tests.support.bare_homes import bare_home
from tests.support.copied_bundles import TASK, add_copies, embedded_version
from tests.support.predictions import plan_of, slot_of, stage, units_of

NIGHT = slot_of().logical_date


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return bare_home(tmp_path)


def stage_night(home: Home, bundle: str) -> Slot:
    slot = slot_of(bundle)
    units = units_of(slot, 10, 10)
    home.journal.adopt(plan_of(slot, units), list)
    stage(home.part_store, *units)
    return slot


def test_the_bundle_in_use_counts_where_it_scored_the_night(home: Home) -> None:
    (one,) = add_copies(home.registry, "one")
    for version in (one, embedded_version()):
        stage_night(home, version)
    bundle, slot, gaps = find_night(home, TASK, NIGHT, None)
    assert (bundle.version, slot.bundle, gaps) == (embedded_version(), embedded_version(), ())
    assert find_night(home, TASK, NIGHT, one)[1].bundle == one


def test_else_the_one_that_scored_it_with_a_note(home: Home) -> None:
    (one,) = add_copies(home.registry, "one")
    slot = stage_night(home, one)
    bundle, found, (gap,) = find_night(home, TASK, NIGHT, None)
    assert (bundle.version, found) == (one, slot)
    assert f"was scored by bundle {one}, not by {embedded_version()}" in str(gap)
    with pytest.raises(TerminalError, match=f"never scored by bundle {embedded_version()}"):
        find_night(home, TASK, NIGHT, embedded_version())


def test_a_night_or_a_task_that_is_not_there(home: Home) -> None:
    with pytest.raises(TerminalError, match="was never scored"):
        find_night(home, TASK, NIGHT, None)
    with pytest.raises(ConfigError, match="did you mean 'comment'"):
        find_night(home, "coment", NIGHT, None)
