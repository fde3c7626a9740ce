"""Homes whose nights are run whole: small dumps, sinks that tell a file, and what must hold in the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from tests.support.command import CommandResult, yeban
from tests.support.homes import DAY, Home, comments

FIRST = date.fromisoformat(DAY)
ROWS = 120
FEW_TO_LABEL = """
[relabel]
budget = 12
golden_share = 0
embed = false
"""
QUIET = f"""
[monitor]
embedding_rows = 0
{FEW_TO_LABEL}"""
"""Settings of nights that are over in a second or two."""


def night(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


def deliver_dump(home: Home, day: str = DAY, name: str = "a.parquet", rows: int = ROWS) -> None:
    """The dump of a night: comments that no other night has."""
    seed = (date.fromisoformat(day) - FIRST).days
    texts = [f"{text}，{day}" for text in comments(rows, seed=seed + 1)[0]]
    home.dump(name, texts, day=day, id=[f"{day}:{name}:{row}" for row in range(rows)])


def nightly(home: Home, day: str = DAY, *args: object) -> CommandResult:
    return yeban("nightly", home.task, "--date", day, "--home", home.root, *args)


def steps(home: Home, day: str = DAY, *args: object) -> dict[str, str]:
    """Run a night; how each of its steps ended."""
    told = json.loads(nightly(home, day, "--json", *args).without_traceback().out)
    return {name: report["state"] for name, report in told["steps"].items()}


def records(home: Home, job: str = "nightly") -> list[dict[str, Any]]:
    """What is on record of a job, the oldest first."""
    listed = json.loads(yeban("runs", "list", "--json", "--limit", "100000", "--home", home.root).succeeded().out)
    return [each for each in reversed(listed) if each["job"] == job]


def assert_nights_complete(home: Home, days: Sequence[str], rows: int = ROWS, others: Sequence[str] = ()) -> None:
    """Check that nights ended once, with each row once and one batch each.

    Args:
        home: The home.
        days: Their dates.
        rows: Rows of each.
        others: Dates that were only scored.
    """
    done = [each["logical_date"] for each in records(home) if each["state"] == "done"]
    assert Counter(done) == Counter(days)
    found = home.query("SELECT logical_date::VARCHAR, count(*), count(DISTINCT doc_id) FROM predictions GROUP BY ALL")
    assert sorted(found) == [(day, rows, rows) for day in sorted([*days, *others])]
    batches = home.query("SELECT last_date::VARCHAR, count(*) FROM relabel_batches GROUP BY ALL")
    assert sorted(batches) == [(day, 1) for day in sorted(days)]
    asked = home.query("SELECT count(*), count(DISTINCT doc_id) FROM relabel_items")
    assert asked[0][0] == asked[0][1] >= 12 * len(days) - 6
    folders = {folder.name for folder in (home.root / "relabel").glob("task=*/*") if folder.is_dir()}
    assert len(folders) == len(days)
    monitored = home.query("SELECT count(DISTINCT logical_date) FROM metrics")
    assert monitored == [(len(days),)]
    assert list(home.root.rglob(".tmp-*")) == []
