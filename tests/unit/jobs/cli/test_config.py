"""config check, config schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.config.json_schema import config_schema
from tests.support.bare_homes import bare_home
from tests.support.command import yeban

HOOK = "[[monitor.sinks]]\nkind = 'webhook'\nurl = 'env:YEBAN_TEST_HOOK'\n"


def test_a_sound_file_and_the_variables_that_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YEBAN_TEST_HOOK", raising=False)
    bare_home(tmp_path, HOOK)
    shown = yeban("config", "check", "--home", tmp_path).succeeded().out
    assert "no mistakes" in shown
    assert "tasks: comment, weibo" in shown
    assert "YEBAN_TEST_HOOK is not set here" in shown
    monkeypatch.setenv("YEBAN_TEST_HOOK", "https://h/x")
    flat = json.loads(yeban("config", "check", "--json", "--home", tmp_path).succeeded().out)
    assert (flat["ok"], flat["tasks"], flat["variables_not_set"]) == (True, ["comment", "weibo"], [])


def test_mistakes_as_text_and_as_json(tmp_path: Path) -> None:
    file = bare_home(tmp_path).root / "yeban.toml"
    file.write_text("[engine]\nprecison = 'bf16'\n", "utf-8")
    yeban("config", "check", "--home", tmp_path).failed_with(2, "did you mean 'precision'?")
    ended = yeban("config", "check", "--json", "--home", tmp_path)
    flat = json.loads(ended.out)
    assert (ended.code, flat["ok"], len(flat["mistakes"])) == (2, False, 1)


def test_the_schema_is_printed_or_written(tmp_path: Path) -> None:
    assert json.loads(yeban("config", "schema").succeeded().out) == config_schema()
    file = tmp_path / "s.json"
    assert f"wrote {file}" in yeban("config", "schema", "--out", file).succeeded().out
    assert json.loads(file.read_text("utf-8")) == config_schema()
