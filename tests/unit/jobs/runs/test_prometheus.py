from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from jobs.config.file import find_home
from jobs.config.home import CONFIG_NAME, Home
from jobs.runs.context import system_clock
from jobs.runs.prometheus import render_metrics, write_metrics
from jobs.runs.record import after_each_run, recorded_run
from storage.errors import ConfigError
from storage.records import Slot
from storage.runs.log import RunRecord

START = datetime(2026, 1, 6, 18, 0, tzinfo=UTC)
DONE = RunRecord(
    run_id="a",
    job="score",
    task="comment",
    logical_date=date(2026, 1, 5),
    bundle="b1",
    started_at=START,
    finished_at=START + timedelta(seconds=90),
    state="done",
    rows=1200,
    units=2,
    failures=[],
    metrics={"docs_per_s": 12.5, "tokens_per_s": 99.0, "network_s": 60.25, "device": "cpu", "read_s": 3},
    host="night",
    pid=7,
)
FAILED = replace(
    DONE,
    run_id="b",
    state="failed",
    rows=0,
    failures=["one", "two"],
    metrics={},
    logical_date=date(2026, 1, 6),
    started_at=START + timedelta(days=1),
    finished_at=START + timedelta(days=1, seconds=5),
)
LINE = re.compile(r'[a-z_]+\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\} -?[0-9.e+]+')


def values(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(LINE.fullmatch(line) for line in lines), lines
    assert len(set(lines)) == len(lines)
    return {line.rpartition(" ")[0].removeprefix("yeban_"): float(line.rpartition(" ")[2]) for line in lines}


def test_the_last_run_and_the_last_success() -> None:
    found = values(render_metrics([FAILED, DONE]))
    own = '{job="score",task="comment"}'
    assert found == {
        f"last_success_timestamp_seconds{own}": (START + timedelta(seconds=90)).timestamp(),
        f"last_success_date_timestamp_seconds{own}": datetime(2026, 1, 5, tzinfo=UTC).timestamp(),
        f"last_run_timestamp_seconds{own}": (START + timedelta(days=1, seconds=5)).timestamp(),
        f"last_run_success{own}": 0,
        f"last_run_seconds{own}": 5,
        f"last_run_rows{own}": 0,
        f"last_run_failures{own}": 2,
        'runs{job="score",state="done",task="comment"}': 1,
        'runs{job="score",state="failed",task="comment"}': 1,
    }


def test_stages_speed_and_alerts() -> None:
    monitored = replace(DONE, job="monitor", metrics={"alerts": 3, "seconds": 2.0})
    stepwise = replace(DONE, job="nightly", metrics={"steps": {"score": {"seconds": 7.5}, "load": {"state": "fresh"}}})
    found = values(render_metrics([DONE, monitored, stepwise]))
    assert found['last_run_docs_per_second{job="score",task="comment"}'] == 12.5
    assert found['last_run_alerts{job="monitor",task="comment"}'] == 3
    stages = {name: value for name, value in found.items() if name.startswith("last_run_stage")}
    assert stages == {
        'last_run_stage_seconds{job="score",stage="network",task="comment"}': 60.25,
        'last_run_stage_seconds{job="score",stage="read",task="comment"}': 3,
        'last_run_stage_seconds{job="nightly",stage="score",task="comment"}': 7.5,
    }


def test_each_metric_is_explained_once_and_its_lines_stand_together() -> None:
    text = render_metrics([DONE, FAILED, replace(DONE, task="weibo")])
    names = [line.partition("{")[0] if line[0] != "#" else line.split()[2] for line in text.splitlines()]
    order = list(dict.fromkeys(names))
    assert names == [name for name in order for _ in range(names.count(name))]
    for name in order:
        assert text.count(f"# HELP {name} ") == text.count(f"# TYPE {name} gauge\n") == 1
    assert text.endswith("\n")


def test_names_of_users_are_escaped_and_a_run_that_goes_on_is_no_last_one() -> None:
    odd = replace(DONE, task='任务"\\\n')
    running = replace(odd, run_id="r", state="running", finished_at=None, started_at=START + timedelta(days=3))
    found = values(render_metrics([odd, running]))
    assert found['last_run_rows{job="score",task="任务\\"\\\\\\n"}'] == 1200
    assert found['runs{job="score",state="running",task="任务\\"\\\\\\n"}'] == 1


def test_a_killed_run_is_the_last_one_and_none_that_went_well() -> None:
    """SIGKILL leaves no end on record: when it was is not known, and neither is how long it took."""
    began = START + timedelta(days=2)
    killed = replace(DONE, run_id="k", state="interrupted", started_at=began, finished_at=None, rows=0, metrics={})
    found = values(render_metrics([DONE, killed]))
    own = '{job="score",task="comment"}'
    assert found[f"last_run_success{own}"] == 0
    assert found[f"last_run_rows{own}"] == 0
    assert found[f"last_run_timestamp_seconds{own}"] == began.timestamp()
    assert f"last_run_seconds{own}" not in found
    assert found[f"last_success_timestamp_seconds{own}"] == (START + timedelta(seconds=90)).timestamp()
    later = replace(DONE, run_id="l", started_at=began + timedelta(hours=1), finished_at=began + timedelta(hours=2))
    assert values(render_metrics([DONE, killed, later]))[f"last_run_success{own}"] == 1


def test_without_runs_there_is_nothing() -> None:
    assert render_metrics([]) == ""


def home_with(folder: Path, textfile: str) -> Home:
    (folder / CONFIG_NAME).write_text(f"[metrics]\ntextfile = '{textfile}'\n", "utf-8")
    return find_home(folder, folder)


def test_the_file_is_written_after_each_run_however_it_ends(tmp_path: Path) -> None:
    home = home_with(tmp_path, "out/yeban.prom")
    after_each_run(lambda: write_metrics(home))
    slot, runs = Slot("comment", date(2026, 1, 5), "b1"), home.run_log
    try:
        with recorded_run(runs, "score", slot, system_clock) as tally:
            tally.rows = 7
        assert values((tmp_path / "out/yeban.prom").read_text())['last_run_rows{job="score",task="comment"}'] == 7
        with pytest.raises(KeyboardInterrupt), recorded_run(runs, "score", slot, system_clock):
            raise KeyboardInterrupt
        found = values((tmp_path / "out/yeban.prom").read_text())
    finally:
        after_each_run(lambda: None)
    assert found['runs{job="score",state="interrupted",task="comment"}'] == 1
    assert found['last_run_success{job="score",task="comment"}'] == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["yeban.prom"]


def test_nothing_half_written_is_collected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """node_exporter reads whatever ends in .prom, hidden or not."""
    names: list[str] = []
    original = Path.write_bytes

    def noting(path: Path, data: bytes) -> int:
        names.append(path.name)
        return original(path, data)

    monkeypatch.setattr(Path, "write_bytes", noting)
    write_metrics(home_with(tmp_path, "yeban.prom"))
    assert len(names) == 1
    assert not names[0].endswith(".prom")


def test_what_cannot_be_written_harms_no_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING):
        write_metrics(home_with(tmp_path, "file/yeban.prom"))
    assert "are not written" in caplog.text


def test_a_name_that_is_never_collected_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"line 2: metrics.textfile: .*\.prom"):
        home_with(tmp_path, "yeban.txt")
