"""A night asks its dump and its slot once: counted at the file system's and DuckDB's door."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pytest

import batch.input.dump
import jobs.nightly.slot_view
import jobs.scoring.plan
from jobs.config.file import find_home
from jobs.nightly.night import NightRequest, nightly
from jobs.runs.context import JobContext
from jobs.runs.progress import LogLines
from tests.support.homes import DAY, Home
from tests.support.nightly_home import QUIET, ROWS, deliver_dump, steps

UNITS = 6
"""Of two files with 120 rows, cut at 50."""
ALL_FRESH = dict.fromkeys(("score", "load", "monitor", "relabel pick"), "fresh")


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=50, more=QUIET)
    for name in ("a.parquet", "b.parquet"):
        deliver_dump(home, name=name)
    return home


@pytest.fixture
def asked(home: Home, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the dump was listed, a footer read, a unit's checksum file read, and the warehouse opened."""
    counts: Counter[str] = Counter()

    def count(place: Any, name: str, what: str, when: Callable[..., bool] = lambda *_: True) -> None:
        real = getattr(place, name)

        def counted(*args: Any, **options: Any) -> Any:
            counts[what] += when(*args)
            return real(*args, **options)

        monkeypatch.setattr(place, name, counted)

    count(jobs.scoring.plan, "find_sources", "listings")
    count(batch.input.dump, "inspect", "footers")
    count(jobs.nightly.slot_view, "file_digest", "checksum files")
    count(duckdb, "connect", "opens", lambda *args: args[:1] == (str(home.warehouse),))
    return counts


def test_a_whole_night(home: Home, asked: Counter[str]) -> None:
    assert steps(home) == {"score": "done", "load": "fresh", "monitor": "done", "relabel pick": "done"}
    assert (asked["listings"], asked["footers"]) == (1, 2)
    assert asked["checksum files"] == UNITS, "each once: monitoring and picking look at the same parts"
    assert asked["opens"] <= 14, "17 when each step asked for itself"


def test_an_unchanged_second_look(home: Home, asked: Counter[str]) -> None:
    steps(home)
    asked.clear()
    assert steps(home) == ALL_FRESH
    assert asked == {"listings": 1, "footers": 2, "checksum files": UNITS, "opens": 1}


class _Redelivers(LogLines):
    """Replaces a file of the dump when the first unit is about to be read."""

    def __init__(self, home: Home) -> None:
        super().__init__()
        self._home = home

    def begin(self, what: str, total: int) -> None:
        if what == "score":
            deliver_dump(self._home, name="b.parquet", rows=80)
        super().begin(what, total)


def test_a_file_that_changes_between_planning_and_reading_is_found(home: Home) -> None:
    found, request = find_home(home.root, home.root), NightRequest(home.task, date.fromisoformat(DAY))
    night = nightly(found, request, JobContext(_Redelivers(home)))
    assert night.steps["score"].state == "partial"
    assert "b.parquet was replaced after it was planned" in night.steps["score"].failures[0]
    assert home.count() == ROWS
    assert steps(home)["score"] == "done"
    assert home.count() == ROWS + 80
