"""The folder with a `yeban.toml`, and where everything lies below it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.config.home import Home
from jobs.config.model import Config
from jobs.config.sections.scoring import Task
from storage.errors import ConfigError

FOLDERS = {
    "parts": "parts",
    "summaries": "summaries",
    "references": "references",
    "bundles": "bundles",
    "shadow": "shadow",
    "run_records": "runs",
    "prediction_cache": "cache/answers",
    "evidently": "evidently",
    "nights": "nights",
    "alerts": "alerts",
    "relabel": "relabel",
    "learning_curves": "cache/effect",
    "retired": "retired",
    "reports": "reports",
    "logs": "logs",
    "locks": "locks",
    "schedule": "schedule",
    "warehouse": "yeban.duckdb",
}
"""What homes on disk look like: another name loses what users have."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, Config(tasks={"comment": Task(bundle="abc"), "weibo": Task()}))


def test_folders_have_the_names_that_homes_on_disk_have(home: Home) -> None:
    assert {name: getattr(home, name).relative_to(home.root).as_posix() for name in FOLDERS} == FOLDERS


def test_asking_for_a_store_writes_nothing(home: Home) -> None:
    assert home.run_log.list() == []
    assert list(home.part_store.slots("comment")) == []
    assert home.registry.champion("comment") is None
    assert list(home.root.iterdir()) == []


def test_the_warehouse_is_the_configured_file(tmp_path: Path) -> None:
    home = Home(tmp_path, Config.model_validate({"warehouse": {"path": "w.duckdb"}}))
    with home.open_warehouse().writing():
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["w.duckdb"]


def test_a_task_is_found_by_its_name(home: Home) -> None:
    assert home.task("comment").bundle == "abc"


@pytest.mark.parametrize(("name", "hint"), [("coment", "did you mean 'comment'?"), ("zzz", "no task 'zzz' in")])
def test_an_unknown_task_is_refused_with_the_known_ones(home: Home, name: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        home.task(name)
    assert hint in caught.value.got
    assert ("did you mean" in caught.value.got) == (name == "coment")
    assert caught.value.expected == "one of comment, weibo"
    assert f"[tasks.{name}]" in caught.value.action
