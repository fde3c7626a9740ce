"""What several commands share."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobs.cli.options import complete_task, from_here, labelled_source, say, say_json, sound_task
from storage.errors import ConfigError
from tests.support.bare_homes import bare_home


def context(home: Path | None) -> Any:
    return SimpleNamespace(params={"home": home})


def test_tasks_are_completed_from_the_home_or_from_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare_home(tmp_path / "home")
    deep = tmp_path / "home" / "dumps"
    deep.mkdir()
    monkeypatch.chdir(deep)
    assert complete_task(context(None), "") == ["comment", "weibo"]
    assert complete_task(context(tmp_path / "home"), "w") == ["weibo"]
    assert complete_task(context(tmp_path), "") == []


def test_names_that_would_be_paths_are_refused() -> None:
    assert (sound_task("comment"), sound_task(None)) == ("comment", None)
    with pytest.raises(ConfigError, match=r"no task '\.\./x' can be"):
        sound_task("../x")


def test_a_condition_needs_its_file() -> None:
    assert labelled_source(None, None, "golden", "text", "label") is None
    found = labelled_source("a.csv", "x > 1", "golden", "words", "class", "city")
    assert found is not None
    assert (found.where, found.text_column, found.label_column, found.group_column) == (
        "x > 1",
        "words",
        "class",
        "city",
    )
    with pytest.raises(ConfigError, match="--golden-where without --golden"):
        labelled_source(None, "x > 1", "golden", "text", "label")


def test_what_is_typed_counts_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "a{b}"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", "/homes/me")
    assert from_here("dt={date}/*.parquet") == f"{tmp_path}/a{{{{b}}}}/dt={{date}}/*.parquet"
    assert [from_here(each) for each in ("/x", "s3://b/x", "~/x")] == ["/x", "s3://b/x", "~/x"]


def test_words_of_users_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    say("[red]物流[/red] :smile: " + "long " * 60)
    assert capsys.readouterr().out == "[red]物流[/red] :smile: " + "long " * 60 + "\n"
    say_json({"文": "好"}, indent=None)
    assert capsys.readouterr().out == json.dumps({"文": "好"}, ensure_ascii=False) + "\n"
