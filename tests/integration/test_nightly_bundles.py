"""A night and the bundle that began it: promotions, replacements and losses in between."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from jobs.config.file import find_home
from jobs.nightly.night import NightRequest
from jobs.nightly.night import nightly as run_night
from jobs.runs.context import JobContext
from jobs.runs.progress import LogLines
from models.bundle import open_bundle
from models.registry import Registry
from tests.support.command import yeban
from tests.support.homes import DAY, NEXT_DAY, Home
from tests.support.nightly_home import QUIET, ROWS, assert_nights_complete, deliver_dump, nightly, records, steps

ALL_FRESH = dict.fromkeys(("score", "load", "monitor", "relabel pick"), "fresh")


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=50, more=QUIET)
    deliver_dump(home)
    return home


def two_bundles(home: Home, other: Path) -> tuple[Registry, str, str]:
    """The home's bundle and another one in its registry; the first is in use."""
    home.change(f'bundle = "{home.bundle}"\n', "")
    registry, versions = Registry(home.root / "bundles"), []
    for folder in (home.bundle, other):
        versions.append(open_bundle(folder).version)
        shutil.copytree(folder, home.root / "bundles" / home.task / versions[-1])
    registry.set_champion(home.task, versions[0])
    return registry, versions[0], versions[1]


class _Promotes(LogLines):
    """Crowns another bundle while a night is being scored."""

    def __init__(self, registry: Registry, task: str, version: str) -> None:
        super().__init__()
        self._registry, self._task, self._version = registry, task, version

    def begin(self, what: str, total: int) -> None:
        if what == "score":
            self._registry.set_champion(self._task, self._version)
        super().begin(what, total)


def test_a_promotion_in_the_middle_leaves_the_night_to_the_bundle_that_began_it(
    home: Home, tiny_bundle: Callable[[str], Path]
) -> None:
    registry, first, second = two_bundles(home, tiny_bundle("weibo"))
    progress, night = _Promotes(registry, home.task, second), NightRequest(home.task, date.fromisoformat(DAY))
    outcome = run_night(find_home(home.root, home.root), night, JobContext(progress))
    assert outcome.exit_code == 0
    assert registry.champion(home.task) == second
    assert_nights_complete(home, [DAY])
    jobs = ("nightly", "score", "monitor", "relabel pick")
    assert {each["bundle"] for job in jobs for each in records(home, job)} == {first}
    for table in ("predictions", "relabel_batches"):
        assert home.query(f"SELECT DISTINCT bundle FROM {table}") == [(first,)]


def test_a_night_goes_on_with_the_bundle_that_began_it(home: Home, tiny_bundle: Callable[[str], Path]) -> None:
    registry, first, second = two_bundles(home, tiny_bundle("weibo"))
    nightly(home).succeeded()
    registry.set_champion(home.task, second)
    assert steps(home) == ALL_FRESH  # cron's second look finds nothing to do
    deliver_dump(home, name="b.parquet")
    assert steps(home)["score"] == "done"
    assert home.query("SELECT bundle, count(*) FROM predictions GROUP BY ALL") == [(first, 2 * ROWS)]
    deliver_dump(home, NEXT_DAY)
    nightly(home, NEXT_DAY).without_traceback()
    assert {each["bundle"] for each in records(home) if each["logical_date"] == NEXT_DAY} == {second}


def test_a_night_whose_rows_were_replaced_belongs_to_the_bundle_that_did(
    home: Home, tiny_bundle: Callable[[str], Path]
) -> None:
    registry, _, second = two_bundles(home, tiny_bundle("weibo"))
    nightly(home).succeeded()
    registry.set_champion(home.task, second)
    yeban("backfill", home.task, "--from", DAY, "--to", DAY, "--replace", "--home", home.root).succeeded()
    assert steps(home)["score"] == "fresh"
    assert home.query("SELECT bundle, count(*) FROM predictions GROUP BY ALL") == [(second, ROWS)]


def test_a_bundle_that_is_gone_ends_no_night(
    home: Home, tiny_bundle: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    registry, first, second = two_bundles(home, tiny_bundle("weibo"))
    nightly(home).succeeded()
    registry.set_champion(home.task, second)
    shutil.rmtree(home.root / "bundles" / home.task / first)
    nightly(home).without_traceback()
    assert f"the bundle that began it can't be used, {second} goes on" in caplog.text
    assert records(home)[-1]["bundle"] == second
