"""Homes whose nights are monitored: usual nights, nights with too many empty rows, and what came of them."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitoring.findings.judgement import Judgement, read_judgement
from monitoring.findings.record import Findings, read_findings
from tests.support.command import CommandResult, yeban
from tests.support.homes import DAY, NEXT_DAY, Home, comments

BEFORE = "2026-01-04"
LAST_DAY = "2026-01-07"
ROWS = 1_000
USUAL, DRIFTED = 50, 15
"""Of so many rows one is empty: a share of .02 and of .067, an effect of .23: a breach, and not an urgent one."""
TELLING = """
[monitor]
embedding_rows = 0

[[monitor.sinks]]
kind = "jsonl"
path = "told.jsonl"
"""


def dump_night(home: Home, day: str, *, empty_each: int = USUAL, rows: int = ROWS, seed: int | None = None) -> None:
    """A dump of generated comments, of which one in so many is empty."""
    texts = comments(rows, seed=int(day[-2:]) if seed is None else seed)[0]
    ids = [f"{day}:{row}" for row in range(rows)]
    home.dump("a.parquet", ["" if row % empty_each == 0 else text for row, text in enumerate(texts)], day=day, id=ids)


def score_nights(home: Home, nights: Mapping[str, int]) -> None:
    """Dump and score nights: the date, and of how many rows one is empty."""
    for day, empty_each in nights.items():
        dump_night(home, day, empty_each=empty_each)
        home.score(day=day).succeeded()


def score_drifting_nights(home: Home) -> Home:
    """A frozen usual night, and two nights in a row with too many empty rows, scored."""
    score_nights(home, {BEFORE: USUAL, DAY: DRIFTED, NEXT_DAY: DRIFTED})
    freeze(home, BEFORE, BEFORE).succeeded()
    return home


def monitor(home: Home, day: str = DAY, *args: object) -> CommandResult:
    return yeban("monitor", home.task, "--date", day, "--home", home.root, *args)


def show(home: Home, day: str = DAY, *args: object) -> CommandResult:
    return yeban("monitor", "show", home.task, "--date", day, "--home", home.root, *args)


def freeze(home: Home, first: str, last: str, *args: object) -> CommandResult:
    return yeban("monitor", home.task, "--freeze-reference", "--from", first, "--to", last, "--home", home.root, *args)


def delivered_alerts(home: Home) -> list[dict[str, Any]]:
    """The alerts that people got, in order."""
    file = home.root / "told.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def night_folder(home: Home, day: str = DAY) -> Path:
    """The folder of a monitored night, of whichever bundle."""
    (folder,) = (home.root / "nights" / f"task={home.task}" / f"logical_date={day}").iterdir()
    return folder


def stored(home: Home, day: str = DAY) -> dict[str, bytes]:
    """Findings and judgement of a night as they lie on disk, by name."""
    return {file.name: file.read_bytes() for file in sorted(night_folder(home, day).glob("*-*.json"))}


def findings_of(home: Home, day: str = DAY) -> Findings:
    (file,) = night_folder(home, day).glob("findings-*.json")
    return read_findings(file.read_bytes())


def judgement_of(home: Home, day: str = DAY) -> Judgement:
    (file,) = night_folder(home, day).glob("judgement-*.json")
    return read_judgement(file.read_bytes())


def page_of(home: Home, day: str = DAY) -> str:
    """The morning's page."""
    return html.unescape((night_folder(home, day) / "report.html").read_text("utf-8"))


def gap_of(home: Home, what: str, day: str = DAY) -> str:
    """Why something is missing, as the findings and the page say."""
    (gap,) = (each for each in findings_of(home, day).missing if each.what == what)
    return gap.why.en


def is_told_of(home: Home, why: str, day: str = DAY) -> bool:
    """Whether terminal and page say what is missing."""
    squeezed = "".join(show(home, day, "--lang", "en").succeeded().out.split())
    return "".join(why.split()) in squeezed and why.split(",")[0] in page_of(home, day)
