"""A batch out to two people, spoiled, mended, back, and in the warehouse."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.relabel.batches import BatchStore
from storage.warehouse.connection import Warehouse
from tests.support.command import CommandResult, yeban
from tests.support.homes import Home, comments
from tests.support.warehouse_holder import held_open

QUIET = "\n[relabel]\ngolden_share = 0\ndouble_share = 0.5\n"


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home("comment", more=QUIET)
    home.dump("a.parquet", comments(200)[0])
    home.score().succeeded()
    relabel(home, "pick", "--budget", 20).succeeded()
    return home


def relabel(home: Home, command: str, *args: object) -> CommandResult:
    return yeban("relabel", command, home.task, "--home", home.root, *args)


def exported(home: Home, *args: object) -> dict[str, Path]:
    paths = [
        Path(line) for line in relabel(home, "export", "--out", home.root / "out", *args).succeeded().out.splitlines()
    ]
    return {path.name.split("-")[-1].split(".")[0]: path for path in paths if path.suffix == ".csv"}


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def write(path: Path, rows: list[dict[str, str]], encoding: str = "gb18030") -> Path:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def labels_in(home: Home) -> list[tuple[Any, ...]]:
    with Warehouse(home.warehouse).reading() as con:
        found: list[tuple[Any, ...]] = con.execute(
            "SELECT doc_id, label, annotator, arm FROM labels ORDER BY ALL"
        ).fetchall()
        return found


def names(home: Home) -> tuple[str, ...]:
    return BatchStore(home.root / "relabel").heads(home.task)[-1].labels


def test_out_and_back(home: Home) -> None:
    sheets = exported(home, "--annotator", "li", "--annotator", "wang")
    assert set(sheets) == {"li", "wang"}
    first, second = names(home)[:2]
    for name, label in (("li", first), ("wang", second)):
        rows = [{**row, "标签": label} for row in rows_of(sheets[name])]
        file = write(home.root / f"{name}.csv", rows)
        told = json.loads(relabel(home, "import", file, "--json").succeeded().out)[0]
        assert (told["added"], told["errors"]) == (len(rows), [])
        again = json.loads(relabel(home, "import", file, "--json").succeeded().out)[0]
        assert (again["added"], again["imported_before"]) == (0, True)
    kept = labels_in(home)
    assert len(kept) == sum(len(rows_of(path)) for path in sheets.values())
    arms = dict(home.query("SELECT doc_id, arm FROM relabel_items"))
    assert {(doc_id, arm) for doc_id, *_, arm in kept} == set(arms.items())
    assert set(arms.values()) == {"margin", "random"}
    status = json.loads(relabel(home, "status", "--json").succeeded().out)[0]
    assert status["ties"] == 10  # half of the rows were given to both, who never agree
    assert status["krippendorff"] < 0
    assert set(status["quality"]) == {"li", "wang"}
    assert status["progress"]["li"]["labelled"] == status["progress"]["li"]["given"]
    decide = exported(home, "--adjudicate", "--annotator", "chen")["chen"]
    file = write(home.root / "chen.csv", [{**row, "标签": first} for row in rows_of(decide)])
    relabel(home, "import", file).succeeded()
    status = json.loads(relabel(home, "status", "--json").succeeded().out)[0]
    assert (status["ties"], status["resolved"]) == (0, 20)


def test_a_spoiled_file_is_refused_whole_then_mended(home: Home) -> None:
    sheet = exported(home, "--annotator", "li")["li"]
    label = names(home)[0]
    rows = [{**row, "标签": label} for row in rows_of(sheet)]
    good = [dict(row) for row in rows]
    rows[0]["标签"] = "不知道"
    rows[1]["编号"] = rows[1]["编号"][:-1] + ("0" if rows[1]["编号"][-1] != "0" else "1")
    rows[2]["文本"] = rows[3]["文本"]
    file = write(home.root / "back.csv", rows)
    ran = relabel(home, "import", file, "--json")
    assert ran.code == 1
    told = json.loads(ran.out)[0]
    assert (told["added"], len(told["errors"])) == (0, 3)
    mend = Path(told["to_mend"])
    mended = rows_of(mend)
    assert [bool(row["问题"]) for row in mended] == [True] * 3 + [False] * (len(rows) - 3)
    assert {row["编号"]: row["文本"] for row in mended} == {row["编号"]: row["文本"] for row in good}
    write(mend, [{**row, "标签": label} for row in mended], "utf-8")
    assert json.loads(relabel(home, "import", mend, "--json").succeeded().out)[0]["added"] == len(rows)
    assert len(labels_in(home)) == len(rows)


def test_labels_wait_for_a_locked_warehouse(home: Home) -> None:
    sheet = exported(home, "--annotator", "li")["li"]
    file = write(home.root / "li.csv", [{**row, "标签": names(home)[0]} for row in rows_of(sheet)])
    with held_open(home.warehouse):
        told = json.loads(relabel(home, "import", file, "--json").succeeded().out)[0]
        assert told["added"] == len(rows_of(sheet))
    relabel(home, "import", file).succeeded()
    assert len(labels_in(home)) == len(rows_of(sheet))


def test_the_right_rows_of_a_spoiled_file(home: Home) -> None:
    sheet = exported(home, "--annotator", "li")["li"]
    label = names(home)[0]
    rows = [{**row, "标签": label} for row in rows_of(sheet)]
    rows[0]["标签"] = "不知道"
    ran = relabel(home, "import", write(home.root / "back.csv", rows), "--partial")
    assert ran.code == 1
    assert "the right rows were taken; mend" in ran.err
    assert len(labels_in(home)) == len(rows) - 1
    (mend,) = home.root.glob("*.errors.csv")
    (only,) = rows_of(mend)
    write(mend, [{**only, "标签": label}], "utf-8")
    relabel(home, "import", mend).succeeded()
    assert len(labels_in(home)) == len(rows)


def test_workbooks_go_out_and_come_back(home: Home) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    told = relabel(
        home, "export", "--annotator", "li", "--format", "xlsx", "--out", home.root, "--lang", "en"
    ).succeeded()
    (file,) = (Path(line) for line in told.out.splitlines())
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["rows", "instructions", "labels"]
    rows = book.worksheets[0]
    header = [cell.value for cell in rows[1]]
    assert header[:3] == ["row_id", "text", "label"]
    for row in range(2, rows.max_row + 1):
        rows.cell(row, header.index("label") + 1).value = names(home)[1]
    book.save(file)
    told = relabel(home, "import", file).succeeded()
    assert f"{rows.max_row - 1} labels, 0 rows still empty" in told.out
    assert {(label, who) for _, label, who, _ in labels_in(home)} == {(names(home)[1], "li")}


@pytest.mark.parametrize("shown", [True, False])
def test_label_studio_goes_out_and_comes_back(home: Home, shown: bool) -> None:
    hide = [] if shown else ["--hide-suggestions"]
    told = relabel(home, "export", "--format", "label-studio", "--out", home.root / "out", *hide).succeeded()
    tasks_file, config = (Path(line) for line in told.out.splitlines())
    assert all(f'value="{label}"' in config.read_text("utf-8") for label in names(home))
    tasks = json.loads(tasks_file.read_text("utf-8"))
    assert all(("predictions" in task) is shown for task in tasks)
    for number, task in enumerate(tasks):
        result = [{"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": [names(home)[0]]}}]
        cancelled = number == 0
        task["annotations"] = [{"completed_by": 7, "was_cancelled": cancelled, "result": result}]
    back = home.root / "export.json"
    back.write_text(json.dumps(tasks, ensure_ascii=False), "utf-8")
    told = relabel(home, "import", back).succeeded()
    assert f"{len(tasks) - 1} labels, 1 rows still empty" in told.out
    assert {(label, who) for _, label, who, _ in labels_in(home)} == {(names(home)[0], "label-studio:7")}
