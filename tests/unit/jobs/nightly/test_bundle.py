"""Which bundle a night is scored by: the one that began it, whatever was promoted since."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from jobs.config.home import Home
from jobs.config.model import Config
from jobs.nightly.bundle import bundle_of_night
from jobs.nightly.report import JOB
from jobs.runs.context import system_clock
from jobs.runs.record import recorded_run
from storage.records import Slot
from tests.support.copied_bundles import TASK, add_copies, break_bundle, embedded_version
from tests.support.predictions import plan_of, stage, units_of

NIGHT = date(2026, 1, 5)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, Config())


@contextmanager
def begun_by(home: Home, version: str) -> Iterator[Slot]:
    """A night on record, begun with a bundle."""
    slot = Slot(TASK, NIGHT, version)
    with recorded_run(home.run_log, JOB, slot, system_clock):
        yield slot


def stage_some(home: Home, slot: Slot) -> None:
    units = units_of(slot, 20, 10)
    home.journal.adopt(plan_of(slot, units), set)
    stage(home.part_store, units[0])


def used(home: Home, night: date = NIGHT) -> str:
    return bundle_of_night(home, TASK, night, home.run_log).version


def test_a_night_that_was_begun_keeps_its_bundle(home: Home) -> None:
    (one,) = add_copies(home.registry, "one")
    with begun_by(home, one) as slot:
        stage_some(home, slot)
    assert used(home) == one
    assert used(home, date(2026, 1, 6)) == embedded_version()


def test_a_bundle_that_scored_nothing_has_no_night(home: Home) -> None:
    (one,) = add_copies(home.registry, "one")
    with begun_by(home, one) as slot:
        pass
    assert used(home) == embedded_version()
    home.journal.adopt(plan_of(slot, units_of(slot, 20, 10)), set)
    assert used(home) == embedded_version(), "planned, and nothing staged"


def test_a_bundle_that_is_gone_can_not_go_on(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    (one,) = add_copies(home.registry, "one")
    with begun_by(home, one) as slot:
        stage_some(home, slot)
    break_bundle(home.registry, one)
    with caplog.at_level(logging.WARNING, "yeban.nightly"):
        assert used(home) == embedded_version()
    assert "the bundle that began it can't be used" in caplog.text
