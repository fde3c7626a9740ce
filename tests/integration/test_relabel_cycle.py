"""The whole loop through real files: what was picked comes back from a spreadsheet and becomes the bundle in use."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from models.registry import Registry
from models.training_fingerprints import read_fingerprints, text_keys
from storage.relabel.batches import BatchStore
from tests.support.drift_scenario import TUNING, DriftScenario, sets
from tests.support.libreoffice import as_csv, converted, needs_libreoffice

pytestmark = needs_libreoffice
RELABEL = '\n[relabel]\ngolden = "golden.parquet"\nmix = { margin = 0.6, random = 0.4 }\n'
BUDGET = 300


@pytest.fixture(scope="module")
def world(new_world: Callable[[str], DriftScenario]) -> DriftScenario:
    """A trained champion, and a night of texts with words that it does not know."""
    world = new_world("comment")
    world.home.config.write_text(world.home.config.read_text("utf-8") + RELABEL, "utf-8")
    dump = pl.read_parquet(world.write("night", 1500, 20, fresh=0.7))
    world.home.dump("a.parquet", dump["text"].to_list())
    return world


def truth(world: DriftScenario) -> dict[str, str]:
    """What people would say of each text that they may be asked about."""
    frames = [pl.read_parquet(world.file(name)).select("text", "label") for name in ("night", "golden")]
    return {text: world.labels[label] for text, label in pl.concat(frames).iter_rows()}


def filled_csv(file: Path, known: dict[str, str]) -> Path:
    """A sheet with its labels, as a person fills it."""
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows({**row, "标签": known[row["文本"]]} for row in rows)
    file.write_bytes(buffer.getvalue().encode("utf-8-sig"))
    return file


def filled_xlsx(file: Path, known: dict[str, str]) -> Path:
    book = openpyxl.load_workbook(file)
    rows = book.worksheets[0]
    header = [cell.value for cell in rows[1]]
    text, label = (header.index(name) + 1 for name in ("文本", "标签"))
    for row in range(2, rows.max_row + 1):
        rows.cell(row, label).value = known[str(rows.cell(row, text).value)]
    book.save(file)
    return file


def exported(world: DriftScenario, *args: object) -> dict[str, Path]:
    out = world.home.root / "sheets"
    paths = [Path(line) for line in world.run("relabel export", "--out", out, *args).succeeded().out.splitlines()]
    return {path.stem.rpartition("-")[2]: path for path in paths if path.suffix in (".csv", ".xlsx")}


def picked(world: DriftScenario) -> pl.DataFrame:
    (head,) = BatchStore(world.home.root / "relabel").heads("comment")
    items = BatchStore(world.home.root / "relabel").items("comment", head.batch)
    return pl.DataFrame({name: items[name].to_pylist() for name in ("text", "arm", "golden")})


def test_the_whole_loop(world: DriftScenario) -> None:
    home, registry = world.home, Registry(world.home.root / "bundles")
    champion = registry.champion("comment")
    assert champion is not None
    home.score().succeeded()
    world.run("finetune").failed_with(2, "the queue has no label that")
    world.run("relabel pick", "--budget", BUDGET).succeeded()

    # Out: one gets CSV, the other a workbook. Both open and save their file in LibreOffice.
    known, desk = truth(world), home.root / "desk"
    li = filled_csv(exported(world, "--annotator", "li", "--annotator", "wang")["li"], known)
    wang = filled_xlsx(exported(world, "--annotator", "li", "--annotator", "wang", "--format", "xlsx")["wang"], known)
    back = [converted(file, "csv", as_csv(charset), desk) for file, charset in ((li, "gb18030"), (wang, "utf-8"))]
    with pytest.raises(UnicodeDecodeError):
        back[0].read_bytes().decode("utf-8")
    told = json.loads(world.run("relabel import", *back, "--json").succeeded().out)
    assert [each["errors"] for each in told] == [[], []]
    assert sum(each["added"] for each in told) >= BUDGET
    (status,) = json.loads(world.run("relabel status", "--json").succeeded().out)
    assert (status["rows"], status["resolved"], status["ties"]) == (BUDGET, BUDGET, 0)
    wrong = "SELECT count(*) FROM labels l JOIN relabel_items i USING (doc_id) WHERE l.arm <> i.arm OR i.golden"
    assert home.query(wrong) == [(0,)]

    # What was picked is learned; what was drawn, and all that is golden, stays unseen.
    before = world.versions()
    said = world.run("finetune", *sets(TUNING)).succeeded().out
    (challenger,) = world.versions() - before
    items = picked(world)
    assert f"new: {BUDGET * 6 // 10} labels of batch " in said
    assert "labels of train.parquet" in said
    bundle = registry.open_version("comment", challenger)
    seen = read_fingerprints(bundle)
    assert seen is not None
    was_seen = pl.Series([key in set(seen.tolist()) for key in text_keys(items["text"]).tolist()])
    trained = (items["arm"] == "margin") & ~items["golden"]
    assert was_seen.to_list() == trained.to_list()

    ran = world.run("gate", challenger, "--json")
    flat = json.loads(ran.out)
    assert [check["name"] for check in flat["report"]["checks"] if not check["passed"]] == []
    assert flat["sets"]["recent"]["rows"] == items.filter(pl.col("arm") == "random").height == BUDGET * 4 // 10
    assert flat["sets"]["golden"]["name"] == "golden.parquet"

    world.run("bundles promote", challenger).succeeded()
    assert registry.champion("comment") == challenger
    home.score().succeeded()
    assert home.query("SELECT count(*) FROM predictions WHERE bundle = ?", challenger) == [(1500,)]
    assert home.query("SELECT DISTINCT bundle FROM latest_predictions") == [(challenger,)]
    assert right(world, challenger) > right(world, champion) + 0.1
    world.run("finetune").failed_with(2, f"the queue has no label that bundle {challenger} has not learned")

    world.run("bundles rollback", "--reason", "演练").succeeded()
    assert registry.champion("comment") == champion
    assert "1,500 done before" in home.score().succeeded().out


def right(world: DriftScenario, bundle: str) -> float:
    """The share of the night that a bundle labelled as people would."""
    known = truth(world)
    texts = pl.read_parquet(world.file("night"))["text"]
    given = world.home.query("SELECT source_row, label FROM predictions WHERE bundle = ?", bundle)
    return sum(known[texts[row]] == label for row, label in given) / len(given)
