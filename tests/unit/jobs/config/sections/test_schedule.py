from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jobs.config.home import CONFIG_NAME

from jobs.config.file import read_config
from jobs.config.sections.schedule import STEPS, ScheduleSection
from jobs.nightly.steps import STEPS as KNOWN_STEPS
from storage.errors import ConfigError

TASKS = "[tasks.comment]\n[tasks.weibo]\n"


def read(folder: Path, text: str) -> ScheduleSection:
    file = folder / CONFIG_NAME
    file.write_text(TASKS + text, "utf-8")
    return read_config(file).schedule


def test_without_jobs(tmp_path: Path) -> None:
    assert read(tmp_path, "").jobs == ()


def test_a_job_says_little(tmp_path: Path) -> None:
    (section,) = read(tmp_path, '[[schedule.jobs]]\ntask = "comment"\n').jobs
    job = section.job("Asia/Shanghai")
    assert (job.task, job.cron.text, job.zone) == ("comment", "30 2 * * *", ZoneInfo("Asia/Shanghai"))
    assert (job.days_back, job.jitter_s, job.catch_up_nights) == (1, 0, 7)


def test_a_job_says_much(tmp_path: Path) -> None:
    text = (
        '[schedule]\nat_once = 2\n[[schedule.jobs]]\ntask = "weibo"\ncron = "0 23 * * mon-fri"\n'
        'time_zone = "Europe/Berlin"\ndate = "today"\njitter_s = 60\ncatch_up_nights = 0\nwithout = ["relabel pick"]\n'
    )
    schedule = read(tmp_path, text)
    job = schedule.jobs[0].job("Asia/Shanghai")
    assert (job.zone.key, job.days_back, job.jitter_s, job.catch_up_nights) == ("Europe/Berlin", 0, 60, 0)
    assert (schedule.at_once, schedule.jobs[0].without) == (2, ("relabel pick",))


MISTAKES = {
    'task = "comment"\ncron = "30 25 * * *"': "schedule.jobs.0.cron: '25' is no hour; expected 0 to 23",
    'task = "comment"\ncron = "30 2 * *"': "five fields",
    'task = "comment"\ntime_zone = "Asia/Beijing"': "time_zone: 'Asia/Beijing' is no time zone",
    'task = "coment"': "'coment', and there is none; did you mean 'comment'?",
    'task = "comment"\njiter_s = 5': "schedule.jobs.0.jiter_s: unknown key; did you mean 'jitter_s'?",
    'task = "comment"\nwithout = ["sore"]': "schedule.jobs.0.without.0",
    'task = "comment"\nheartbeat_url = "ftp://x"': "heartbeat_url: no address",
    'task = "comment"\n[[schedule.jobs]]\ntask = "comment"': "comment: more than one job",
    'task = "comment"\n[schedule.more]': "schedule.more: unknown key",
    "": "schedule.jobs.0.task: Field required",
}


@pytest.mark.parametrize(("text", "word"), MISTAKES.items())
def test_mistakes_are_named(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, f"[[schedule.jobs]]\n{text}\n")
    assert word in str(caught.value)


def test_the_steps_are_those_that_there_are() -> None:
    assert tuple(KNOWN_STEPS) == STEPS


def test_variables_that_the_start_needs(tmp_path: Path) -> None:
    named, plain = 'heartbeat_url = "env:YEBAN_BEAT"\n', 'heartbeat_url = "https://beats.example/x"\n'
    jobs = '[[schedule.jobs]]\ntask = "comment"\n{}[[schedule.jobs]]\ntask = "weibo"\n{}'
    assert read(tmp_path, jobs.format(named, plain)).secrets() == ("YEBAN_BEAT",)
    assert read(tmp_path, jobs.format("", "")).secrets() == ()
