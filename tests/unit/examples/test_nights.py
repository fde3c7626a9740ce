"""The examples that start nights: read as cron and systemd read them."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
import typer.main

from jobs.cli.app import app
from jobs.scheduling.crontab import parse_crontab

EXAMPLES = Path(__file__).parents[3] / "examples"
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


def test_the_crontab() -> None:
    found = [line for line in lines("crontab") if not re.match(r"[A-Z_]+=", line)]
    assert len(found) == 4
    for line in found:
        *fields, command = line.split(maxsplit=5)
        assert any(parse_crontab(" ".join(fields)).is_on(date(2026, 1, day)) for day in range(1, 8))
        assert "%" not in command, "cron makes a line break of it"
        typed, _, log = command.partition(" >>")
        assert log.endswith("2>&1")
        understood(shlex.split(typed))


def test_a_task_of_the_crontab_is_one_that_init_writes() -> None:
    template = (EXAMPLES.parent / "jobs" / "yeban.toml").read_text("utf-8")
    for task in re.findall(r"nightly (\w+)", (EXAMPLES / "crontab").read_text("utf-8")):
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
    from jobs.config import read_config

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
