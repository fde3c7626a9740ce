"""relabel export, import, status."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from jobs.config.home import Home
from tests.support.bare_homes import bare_home
from tests.support.command import CommandResult, yeban
from tests.support.sample_batches import head_of, write_batch

ROWS = 4
"""Of the batch, the golden one included."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = bare_home(tmp_path / "home")
    write_batch(home.batch_store, head_of(), ROWS)
    return home


def relabel(home: Home, command: str, *args: object) -> CommandResult:
    return yeban("relabel", command, "comment", *args, "--home", home.root)


def exported(home: Home, folder: Path) -> Path:
    files = json.loads(
        relabel(home, "export", "--annotator", "li", "--out", folder, "--lang", "en", "--json").succeeded().out
    )
    return next(Path(name) for name in files if name.endswith(".csv"))


def fill(file: Path, *labels: str) -> None:
    """Write labels into a sheet, as a spreadsheet would."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row, label in zip(rows, labels, strict=False):
        row["label"] = label
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_labels_come_back_once(home: Home, tmp_path: Path) -> None:
    sheet = exported(home, tmp_path / "sheets")
    fill(sheet, "负面", "正面")
    assert f"2 labels, {ROWS - 2} rows still empty, 2 labels new" in relabel(home, "import", sheet).succeeded().out
    again = relabel(home, "import", sheet).succeeded().out
    assert "0 labels new (imported before)" in again
    assert f"li: 2 of {ROWS}" in relabel(home, "status").succeeded().out


def test_a_label_that_is_none_is_named_with_its_row(home: Home, tmp_path: Path) -> None:
    sheet = exported(home, tmp_path / "sheets")
    fill(sheet, "负面", "不知道")
    ended = relabel(home, "import", sheet).without_traceback()
    assert ended.code == 1
    assert "unknown label" in ended.err
    assert "不知道" in ended.err


def test_a_batch_and_a_task_that_are_not_there(home: Home) -> None:
    relabel(home, "export", "--batch", "2020-01-01-none").failed_with(1, "2020-01-01-none", "relabel pick")
    yeban("relabel", "status", "coment", "--home", home.root).failed_with(2, "did you mean 'comment'?")
