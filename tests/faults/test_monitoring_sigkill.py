"""Monitoring that is killed between its steps: a rerun completes it, and no alert is lost."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.homes import NEXT_DAY, Home
from tests.support.killed_runs import kill_when
from tests.support.monitored_home import (
    TELLING,
    delivered_alerts,
    findings_of,
    monitor,
    page_of,
    score_drifting_nights,
    stored,
)

PROGRAM = """
[[monitor.sinks]]
kind = "command"
command = ["sh", "-c", "cat >> program.jsonl"]
"""


@pytest.fixture
def home(shared_home: Callable[..., Home], copy_of_home: Callable[[Home], Home]) -> Home:
    """The first night is monitored, the second will bring an alert."""
    drifted = shared_home("drifted", score_drifting_nights, rows=400, more=TELLING)

    def fill(home: Home) -> None:
        shutil.copytree(drifted.root, home.root, dirs_exist_ok=True)
        home.configure(rows=400, more=TELLING + PROGRAM)
        monitor(home).succeeded()

    return copy_of_home(shared_home("drifted-monitored", fill))


def exists(pattern: str) -> Callable[[Home], bool]:
    return lambda home: next(home.root.glob(pattern), None) is not None


def size_of(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


SLOT = f"task=comment/logical_date={NEXT_DAY}/bundle=*"
MOMENTS: dict[str, Callable[[Home], bool]] = {
    "under way": exists("locks/monitor-comment.holder.json"),
    "summed up": exists(f"summaries/{SLOT}/seal.sha256"),
    "alerts waiting": exists("alerts/task=comment/waiting/*.json"),
    "findings written": exists(f"nights/{SLOT}/findings-*.json"),
    "night written": exists(f"nights/{SLOT}/night.json"),
    "told by one sink": lambda home: size_of(home.root / "told.jsonl") > 0,
    "told by both": exists("program.jsonl"),
    "put away": exists("alerts/task=comment/done/*.json"),
    "page drawn": exists(f"nights/{SLOT}/report.html"),
}
TOLD = ("told by one sink", "told by both")
"""Between a sink's answer and its receipt: who is killed there tells twice, with the same id."""


def programs(home: Home) -> int:
    """Alerts that the program got."""
    file = home.root / "program.jsonl"
    return file.read_text("utf-8").count('"alert"') if file.exists() else 0


OFTEN = ("alerts waiting", "told by one sink")
"""The moments at which an alert might be lost; the others are left to the long tests."""


@pytest.mark.parametrize(
    "moment", [each if each in OFTEN else pytest.param(each, marks=pytest.mark.slow) for each in MOMENTS]
)
def test_a_rerun_completes_a_night_that_was_killed(home: Home, tmp_path: Path, moment: str) -> None:
    command = ("monitor", "comment", "--date", NEXT_DAY, "--home", home.root)
    killed = kill_when(lambda: MOMENTS[moment](home), tmp_path / "log", *command, ended=3)
    assert killed or moment == "page drawn", "it was done before it could be killed"
    assert monitor(home, NEXT_DAY).without_traceback().code == 3
    most = 2 if moment in TOLD else 1
    counts = Counter(each["name"] for each in delivered_alerts(home))
    assert counts.keys() == {"empty_share"}
    assert max(counts.values()) <= most
    assert 1 <= programs(home) <= most
    assert len({each["alert"] for each in delivered_alerts(home)}) == 1
    assert "空文本" in page_of(home, NEXT_DAY)
    assert len(stored(home, NEXT_DAY)) == 2
    assert findings_of(home, NEXT_DAY).now.rows == 1_000
    assert home.query("SELECT count(*) FROM alerts") == [(1,)]
    assert list(home.root.rglob(".tmp-*")) == []
    lines = (home.root / "told.jsonl").read_bytes()
    assert monitor(home, NEXT_DAY).without_traceback().code == 3
    assert (home.root / "told.jsonl").read_bytes() == lines
