from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from jobs.config.home import CONFIG_NAME, Home

from jobs.config.file import find_home
from jobs.doctor import tasks
from jobs.doctor.check import Diagnosis, looked_at, worst
from models.registry import EMBEDDED

DAY = date(2026, 1, 5)


def home_of(folder: Path, text: str) -> Home:
    (folder / CONFIG_NAME).write_text(text, "utf-8")
    return find_home(folder, folder)


def bundle_of(home: Home, task: str) -> Diagnosis:
    (check,) = looked_at("bundle", lambda: tasks.check_bundle(home, task))
    assert check.level == "ok" or check.action
    return check


def test_a_bundle_is_verified_to_the_last_byte(tmp_path: Path) -> None:
    home = home_of(tmp_path, '[tasks.comment]\n[tasks.own]\nbundle = "own"\n[tasks.weibo]\n')
    assert bundle_of(home, "comment").level == "ok"
    shutil.copytree(EMBEDDED / "comment", tmp_path / "own")
    assert bundle_of(home, "own").level == "ok"
    weights = tmp_path / "own" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    check = bundle_of(home, "own")
    assert check.level == "problem"
    assert "model.safetensors is not the file that was saved" in check.found
    assert bundle_of(home, "weibo").level == "warning"


def test_a_hub_name_is_not_fetched(tmp_path: Path) -> None:
    check = bundle_of(home_of(tmp_path, '[tasks.x]\nbundle = "nobody/no-such-model"\n'), "x")
    assert (check.level, "on the hub" in check.found) == ("ok", True)


def test_a_version_that_is_not_there(tmp_path: Path) -> None:
    assert bundle_of(home_of(tmp_path, '[tasks.x]\nbundle = "0123456789ab"\n'), "x").level == "problem"


@pytest.mark.parametrize(
    ("line", "level", "said"),
    [
        ("", "warning", "no `input`"),
        ('input = "dumps/dt={date}"', "ok", "1 files of 2026-01-05"),
        ('input = "elsewhere/dt={date}"', "warning", "no Parquet file for 2026-01-05"),
        ('input = ["dumps/dt={date}", "elsewhere/dt={date}"]', "warning", "1 files of 2026-01-05, 0.0 MB; no Parquet"),
        ('input = "s3://bucket/dt={date}"', "ok", "not looked at"),
        ('input = ["dumps/dt={date}", "s3://bucket/dt={date}"]', "ok", "1 on other machines not looked at"),
    ],
)
def test_dumps(tmp_path: Path, line: str, level: str, said: str) -> None:
    folder = tmp_path / "dumps/dt=2026-01-05"
    folder.mkdir(parents=True)
    (folder / "a.parquet").write_bytes(b"PAR1")
    home = home_of(tmp_path, f"[tasks.x]\n{line}\n")
    (check,) = tasks.check_dump(home, "x", DAY)
    assert (check.level, said in check.found) == (level, True), check


def test_sinks(tmp_path: Path) -> None:
    (tmp_path / "notify").touch(0o755)
    text = (
        "[[monitor.sinks]]\nkind = 'webhook'\nurl = 'env:HOOK'\n"
        "[[monitor.sinks]]\nkind = 'command'\ncommand = ['./notify']\n"
        "[[monitor.sinks]]\nkind = 'command'\ncommand = ['no-such-program']\n"
    )
    home = home_of(tmp_path, text)
    found = list(tasks.check_sinks(home, {}))
    assert [each.found for each in found] == [
        "the environment variable HOOK is not set here",
        "there is no program no-such-program",
    ]
    sound = home_of(tmp_path, text[: text.rindex("[[")])
    assert worst(list(tasks.check_sinks(sound, {"HOOK": "https://h/x"}))) == "ok"
    assert worst(list(tasks.check_sinks(home_of(tmp_path, "monitor.sinks = []"), {}))) == "warning"


def test_torch_says_what_it_will_do() -> None:
    (check,) = looked_at("torch", lambda: tasks.check_torch("cpu", "fp32", None))
    assert (check.level, "fp32" in check.found) == ("ok", True)
    (check,) = looked_at("torch", lambda: tasks.check_torch("cuda:99", "auto", None))
    assert (check.level, check.action) == ("problem", 'set device = "auto"')
