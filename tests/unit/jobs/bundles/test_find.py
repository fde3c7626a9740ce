"""Which bundle a task uses: the one asked for, the configured one, or the champion."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.config.model import Config
from jobs.config.sections.scoring import Task
from models.registry import EMBEDDED
from storage.errors import BundleIncomplete, ConfigError
from tests.support.copied_bundles import TASK, add_copies, embedded_version


def home_of(root: Path, **tasks: Task) -> Home:
    return Home(root, Config(tasks=tasks))


def test_the_embedded_bundle_is_used_until_there_is_a_champion(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    assert find_bundle(home, TASK, None).version == embedded_version()
    (trained,) = add_copies(home.registry, "one")
    assert find_bundle(home, TASK, None).version == embedded_version()
    home.registry.set_champion(TASK, trained)
    assert find_bundle(home, TASK, None).version == trained


def test_what_is_asked_for_counts_before_what_is_configured(tmp_path: Path) -> None:
    one, two = add_copies(home_of(tmp_path).registry, "one", "two")
    home = home_of(tmp_path, comment=Task(bundle=one))
    assert find_bundle(home, TASK, None).version == one
    assert find_bundle(home, TASK, two[:10]).version == two
    held = find_bundle(home, TASK, two)
    assert find_bundle(home, TASK, held) is held


def test_a_configured_folder_counts_from_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(EMBEDDED / TASK, tmp_path / "home" / "own")
    monkeypatch.chdir(tmp_path)
    found = find_bundle(home_of(tmp_path / "home", weibo=Task(bundle="own")), "weibo", None)
    assert found.path == tmp_path / "home" / "own"


def test_a_mistyped_task_is_the_mistake_and_not_its_missing_bundle(tmp_path: Path) -> None:
    home = home_of(tmp_path, weibo=Task())
    with pytest.raises(ConfigError, match="did you mean 'weibo'"):
        find_bundle(home, "weib", None)
    with pytest.raises(BundleIncomplete, match="task 'weibo' has no bundle yet"):
        find_bundle(home, "weibo", None)
