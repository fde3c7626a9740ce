"""Picking rows to label, as a user does it, for all three tasks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage.relabel.batches import FILE_SCHEMA, BatchStore
from storage.warehouse.connection import Warehouse
from tests.support.command import CommandResult, yeban
from tests.support.homes import DAY, NEXT_DAY, Home, comments
from tests.support.stored_labels import add_labels

ROWS = 600
QUIET = "\n[relabel]\ngolden_share = 0\n"


def pick(home: Home, *args: object) -> CommandResult:
    return yeban("relabel", "pick", home.task, "--home", home.root, *args)


def picked(home: Home, *args: object) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A batch as it is told, and its items."""
    told = json.loads(pick(home, "--json", *args).succeeded().out)
    items = BatchStore(home.root / "relabel").items(home.task, told["batch"])
    assert items.schema.equals(FILE_SCHEMA)
    return told, items.to_pylist()


def scored_home(new_home: Callable[..., Home], task: str = "comment", more: str = QUIET, rows: int = ROWS) -> Home:
    home = new_home(task, more=f'slices = ["source"]\n{more}')
    texts = comments(rows)[0]
    home.dump("a.parquet", texts, source=["应用" if row % 5 else "网页" for row in range(rows)])
    home.score().succeeded()
    return home


def long_news(rows: int) -> list[str]:
    return [f"第{row}条消息。" + "。".join(comments(12, seed=row + 1)[0]) for row in range(rows)]


@pytest.mark.parametrize("task", ["comment", "weibo", "news"])
def test_a_batch_of_each_task(new_home: Callable[..., Home], task: str) -> None:
    home = scored_home(new_home, task)
    texts = dict(zip((f"a.parquet:{row}" for row in range(ROWS)), comments(ROWS)[0], strict=True))
    told, items = picked(home, "--budget", 40)
    assert (told["task"], told["budget"], told["population"]) == (task, 40, len(set(texts.values())))
    assert told["arms"] == {"margin": 30, "random": 10}  # nobody has labelled: there are no errors to suspect
    assert told["notes"] == ["margin: 30 rows in place of 24", "suspected_errors: 0 rows in place of 6"]
    assert told["labelled_twice"] == 4
    assert len({item["text"] for item in items}) == 40
    for item in items:
        assert item["text"] == texts[item["doc_id"]]
        assert (item["bundle"], item["batch"], item["task"]) == (told["bundle"], told["batch"], task)
        if item["arm"] == "random":
            assert item["probability"] == pytest.approx(10 / told["population"])
        else:
            assert (item["strategy"], item["probability"]) == ("margin+clusters", 1.0)
            assert item["score"] == pytest.approx(1 - item["margin"], abs=1e-6)
    rows = home.query("SELECT doc_id, arm, copies FROM relabel_items ORDER BY place")
    assert rows == [(item["doc_id"], item["arm"], item["copies"]) for item in items]
    assert home.query("SELECT job, state, rows FROM runs WHERE job = 'relabel pick'") == [("relabel pick", "done", 40)]


def test_no_row_is_ever_asked_twice_until_none_is_left(new_home: Callable[..., Home]) -> None:
    home = scored_home(new_home, rows=200)
    add_labels(Warehouse(home.warehouse), {"a.parquet:7": "positive"})
    labelled = home.query("SELECT text_hash FROM predictions WHERE doc_id = 'a.parquet:7'")[0][0]
    seen: set[int] = {labelled}
    for _ in range(2):
        _, items = picked(home, "--budget", 70, "--strategy", "random")
        hashes = {item["text_hash"] for item in items}
        assert len(hashes) == 70
        assert not hashes & seen
        seen |= hashes
    told, items = picked(home, "--budget", 500, "--strategy", "random")
    assert told["notes"] == [f"random: {len(items)} rows in place of 500"]
    everything = {each for (each,) in home.query("SELECT text_hash FROM predictions")}
    assert seen | {item["text_hash"] for item in items} == everything
    pick(home).failed_with(1, "left to label")


def test_the_same_seed_gives_the_same_batch_and_another_seed_another(new_home: Callable[..., Home]) -> None:
    batches = []
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        home = new_home(name=name, more=QUIET)
        home.dump("a.parquet", comments(300)[0])
        home.score().succeeded()
        batches.append(picked(home, "--budget", 20, "--seed", seed)[1])
    assert batches[0] == batches[1]
    assert [item["doc_id"] for item in batches[0]] != [item["doc_id"] for item in batches[2]]


def test_every_strategy_picks(new_home: Callable[..., Home]) -> None:
    home = scored_home(new_home)
    other = home.bundle
    names = ("margin", "least_confidence", "entropy", "bald", "disagreement", "coreset", "badge", "typiclust", "random")
    asked = [word for name in names for word in ("--strategy", name)]
    told, items = picked(home, "--budget", 45, *asked, "--against", other)
    assert told["arms"] == dict.fromkeys(names, 5)
    assert told["notes"] == []
    scores = {item["arm"]: item["score"] for item in items}
    assert scores["disagreement"] == pytest.approx(0, abs=1e-6)  # the challenger is the champion
    assert scores["bald"] > 0
    assert {item["arm"] for item in items if item["probability"] is None} == {"badge"}


def test_labels_that_the_model_contradicts_are_asked_again_once(new_home: Callable[..., Home]) -> None:
    pytest.importorskip("cleanlab")
    home = scored_home(new_home)
    answers = home.query("SELECT doc_id, label FROM predictions WHERE status = 'scored' ORDER BY confidence DESC")
    given = dict(answers[:200])
    wrong = [doc_id for doc_id, _ in answers[:3]]
    given |= {doc_id: "negative" if given[doc_id] == "positive" else "positive" for doc_id in wrong}
    add_labels(Warehouse(home.warehouse), given)
    told, items = picked(home, "--budget", 20)
    doubted = {item["doc_id"]: item["given_label"] for item in items if item["arm"] == "suspected_errors"}
    assert set(wrong) >= set(doubted) > set()
    assert all(label == given[doc_id] for doc_id, label in doubted.items())
    assert not {item["doc_id"] for item in items if item["arm"] != "suspected_errors"} & set(given)
    again = picked(home, "--budget", 20)[1]
    assert not {item["doc_id"] for item in again} & {item["doc_id"] for item in items}
    assert told["arms"]["margin"] + told["arms"]["suspected_errors"] == 15


def test_golden_rows_of_a_file_are_hidden_and_taken_in_turn(new_home: Callable[..., Home]) -> None:
    home = scored_home(new_home, more="")
    golden = {f"这一条人人都知道答案 {row}": "positive" if row % 2 else "negative" for row in range(6)}
    table = pa.table({"text": [*golden], "label": [*golden.values()]})
    pq.write_table(table, home.root / "golden.parquet")
    seen: list[str] = []
    for _ in range(2):
        told, items = picked(home, "--budget", 60, "--golden", "golden.parquet")
        hidden = [item for item in items if item["golden"]]
        assert told["arms"]["golden"] == len(hidden) == 3
        assert all(golden[item["text"]] == item["given_label"] for item in hidden)
        assert all(item["label"] is None and item["copies"] == 1 for item in hidden)
        seen += [item["text"] for item in hidden]
    assert sorted(seen) == sorted(golden)


def test_golden_labels_of_the_warehouse(new_home: Callable[..., Home]) -> None:
    home = scored_home(new_home, more="")
    add_labels(Warehouse(home.warehouse), {f"a.parquet:{row}": "positive" for row in range(40, 44)}, source="golden")
    _, items = picked(home, "--budget", 40, "--strategy", "random")
    hidden = [item for item in items if item["golden"]]
    assert len(hidden) == 2
    assert {item["doc_id"] for item in hidden} <= {f"a.parquet:{row}" for row in range(40, 44)}
    assert {item["given_label"] for item in hidden} == {"positive"}


def test_long_news_come_whole_and_with_the_windows_that_matter(new_home: Callable[..., Home]) -> None:
    home = new_home("news", more=QUIET)
    texts = long_news(30)
    home.dump("a.parquet", texts)
    home.score().succeeded()
    _, items = picked(home, "--budget", 10)
    for item in items:
        assert item["text"] == texts[int(item["doc_id"].partition(":")[2])]
        assert item["n_windows"] > 1
        assert 1 <= len(item["excerpts"]) == len(item["top_windows"]) <= 3
        for excerpt in item["excerpts"]:
            assert excerpt in item["cleaned"]
            assert len(excerpt) < len(item["cleaned"])


def test_near_duplicates_are_one_row(new_home: Callable[..., Home]) -> None:
    home = new_home(more=QUIET)
    spam = [f"恭喜您获得本店周年庆大奖请点击链接领取先到先得过期不候{chr(0x4E00 + row)}" for row in range(200)]
    home.dump("a.parquet", spam + comments(100)[0])
    home.score().succeeded()
    _, items = picked(home, "--budget", 30, "--strategy", "margin")
    assert sum(item["text"] in spam for item in items) <= 1


def test_strata_keep_a_rare_slice_in_sight(new_home: Callable[..., Home]) -> None:
    home = new_home(more='slices = ["source"]\n[relabel]\nstrata = ["source"]\nembed = false\ngolden_share = 0\n')
    home.dump("a.parquet", comments(500)[0], source=["少见" if row % 25 == 0 else "常见" for row in range(500)])
    home.score().succeeded()
    _, items = picked(home, "--budget", 40, "--strategy", "margin")
    counts = Counter((dict(item["slices"])["source"], item["label"]) for item in items)
    assert sum(rows for (source, _), rows in counts.items() if source == "少见") >= 5


def test_a_dump_that_is_gone_or_changed_is_told_and_its_rows_left_out(new_home: Callable[..., Home]) -> None:
    home = new_home(more=QUIET)
    texts = comments(300)[0]
    for name, part in (("a.parquet", texts[:100]), ("b.parquet", texts[100:200]), ("c.parquet", texts[200:])):
        home.dump(name, part)
    home.score().succeeded()
    (home.folder() / "a.parquet").unlink()
    home.dump("b.parquet", ["换了一条" for _ in range(100)])
    told, items = picked(home, "--budget", 20)
    assert {item["source_path"].rpartition("/")[2] for item in items} == {"c.parquet"}
    notes = "\n".join(told["notes"])
    assert "a.parquet is gone" in notes
    assert "rows of 1 files have another text now" in notes
    assert "b.parquet" in notes


def test_a_batch_that_the_warehouse_lacks_is_copied_by_load(new_home: Callable[..., Home]) -> None:
    home = scored_home(new_home)
    picked(home, "--budget", 10)
    with Warehouse(home.warehouse).writing() as con:
        con.execute("DELETE FROM relabel_items")
        con.execute("DELETE FROM relabel_batches")
    picked(home, "--budget", 10)  # it knows the files, and copies what is missing
    assert home.query("SELECT count(*), count(DISTINCT doc_id) FROM relabel_items") == [(20, 20)]
    with Warehouse(home.warehouse).writing() as con:
        con.execute("DELETE FROM relabel_batches")
    home.load().succeeded()
    assert len(home.query("SELECT * FROM relabel_batches")) == 2


def test_the_newest_week_unless_told(new_home: Callable[..., Home]) -> None:
    home = new_home(more="\n[relabel]\ngolden_share = 0\ndays = 1\n")
    for day, seed in ((DAY, 1), (NEXT_DAY, 2)):
        home.dump("a.parquet", comments(100, seed=seed)[0], day=day, id=[f"{day}:{row}" for row in range(100)])
        home.score(day=day).succeeded()
    told, items = picked(home, "--budget", 10)
    assert (told["first_date"], told["last_date"]) == (NEXT_DAY, NEXT_DAY)
    assert {item["doc_id"][:10] for item in items} == {NEXT_DAY}
    _, earlier = picked(home, "--budget", 10, "--from", DAY, "--to", DAY)
    assert {item["doc_id"][:10] for item in earlier} == {DAY}


def test_mistakes_are_messages(new_home: Callable[..., Home]) -> None:
    home = new_home(more=QUIET)
    pick(home).failed_with(1, "there is no warehouse")
    home.dump("a.parquet", comments(50)[0])
    home.score().succeeded()
    pick(home, "--strategy", "margn").failed_with(2, "did you mean 'margin'")
    pick(home, "--strategy", "margin=-1").failed_with(2, "no share")
    pick(home, "--strategy", "disagreement").failed_with(2, "--against")
    pick(home, "--from", NEXT_DAY, "--to", DAY).failed_with(2, "swap them")
    pick(home, "--from", "2025-01-01", "--to", "2025-01-02").failed_with(1, "left to label")
    yeban("relabel", "pick", "coment", "--home", home.root).failed_with(2, "did you mean 'comment'")
    assert not list((home.root / "relabel").rglob("*.json"))


def test_what_is_shown(new_home: Callable[..., Home]) -> None:
    home = scored_home(new_home)
    shown = pick(home, "--budget", 40).succeeded()
    assert "40 rows to label, 4 of them by two people" in shown.out
    assert "note: suspected_errors: 0 rows in place of 6" in shown.err
