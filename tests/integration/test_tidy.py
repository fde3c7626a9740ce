"""`yeban tidy` as a user has it: what it says, what it removes, and what becomes of a date that went."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.command import CommandResult, yeban
from tests.support.homes import DAY, NEXT_DAY, Home, comments, covered_once

TEXTS = comments(60)[0]


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=20)
    for day, rows in ((DAY, 60), (NEXT_DAY, 40)):
        home.dump("a.parquet", TEXTS[:rows], day=day)
        home.score(day=day).succeeded()
    return home


def tidy(home: Home, *args: object) -> CommandResult:
    return yeban("tidy", "--home", home.root, *args)


def keep(home: Home, **bounds: str) -> None:
    """Set `[retention]`; the dates of this home are long ago."""
    lines = "\n".join(f"{kind} = {bound}" for kind, bound in bounds.items())
    home.config.write_text(home.config.read_text("utf-8").partition("[retention]")[0] + f"\n[retention]\n{lines}\n")


def test_a_date_that_went_is_refused_and_comes_back_with_force(home: Home) -> None:
    assert "keeps all there is" in tidy(home).succeeded().out
    keep(home, predictions="{ days = 1 }")
    before = home.predictions()
    told = json.loads(tidy(home, "--dry-run", "--json").succeeded().out)
    assert [(each["kind"], each["date"], each["rows"]) for each in told["gone"]] == [
        ("predictions", DAY, 60),
        ("predictions", NEXT_DAY, 40),
    ]
    assert told["bytes"] > 0
    assert home.predictions().equals(before)
    said = tidy(home).succeeded().out
    assert "2 items" in said
    assert "yeban compact" in said
    assert home.count() == 0
    home.score().failed_with(1, f"the predictions of comment {DAY}", "days old, kept are 1", "--force scores it anew")
    dates = ("--from", DAY, "--to", NEXT_DAY, "--home", home.root)
    yeban("backfill", "comment", *dates).failed_with(1, f"not complete: {DAY}, {NEXT_DAY}")
    planned = json.loads(yeban("backfill", "comment", *dates, "--dry-run", "--json").succeeded().out)
    assert [each["to_do"] for each in planned["dates"]] == [0, 0]
    assert "were removed on" in planned["dates"][0]["problem"]
    assert "nothing to load" in home.load().succeeded().out
    assert home.count() == 0
    home.score("--force").succeeded()
    assert covered_once(home, {"a.parquet": 60})
    assert home.predictions().equals(before.slice(0, 60))
    assert "0 scored now, 60 done before" in home.score().succeeded().out
    yeban("compact", "--home", home.root).succeeded()
    assert covered_once(home, {"a.parquet": 60})
    states = home.query("SELECT job, state, sum(rows)::INT FROM runs WHERE job = 'tidy' GROUP BY ALL")
    assert states == [("tidy", "done", 100)]


def test_parts_that_went_leave_the_night_whole(home: Home) -> None:
    keep(home, parts="{ days = 1 }")
    before = home.predictions()
    assert "parts" in tidy(home, "--dry-run").succeeded().out
    tidy(home).succeeded()
    assert home.parts() == {}
    assert "0 scored now, 60 done before" in home.score().succeeded().out
    assert home.predictions().equals(before)
    yeban("monitor", "comment", "--date", DAY, "--home", home.root).without_traceback()
    assert list((home.root / "nights").rglob("night.json"))
    home.dump("a.parquet", TEXTS[:50])  # another file stands there now
    assert "50 scored now" in home.score().succeeded().out
    assert covered_once(home, {"a.parquet": 50})


def test_a_bound_that_makes_no_sense_is_told(home: Home) -> None:
    keep(home, parts="{ day = 3 }", predictions="{ days = 0 }", wards="3")
    ran = tidy(home).failed_with(2, "did you mean 'days'", "retention.predictions.days")
    assert "parts" in ran.err
    assert "wards" in ran.err


def test_a_bound_of_size_takes_no_more_the_next_time(home: Home) -> None:
    """The DuckDB file does not get smaller when rows go."""
    keep(home, predictions=f"{{ gb = {70 * 150 / 1e9} }}")
    assert "1 item" in tidy(home).succeeded().out
    assert home.count() == 40
    assert "keeps all there is" in tidy(home).succeeded().out
    assert home.count() == 40
