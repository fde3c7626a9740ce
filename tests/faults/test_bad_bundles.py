"""Bundles that are not whole or contradict themselves are refused before a row is scored."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.homes import Home, comments


@pytest.fixture
def home(new_home: Callable[..., Home], tmp_path: Path) -> Home:
    """A home with a bundle of its own, free to be spoilt."""
    home = new_home()
    mine = Home(home.root, home.task, shutil.copytree(home.bundle, tmp_path / "bundle"))
    mine.configure()
    mine.dump("a.parquet", comments(20)[0])
    return mine


def refused(home: Home, *words: str) -> None:
    home.score().failed_with(1, *words)
    assert home.count() == 0
    assert home.parts() == {}


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "encoder.json"])
def test_a_missing_file(home: Home, name: str) -> None:
    (home.bundle / name).unlink()
    refused(home, str(home.bundle), f"lacks {name}", "restore")


def test_a_missing_manifest(home: Home) -> None:
    (home.bundle / "manifest.json").unlink()
    refused(home, "has no manifest.json")


def test_an_altered_file(home: Home) -> None:
    weights = home.bundle / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    refused(home, "model.safetensors is not the file that was saved")


def test_a_manifest_that_is_no_json(home: Home) -> None:
    (home.bundle / "manifest.json").write_text("{")
    refused(home, "manifest.json cannot be understood")


def edit(home: Home, **changes: object) -> None:
    manifest = home.bundle / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text("utf-8")), **changes}), "utf-8")


@pytest.mark.parametrize("labels", [["差", "中", "好"], ["a", "b", "c", "d"]])
def test_a_label_map_that_contradicts_the_head(home: Home, labels: list[str]) -> None:
    edit(home, labels=labels)
    refused(home, f"the head has 2 outputs but the label map names {len(labels)} classes", "one output per label")


def test_a_head_that_contradicts_the_label_map(home: Home, tmp_path: Path) -> None:
    from tests.support.bundles import build_bundle

    spoilt = build_bundle(tmp_path / "spoilt", "comment", classes=5).path
    Home(home.root, home.task, spoilt).configure()
    refused(home, "the head has 5 outputs but the label map names 2 classes (negative, positive)")


def test_a_label_twice(home: Home) -> None:
    edit(home, labels=["好", "好"])
    refused(home, "labels repeat")


def test_a_manifest_of_another_version(home: Home) -> None:
    edit(home, format=99)
    refused(home, "manifest.json cannot be understood", "written by this version of yeban")


def test_no_bundle_at_all(home: Home) -> None:
    home.change(f'bundle = "{home.bundle}"', "")
    home.change("[tasks.comment", "[tasks.other")
    home.change("dumps/comment", "dumps/other")
    other = Home(home.root, "other", home.bundle)
    other.score().failed_with(1, "task 'other' has no bundle yet", "yeban train other")


def test_a_bundle_that_nobody_knows(home: Home) -> None:
    home.score("--bundle", "nosuch").failed_with(1, "under 'nosuch'", "yeban bundles list")


def test_the_run_is_on_record_when_the_bundle_turns_out_bad(home: Home) -> None:
    edit(home, labels=["差", "中", "好"])
    home.score()
    (record,) = [json.loads(file.read_text("utf-8")) for file in (home.root / "runs").glob("*.json")]
    assert record["state"] == "failed"
    assert "the head has 2 outputs" in record["failures"][0]
