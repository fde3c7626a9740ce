"""Nights from the dump to the morning: measured, judged, told once, drawn, copied."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

import pytest

from tests.support.command import installed_yeban, yeban
from tests.support.homes import DAY, NEXT_DAY, Home, comments
from tests.support.monitored_home import (
    BEFORE,
    DRIFTED,
    LAST_DAY,
    ROWS,
    TELLING,
    USUAL,
    delivered_alerts,
    findings_of,
    freeze,
    judgement_of,
    monitor,
    night_folder,
    page_of,
    score_drifting_nights,
    score_nights,
    show,
    stored,
)


@pytest.fixture
def home(shared_home: Callable[..., Home], copy_of_home: Callable[[Home], Home]) -> Home:
    return copy_of_home(shared_home("drifted", score_drifting_nights, rows=400, more=TELLING))


@pytest.mark.parametrize("task", ["comment", "weibo", "news"])
def test_a_night_of_each_task(new_home: Callable[..., Home], task: str) -> None:
    """The defaults, embeddings and all; no reference yet."""
    home = new_home(task)
    home.dump("a.parquet", comments(350)[0])
    home.score().succeeded()
    ran = monitor(home).succeeded()
    findings = findings_of(home)
    assert findings.now.rows == 350
    assert str(night_folder(home) / "report.html") in ran.out
    assert judgement_of(home).alerts == ()
    page = page_of(home)
    assert task in page
    assert all(each.label in page for each in findings.now.classes)
    metrics = home.query("SELECT task, bundle, count(*) FROM metrics GROUP BY ALL")
    assert metrics == [(task, findings.bundle, len(findings.metrics))]
    assert home.query("SELECT count(*) FROM alerts") == [(0,)]
    assert ("monitor", "done", 350) in home.query("SELECT job, state, rows FROM runs")


def test_a_drift_of_two_nights_is_told_once(home: Home) -> None:
    first = monitor(home).succeeded()
    assert delivered_alerts(home) == []
    assert "件事留意观察" in first.out
    second = monitor(home, NEXT_DAY).without_traceback()
    assert second.code == 3
    alerts = delivered_alerts(home)
    assert [(each["name"], each["slice"], each["nights"]) for each in alerts] == [("empty_share", "", 2)]
    before, lines = stored(home, NEXT_DAY), (home.root / "told.jsonl").read_bytes()
    assert monitor(home, NEXT_DAY).without_traceback().code == 3  # the alert stands, and nobody hears of it again
    assert stored(home, NEXT_DAY) == before
    assert (home.root / "told.jsonl").read_bytes() == lines
    rows = home.query("SELECT alert, name, message_zh FROM alerts WHERE logical_date = ?", NEXT_DAY)
    assert {row[0] for row in rows} == {each["alert"] for each in alerts}
    assert "空文本" in page_of(home, NEXT_DAY)
    assert home.query("SELECT name FROM metrics WHERE breached AND name = 'empty_share' AND slice = ''") == [
        ("empty_share",),
        ("empty_share",),
    ]


def test_nights_monitored_out_of_order_end_up_the_same(home: Home) -> None:
    """Who monitors a date again in order has what the order would have given."""
    assert monitor(home, NEXT_DAY).succeeded()
    monitor(home).succeeded()
    assert monitor(home, NEXT_DAY).without_traceback().code == 3
    assert [each["nights"] for each in delivered_alerts(home) if each["name"] == "empty_share"] == [2]


def test_freezing_and_monitoring_in_one_go(new_home: Callable[..., Home]) -> None:
    home = new_home(more=TELLING)
    score_nights(home, {BEFORE: USUAL, DAY: USUAL, NEXT_DAY: USUAL})
    ran = freeze(home, BEFORE, DAY, "--date", NEXT_DAY).succeeded()
    assert f"{2 * ROWS:,} rows of {BEFORE} to {DAY} are the reference" in ran.err
    reference = findings_of(home, NEXT_DAY).reference
    assert reference is not None
    assert (reference.kind, str(reference.first), str(reference.last), reference.rows) == (
        "dates",
        BEFORE,
        DAY,
        2 * ROWS,
    )
    assert "一切正常" in ran.out
    freeze(home, DAY, DAY).succeeded()
    monitor(home, NEXT_DAY).succeeded()
    newer = findings_of(home, NEXT_DAY).reference
    assert newer is not None
    assert newer.rows == ROWS
    assert newer.reference != reference.reference


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--freeze-reference", "--date", DAY), "--from and --to"),
        ((), "no --date"),
        (("--date", "yesterdy"), "no date"),
        (("--freeze-reference", "--from", DAY, "--to", BEFORE), "is after"),
    ],
)
def test_what_is_missing_on_the_command_line_is_said(home: Home, args: tuple[str, ...], words: str) -> None:
    yeban("monitor", "comment", *args, "--home", home.root).failed_with(2, words)


def test_show_and_json(home: Home) -> None:
    show(home).failed_with(1, "was not monitored", f"yeban monitor comment --date {DAY}")
    assert not (home.root / "nights").exists()
    monitored = json.loads(monitor(home, DAY, "--json").succeeded().out)
    assert monitored["state"] == "done"
    shown = json.loads(show(home, DAY, "--json").succeeded().out)
    assert shown == {name: monitored[name] for name in ("findings", "judgement")}
    assert shown["findings"]["now"]["rows"] == ROWS
    text = show(home, DAY, "--lang", "en").succeeded().out
    assert "Empty rows" in text
    assert "空文本" in show(home).succeeded().out


def test_pages_and_exit_codes_of_the_installed_command(home: Home) -> None:
    monitor(home).succeeded()
    ran = installed_yeban(
        "monitor", "comment", "--date", NEXT_DAY, "--html", "--lang", "en", cwd=home.root
    ).without_traceback()
    assert ran.code == 3, ran.output
    page = night_folder(home, NEXT_DAY) / "evidently.html"
    assert str(page) in ran.out
    assert page.stat().st_size > 100_000
    assert 'href="evidently.html"' in page_of(home, NEXT_DAY)
    assert '<html lang="en"' in page_of(home, NEXT_DAY)


def test_a_night_whose_parts_are_gone(home: Home) -> None:
    """Retention removes parts; what was summed up once is enough."""
    monitor(home).succeeded()
    before = stored(home)
    shutil.rmtree(home.root / "parts")
    monitor(home).succeeded()
    assert stored(home) == before
    assert monitor(home, NEXT_DAY).failed_with(1, "never scored")  # nobody had summed that one up


def test_a_lost_warehouse_gets_its_nights_back(home: Home) -> None:
    monitor(home).succeeded()
    before = home.query("SELECT * FROM metrics ORDER BY ALL")
    home.warehouse.unlink()
    home.load().succeeded()
    assert home.query("SELECT * FROM metrics ORDER BY ALL") == before
    assert "nothing to load" in home.load().succeeded().out


def test_drift_that_ends_is_news_when_it_comes_back(home: Home) -> None:
    score_nights(home, {LAST_DAY: USUAL, "2026-01-08": DRIFTED, "2026-01-09": DRIFTED})
    codes = [
        monitor(home, day).without_traceback().code for day in (DAY, NEXT_DAY, LAST_DAY, "2026-01-08", "2026-01-09")
    ]
    assert codes == [0, 3, 0, 0, 3]
    days = [each["logical_date"] for each in delivered_alerts(home) if each["name"] == "empty_share"]
    assert days == [NEXT_DAY, "2026-01-09"]
