"""A home as the version before the restructuring left it: everything in it is read, gone on with, and left in its form.

`tests/golden/old_home/make_old_home.py.txt` says how it was made; `expected.json` is what that version said of it.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import yeban
from tests.support.homes import Home

GOLDEN = Path(__file__).parents[1] / "golden" / "old_home"
EXPECTED: dict[str, Any] = json.loads((GOLDEN / "expected.json").read_bytes())
NAMES: dict[str, str] = EXPECTED["names"]
FOREVER = ("parts", "bundles", "nights", "references", "retired", "relabel", "dumps")
"""Folders whose files stay as they are."""
MOVED = ("bundles/comment/champion", "bundles/comment/history.jsonl")
"""All that a promotion or a rollback writes."""
REPLACED = f"parts/task=comment/logical_date={NAMES['replaced']}/"
"""Where an order to replace waits: it and the parts in whose place others come leave when it is carried out."""


def unpacked(folder: Path) -> Home:
    """A copy of the home."""
    with tarfile.open(GOLDEN / "old_home.tar.gz") as tar:
        tar.extractall(folder, filter="data")
    return Home(folder / "old_home", "comment", Path())


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A copy whose files are the same when the test is over: nothing is brought into another form."""
    home = unpacked(tmp_path)
    before = digests(home)
    assert len(before) > 100
    yield home
    after = digests(home)
    gone = before.keys() - after.keys()
    assert [name for name in sorted(gone) if not name.startswith(REPLACED)] == []
    assert [name for name in before.keys() - gone if after[name] != before[name]] == []


def digests(home: Home) -> dict[str, str]:
    """Digest of each file that stays as it is, by its path in the home."""
    files = [path for folder in FOREVER for path in (home.root / folder).rglob("*") if path.is_file()]
    named = {str(path.relative_to(home.root)): path for path in files}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in named.items() if name not in MOVED}


def asked(home: Home, *args: object, code: int = 0) -> Any:
    """What a command answers as JSON."""
    ran = yeban(*args, "--json", "--home", home.root).without_traceback()
    assert ran.code == code, ran.output
    return json.loads(ran.out)


def tables(home: Home) -> dict[str, int]:
    """Rows of each table; runs apart, for each command adds its own."""
    names = home.query("SELECT table_name FROM duckdb_tables() WHERE NOT internal AND table_name <> 'runs'")
    return {name: home.query(f'SELECT count(*) FROM "{name}"')[0][0] for (name,) in sorted(names)}


def expected_tables(name: str) -> dict[str, int]:
    return {table: rows for table, rows in EXPECTED[name].items() if table != "runs"}


def predictions(home: Home) -> str:
    """Digest of all that was predicted, without the time of loading."""
    return hashlib.sha256(repr(home.query(EXPECTED["predictions_sql"])).encode()).hexdigest()


def test_what_it_holds_is_told_as_ever(home: Home) -> None:
    assert tables(home) == expected_tables("tables")
    assert predictions(home) == EXPECTED["predictions"]
    assert asked(home, "runs", "list", "--limit", 1000) == EXPECTED["runs"]
    assert asked(home, "bundles", "list", "comment") == EXPECTED["bundles"]
    assert asked(home, "bundles", "history", "comment") == EXPECTED["history"]
    manifest = asked(home, "bundles", "show", "comment", NAMES["first"])
    assert {name: value for name, value in manifest.items() if name != "path"} == EXPECTED["manifest"]
    assert asked(home, "relabel", "status", "comment") == EXPECTED["status"]
    assert asked(home, "monitor", "show", "comment", "--date", NAMES["monitored"]) == EXPECTED["show"]


def test_each_run_is_shown(home: Home) -> None:
    for record in EXPECTED["runs"]:
        assert asked(home, "runs", "show", record["run_id"]) == record


def test_a_scored_date_has_nothing_to_do(home: Home) -> None:
    told = asked(home, "score", "comment", "--date", NAMES["usual"], "--bundle", NAMES["first"])
    assert {name: told[name] for name in EXPECTED["score_again"]} == EXPECTED["score_again"]
    assert predictions(home) == EXPECTED["predictions"]


def test_a_night_that_is_done_is_done(home: Home) -> None:
    """Its bundle is the one that began it, though another was promoted since; its alert still asks for somebody."""
    assert asked(home, "nightly", "comment", "--date", NAMES["monitored"], code=3) == EXPECTED["nightly_again"]
    usual = asked(home, "nightly", "comment", "--date", NAMES["promoted"], "--without", "relabel pick")
    assert {step["state"] for step in usual["steps"].values()} == {"fresh"}


def test_what_was_staged_is_loaded_and_takes_the_place_it_was_meant_for(home: Home) -> None:
    orders = [*(home.root / "parts").rglob("_replaces.json")]
    assert [order.parent.parent.name for order in orders] == [f"logical_date={NAMES['replaced']}"]
    assert asked(home, "load") == EXPECTED["load"]
    assert not orders[0].exists()
    assert tables(home) == expected_tables("tables_after_load")
    assert predictions(home) == EXPECTED["predictions_after_load"]
    sql = "SELECT DISTINCT bundle FROM predictions WHERE logical_date = ?"
    assert home.query(sql, NAMES["replaced"]) == [(NAMES["second"],)]
    assert asked(home, "load") == []


def test_a_warehouse_is_made_anew_from_its_parts(home: Home) -> None:
    """Every seal, part, profile and plan of the old version is proved by it."""
    asked(home, "load")
    home.warehouse.unlink()
    assert asked(home, "load") == EXPECTED["load_anew"]
    assert predictions(home) == EXPECTED["predictions_anew"]


def test_a_date_that_went_stays_away(home: Home) -> None:
    home.score("--bundle", NAMES["first"], day=NAMES["retired"]).failed_with(
        1, f"the predictions of comment {NAMES['retired']}", "kept are 30", "--force scores it anew"
    )


def test_a_sheet_that_was_exported_then_comes_back_now(home: Home) -> None:
    (told,) = asked(home, "relabel", "import", "comment", home.root / "sheets" / "back-wang.csv")
    assert [{**told, "file": Path(told["file"]).name}] == EXPECTED["import"]
    assert asked(home, "relabel", "status", "comment") == EXPECTED["status_after_import"]
    assert home.query("SELECT count(*), count(DISTINCT doc_id) FROM labels") == [(*EXPECTED["labels_after_import"],)]
    (again,) = asked(home, "relabel", "import", "comment", home.root / "sheets" / "back-li.csv")
    assert (again["added"], again["imported_before"]) == (0, True)


def test_a_new_night_goes_on_from_the_old_ones(home: Home) -> None:
    told = asked(home, "nightly", "comment", "--date", NAMES["new"])
    assert {name: [step["state"], step["code"]] for name, step in told["steps"].items()} == EXPECTED["night"]
    assert told["bundle"] == NAMES["second"]
    sql = "SELECT status, label, count(*) FROM predictions WHERE logical_date = ? GROUP BY ALL ORDER BY ALL"
    assert home.query(sql, NAMES["new"]) == [(*row,) for row in EXPECTED["answers_of_new"]]


def test_an_old_bundle_scores_as_it_did(tmp_path: Path) -> None:
    """To the precision of the network: the machine may be another one."""
    home = unpacked(tmp_path)
    sql = "SELECT doc_id, status, label, probs FROM predictions WHERE logical_date = ? ORDER BY doc_id"
    before, parts = home.query(sql, NAMES["usual"]), home.parts()
    home.score("--force", "--bundle", NAMES["first"], day=NAMES["usual"]).succeeded()
    after = home.query(sql, NAMES["usual"])
    assert [row[:3] for row in after] == [row[:3] for row in before]
    given = [[value for *_, probs in rows if probs for value in probs] for rows in (after, before)]
    assert given[0] == pytest.approx(given[1], abs=1e-4)
    assert home.parts().keys() == parts.keys()
    assert home.count() == EXPECTED["tables"]["predictions"]


def test_the_bundle_before_is_taken_back(home: Home) -> None:
    move = asked(home, "bundles", "rollback", "comment", "--reason", "演练")
    assert (move["before"], move["after"]) == (NAMES["second"], NAMES["first"])


def test_the_doctor_and_tidy_see_what_there_is(home: Home) -> None:
    ran = yeban("doctor", "--json", "--home", home.root).without_traceback()
    levels = {each["about"]: each["level"] for each in json.loads(ran.out)["checks"]}
    assert {name: levels[name] for name in EXPECTED["doctor"]} == EXPECTED["doctor"]
    told = asked(home, "tidy", "--dry-run")
    found = {
        name: sorted([each["kind"], each["date"], each["what"], each["rows"]] for each in told[name])
        for name in EXPECTED["tidy"]
    }
    assert found == EXPECTED["tidy"]
    assert tables(home) == expected_tables("tables")
