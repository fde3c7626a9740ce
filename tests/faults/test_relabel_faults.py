"""Picking and importing that are killed, or find the disk full: never half a batch, and nothing twice."""

from __future__ import annotations

import csv
import io
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

import pytest

from monitoring.relabel.annotation.agreed_labels import queue_labels
from storage.relabel.annotations import AnnotationLog
from storage.relabel.batches import BatchStore
from tests.support.command import CommandResult, yeban
from tests.support.homes import Home, comments
from tests.support.killed_runs import kill_when
from tests.support.small_disk_mount import fill, run_on_small_disk
from tests.support.test_effort import THOROUGH

MODULE = "tests.faults.test_relabel_faults"
BUDGET = 40
SEED = 20261124
MOST_S = 4.0
"""Random moments lie in the first seconds of a command; one that was done by then proves the rerun, at least."""


@pytest.fixture
def scored(shared_home: Callable[..., Home]) -> Home:
    """Never touched: a night that was scored."""

    def fill(home: Home) -> None:
        home.dump("a.parquet", comments(300)[0])
        home.score().succeeded()

    return shared_home("relabel-scored", fill, more="\n[relabel]\ngolden_share = 0\n")


@pytest.fixture
def waiting(shared_home: Callable[..., Home], scored: Home) -> Home:
    """Never touched: a batch whose file came back."""

    def fill(home: Home) -> None:
        shutil.copytree(scored.root, home.root, dirs_exist_ok=True)
        pick(home).succeeded()
        relabel(home, "export", "--annotator", "li", "--out", home.root).succeeded()
        sheet = next(home.root.glob("*-li.csv"))
        rows = list(csv.DictReader(io.StringIO(sheet.read_bytes().decode("utf-8-sig"), newline="")))
        buffer = io.StringIO(newline="")
        writer = csv.DictWriter(buffer, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "标签": "positive" if number % 2 else "negative"} for number, row in enumerate(rows))
        (home.root / "back.csv").write_bytes(buffer.getvalue().encode("utf-8-sig"))

    return shared_home("relabel-waiting", fill)


def copied(home: Home, folder: Path) -> Home:
    return Home(Path(shutil.copytree(home.root, folder / "home")), home.task, home.bundle)


def relabel(home: Home, command: str, *args: object) -> CommandResult:
    return yeban("relabel", command, "comment", *args, "--home", home.root)


def pick(home: Home) -> CommandResult:
    return relabel(home, "pick", "--budget", BUDGET)


def queued(home: Home) -> list[tuple[str, str]]:
    """Batch and text of all that is queued; every batch is whole, no text is in two, and the warehouse agrees."""
    store = BatchStore(home.root / "relabel")
    found: list[tuple[str, str]] = []
    for head in store.heads("comment"):
        items = store.items("comment", head.batch)
        assert items.num_rows == BUDGET
        found += [(head.batch, text) for text in items["text_hash"].to_pylist()]
    assert len({text for _, text in found}) == len(found)
    assert home.query("SELECT batch, text_hash FROM relabel_items ORDER BY ALL") == sorted(found)
    assert not left_over(home.root)
    return found


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".tmp-*")]


def exists(home: Home, pattern: str) -> Callable[[], bool]:
    return lambda: next(home.root.glob(pattern), None) is not None


def at_random(seed: int) -> Callable[[], bool]:
    end = time.monotonic() + Random(seed).uniform(0, MOST_S)
    return lambda: time.monotonic() >= end


PICKING = {
    "under way": "locks/relabel-comment.holder.json",
    "items written": "relabel/*/*/items.parquet",
    "batch written": "relabel/*/*/batch.json",
}
SOME = [SEED, *([SEED + 1] if THOROUGH else [])]


@pytest.mark.thorough
@pytest.mark.parametrize("moment", [*(PICKING if THOROUGH else ["items written"]), *SOME])
def test_a_pick_that_was_killed(scored: Home, tmp_path: Path, moment: str | int) -> None:
    home = copied(scored, tmp_path)
    ready = exists(home, PICKING[moment]) if isinstance(moment, str) else at_random(moment)
    command = ("relabel", "pick", "comment", "--budget", BUDGET, "--home", home.root)
    killed = kill_when(ready, tmp_path / "log", *command)
    assert killed or isinstance(moment, int), "it was done before it could be killed"
    before = len(BatchStore(home.root / "relabel").heads("comment"))
    pick(home).succeeded()
    assert len({batch for batch, _ in queued(home)}) == before + 1


def test_a_batch_that_was_cut_off_is_picked_again_as_it_was(scored: Home, tmp_path: Path) -> None:
    """What lies there without its head is no batch; the same texts are drawn again, and take its place."""
    home = copied(scored, tmp_path)
    pick(home).succeeded()
    batches = queued(home)
    (head,) = (home.root / "relabel").rglob("batch.json")
    head.unlink()
    home.warehouse.unlink()
    home.load().succeeded()
    pick(home).succeeded()
    assert queued(home) == batches


IMPORTING = {
    "under way": "locks/relabel-comment.holder.json",
    "answers written": "relabel/*/*/imports/*.json",
}


def imported(home: Home) -> CommandResult:
    return relabel(home, "import", home.root / "back.csv", "--json")


def check_labels(home: Home) -> None:
    """Each answer is there once: in the files, in the warehouse and for training."""
    store = BatchStore(home.root / "relabel")
    (head,) = store.heads("comment")
    (one,) = AnnotationLog(store.folder("comment", head.batch)).imports()
    assert len(one.annotations) == BUDGET
    assert len(queue_labels(store, "comment")) == BUDGET
    (rows, documents) = home.query("SELECT count(*), count(DISTINCT doc_id) FROM labels")[0]
    assert (rows, documents) == (BUDGET, BUDGET)
    assert not left_over(home.root)


@pytest.mark.parametrize("moment", [*IMPORTING, *SOME])
def test_an_import_that_was_killed(waiting: Home, tmp_path: Path, moment: str | int) -> None:
    home = copied(waiting, tmp_path)
    ready = exists(home, IMPORTING[moment]) if isinstance(moment, str) else at_random(moment)
    command = ("relabel", "import", "comment", home.root / "back.csv", "--home", home.root)
    killed = kill_when(ready, tmp_path / "log", *command)
    assert killed or isinstance(moment, int) or moment == "answers written"
    (told,) = json.loads(imported(home).succeeded().out)
    assert told["errors"] == []
    check_labels(home)


LEFT = (0, 4_096, 24_000)
"""Bytes that are left. Into the last ones the batch or the answers fit, and perhaps the warehouse's copy."""


def story(home: Home, disk: Path, leave_bytes: int, act: Callable[[Home], CommandResult]) -> dict[str, Any]:
    """Act while the disk is full but for some bytes, then make room and act again; what was said, JSON-ready."""
    ballast = fill(disk, leave_bytes)
    full = act(home)
    found = {"full": asdict(full), "temporaries": left_over(home.root)}
    heads = len(BatchStore(home.root / "relabel").heads("comment"))
    ballast.unlink()
    return {**found, "heads": heads, "mended": asdict(act(home))}


def picked_on_it(disk: str, root: str, bundle: str, *leave_bytes: str) -> None:
    print(json.dumps(_stories(Path(disk), Home(Path(root), "comment", Path(bundle)), leave_bytes, pick, _batches)))


def imported_on_it(disk: str, root: str, bundle: str, *leave_bytes: str) -> None:
    print(json.dumps(_stories(Path(disk), Home(Path(root), "comment", Path(bundle)), leave_bytes, imported, _labels)))


def _stories(
    disk: Path,
    home: Home,
    leave_bytes: tuple[str, ...],
    act: Callable[[Home], CommandResult],
    after: Callable[[Home], int],
) -> list[dict[str, Any]]:
    found = []
    for each in map(int, leave_bytes):
        here = copied(home, disk / str(each))
        found.append({**story(here, disk, each, act), "after": after(here)})
        shutil.rmtree(here.root)
    return found


def _batches(home: Home) -> int:
    return len({batch for batch, _ in queued(home)})


def _labels(home: Home) -> int:
    check_labels(home)
    return BUDGET


def test_a_pick_on_a_full_disk(scored: Home, tmp_path: Path) -> None:
    stories = run_on_small_disk(tmp_path / "disk", MODULE, "picked_on_it", scored.root, scored.bundle, *LEFT)
    for leave_bytes, found in zip(LEFT, stories, strict=True):
        if leave_bytes < LEFT[-1] or found["full"]["code"]:
            CommandResult(**found["full"]).failed_with(1, "o space left")
        assert found["temporaries"] == []
        CommandResult(**found["mended"]).succeeded()
        assert found["after"] == found["heads"] + 1
    assert stories[0]["heads"] == 0


def test_an_import_on_a_full_disk(waiting: Home, tmp_path: Path) -> None:
    stories = run_on_small_disk(tmp_path / "disk", MODULE, "imported_on_it", waiting.root, waiting.bundle, *LEFT)
    for leave_bytes, found in zip(LEFT, stories, strict=True):
        if leave_bytes < LEFT[-1] or found["full"]["code"]:
            CommandResult(**found["full"]).failed_with(1, "o space left")
        assert found["temporaries"] == []
        CommandResult(**found["mended"]).succeeded()
        assert found["after"] == BUDGET
