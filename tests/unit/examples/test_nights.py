"""The examples that start nights: read as cron and systemd read them."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import typer.main
from jobs.config.home import CONFIG_NAME

from jobs.calendar.crontab import Crontab, parse_crontab
from jobs.cli.app import app
from jobs.config.file import find_home
from jobs.tidy.inventory import take_stock

EXAMPLES = Path(__file__).parents[3] / "examples"
CRONTAB = (EXAMPLES / "crontab").read_text("utf-8")
SHANGHAI = ZoneInfo("Asia/Shanghai")
BUILT_IN = ("/opt/yeban/.venv/bin/yeban", "/srv/yeban", "User=yeban")


def lines(name: str) -> list[str]:
    text = (EXAMPLES / name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def understood(command: list[str]) -> None:
    """Check that `yeban` knows a command and its options, without running it."""
    group = typer.main.get_command(app)
    arguments = command[1:]
    while hasattr(group, "commands"):
        group = group.commands[arguments.pop(0)]
    with group.make_context("yeban", arguments, resilient_parsing=False):
        pass


def entries(text: str) -> list[tuple[Crontab, str]]:
    """Hours and command of each line that cron runs."""
    found = [line for line in text.splitlines() if line and not re.match(r"#|[A-Z_]+=", line)]
    split = [line.split(maxsplit=5) for line in found]
    return [(parse_crontab(" ".join(fields)), command) for *fields, command in split]


def looks(text: str, day: date) -> dict[str, list[datetime]]:
    """When each task's night of a date is looked after on the date that follows."""
    found: dict[str, list[datetime]] = {}
    for cron, command in entries(text):
        if match := re.search(r"nightly (\w+) --date yesterday ", command):
            found.setdefault(match[1], []).extend(cron.fires_on(day + timedelta(days=1), SHANGHAI))
    return found


def test_the_crontab() -> None:
    commands = [command for _, command in entries(CRONTAB)]
    for command in commands:
        assert "%" not in command.replace(r"\%", ""), "cron makes a line break of it"
        typed, _, log = command.partition(" >>")
        assert log.endswith("2>&1")
        understood(shlex.split(typed))
    for each in ("schedule check", "tidy", "compact"):
        assert sum(f"yeban {each} " in command for command in commands) == 1, each


@pytest.mark.parametrize("number", range(14))
def test_each_night_of_a_fortnight_is_looked_after_twice(number: int) -> None:
    found = looks(CRONTAB, date(2026, 1, 1) + timedelta(days=number))
    assert found.keys() == {"comment", "weibo", "news"}
    for task, times in found.items():
        assert len(times) == 2, task
        assert max(times) - min(times) >= timedelta(hours=3), "files that come late have not come yet"
    hours = sorted(time for times in found.values() for time in times)
    assert len(set(hours)) == len(hours), "two networks at once are slower than one after the other"


def test_a_night_that_no_line_runs_would_be_seen() -> None:
    """Monday to Friday looks like all working days; `yesterday` makes it Sunday to Thursday."""
    line = "0 4 * * 1-5 yeban nightly news --date yesterday --home x"
    fortnight = [date(2026, 1, 1) + timedelta(days=number) for number in range(14)]
    assert {f"{day:%a}" for day in fortnight if not looks(line, day)["news"]} == {"Fri", "Sat"}


def test_the_rest_of_the_crontab_comes_as_often_as_it_says() -> None:
    week = [date(2026, 1, 5) + timedelta(days=number) for number in range(7)]
    for name, times in (("schedule check", 7 * 24), ("tidy", 7), ("compact", 1)):
        (cron,) = [cron for cron, command in entries(CRONTAB) if f"yeban {name} " in command]
        assert sum(len(cron.fires_on(day, SHANGHAI)) for day in week) == times, name


def test_the_logs_of_the_crontab_go_when_they_are_old(tmp_path: Path) -> None:
    """One file for all time is written to every night, so `yeban tidy` would keep it for good."""
    (tmp_path / CONFIG_NAME).write_text("[tasks.comment]\n", "utf-8")
    home = find_home(tmp_path, tmp_path)
    home.logs.mkdir()
    for _, command in entries(CRONTAB):
        log = command.partition(" >>")[2].replace(r"\%", "%").replace("/srv/yeban", str(tmp_path))
        subprocess.run(["/bin/sh", "-c", f"echo a line >>{log}"], check=True)
    stock = take_stock(home, date.today() + timedelta(days=60))["logs"]
    assert {item.target for item in stock} == {*home.logs.iterdir()}
    month = rf"{date.today():%Y-%m}|{date.today() - timedelta(days=1):%Y-%m}"
    assert all(re.search(rf"-({month})\.log$", str(item.target)) for item in stock)
    assert not any(item.protected for item in stock)


def test_a_task_of_the_crontab_is_one_that_init_writes() -> None:
    template = (EXAMPLES.parent / "jobs" / "yeban.toml").read_text("utf-8")
    for task in re.findall(r"nightly (\w+)", CRONTAB):
        assert f"[tasks.{task}]" in template


def test_the_unit_starts_the_scheduler() -> None:
    settings = dict(line.split("=", 1) for line in lines("yeban.service") if "=" in line)
    understood(shlex.split(settings["ExecStart"]))
    assert settings["KillMode"] == "mixed", "a second SIGTERM would end a unit in the middle"
    assert int(settings["TimeoutStopSec"]) > 600, "longer than stop_s"


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    text = (EXAMPLES / "yeban.service").read_text("utf-8")
    text = text.replace(BUILT_IN[0], "/bin/true").replace(BUILT_IN[1], str(tmp_path)).replace(BUILT_IN[2], "User=root")
    unit = tmp_path / "yeban.service"
    unit.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if "yeban" in line]
    assert done.returncode == 0, done.stderr
    assert said == []


def test_systemd_would_refuse_a_mistake(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    unit = tmp_path / "yeban.service"
    unit.write_text("[Service]\nExecStart=/bin/true\nKillMode=mixd\n")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert "mixd" in done.stdout + done.stderr


def test_the_template_has_the_schedule_that_the_docs_tell(tmp_path: Path) -> None:
    """Uncommented, the example of yeban.toml is read."""
    from jobs.config.file import read_config

    template = (EXAMPLES.parent / "jobs" / "yeban.toml").read_text("utf-8")
    start = template.index("[schedule]")
    section = template[start : template.index("# One section per task. The bundle")]
    told = re.sub(r"^# (?=(\[\[|\w+ = ))", "", section, flags=re.MULTILINE)
    file = tmp_path / "yeban.toml"
    file.write_text(template.replace(section, told), "utf-8")
    (job,) = read_config(file).schedule.jobs
    assert (job.task, job.catch_up_nights, job.without) == ("comment", 7, ("relabel pick",))
    assert job.model_fields_set == set(type(job).model_fields)
    assert read_config(file).schedule.model_fields_set == set(type(read_config(file).schedule).model_fields)
