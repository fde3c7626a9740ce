from __future__ import annotations

from pathlib import Path

import pytest
from jobs.config.home import CONFIG_NAME

from jobs.config.file import read_config
from storage.errors import ConfigError


def mistakes(folder: Path, text: str) -> list[str]:
    """Every mistake, as it is told; what code gets says the same."""
    file = folder / CONFIG_NAME
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config(file)
    listed = [
        (f"line {each['line']}: " if each["line"] else "") + f"{each['key']}: {each['problem']}"
        for each in caught.value.facts["mistakes"]
    ]
    head, *told = str(caught.value).splitlines()
    assert head == f"{file} has {len(listed)} mistake(s):"
    assert [line.strip() for line in told[: len(listed)]] == listed
    return listed


DOCUMENT = """\
time_zone = "Mars/Olympus"
units.row = 5
"engine".precison = "bf16"

[monitor]
nights = 0   # none
thresholds = { class_psi = "many", clas_psi = 1 }
[[monitor.sinks]]
kind = "log"
[[monitor.sinks]]
kind = "jsonl"
[[monitor.sinks]]
kind = "command"
command = ["notify",
  7]

[tasks."a.b"]
input = "dumps/{day}"
[tasks."a.b".columns]
'txt' = "body"
[tasks."c/d"]
foreign = { cleaning = "weebo", windows = { max_length = 1 } }
"""


def test_every_mistake_has_the_line_of_its_key(tmp_path: Path) -> None:
    found = mistakes(tmp_path, DOCUMENT)
    assert [line.partition(": ")[2].partition(": ")[0] for line in found] == [
        "time_zone",
        "units.row",
        "engine.precison",
        "monitor.nights",
        "monitor.thresholds.clas_psi",
        "monitor.thresholds.class_psi",
        "monitor.sinks.1.jsonl.path",
        "monitor.sinks.2.command.command.1",
        "tasks.a.b.input",
        "tasks.a.b.columns.txt",
        "tasks.c/d",
        "tasks.c/d.foreign.cleaning",
        "tasks.c/d.foreign.windows.max_length",
    ]
    lines = [int(line.split(":")[0].removeprefix("line ")) for line in found]
    assert lines == [1, 2, 3, 6, 7, 7, 10, 15, 18, 20, 21, 22, 22]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("units.row = 5", "line 1: units.row: unknown key; did you mean 'rows'?"),
        ("[warehose]", "line 1: warehose: unknown key; did you mean 'warehouse'?"),
        ("[[monitor.sinks]]\nkind = 'jsonl'\npath = 'x'\npth = 'x'", "line 4: monitor.sinks.0.jsonl.pth: unknown key; "
         "did you mean 'path'?"),
        ("[tasks.engine]\nbundel = 'x'", "line 2: tasks.engine.bundel: unknown key; did you mean 'bundle'?"),
        ("[tasks.x.foreign.windows]\nstrid = 1", "line 2: tasks.x.foreign.windows.strid: unknown key; did you mean "
         "'stride'?"),
        ("zzz = 1", "line 1: zzz: unknown key"),
        ("units.rows = 'many'", "line 1: units.rows: Input should be a valid integer, unable to parse string as an "
         "integer, got 'many'"),
        ("\n\nunits = 3", "line 3: units: Input should be a valid dictionary or instance of UnitsSection, got 3"),
    ],
)  # fmt: skip
def test_words(tmp_path: Path, text: str, expected: str) -> None:
    assert mistakes(tmp_path, text) == [expected]


@pytest.mark.parametrize(
    "line",
    [
        "url = 'ftp://host/s3cr3t'",
        "url = 's3cr3t'",
        "url = 7331",
        "token = 's3cr3t'",
        "token = 7331",
        "url = 'env:s3-cr3t'",
    ],
)
def test_no_message_shows_a_secret(tmp_path: Path, line: str) -> None:
    rest = "" if line.startswith("url") else "\nurl = 'https://host/x'"
    found = "\n".join(mistakes(tmp_path, f"[[monitor.sinks]]\nkind = 'webhook'\n{line}{rest}"))
    assert "line 3" in found
    assert not any(secret in found for secret in ("s3cr3t", "7331", "s3-cr3t"))


def test_a_very_long_value_is_cut(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, f"units.rows = '{'x' * 500}'")
    assert len(found) < 200
