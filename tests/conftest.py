"""Fixtures of the tests that drive the command line: bundles and homes that are built once a run, and copied."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.homes import Home
from tests.support.longest_tests import pytest_terminal_summary as pytest_terminal_summary
from tests.support.shared_folders import SharedFolders, run_root

if TYPE_CHECKING:
    from tests.support.drift_scenario import DriftScenario

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # before anybody imports transformers


@pytest.fixture(scope="session")
def shared_folders(tmp_path_factory: pytest.TempPathFactory) -> SharedFolders:
    """Folders that one worker of the run builds for all."""
    return SharedFolders(run_root(tmp_path_factory.getbasetemp()) / "shared")


@pytest.fixture(scope="session")
def tiny_bundle(shared_folders: SharedFolders) -> Callable[[str], Path]:
    """Folder of a preset's tiny bundle, built when it is first asked for."""

    def folder(task: str) -> Path:
        def build(root: Path) -> None:
            from tests.support.bundles import build_bundle  # torch, only for those who need it

            build_bundle(root, task)

        return shared_folders.get(f"bundle-{task}", build) / task

    return folder


@pytest.fixture(scope="session")
def shared_home(shared_folders: SharedFolders, tiny_bundle: Callable[[str], Path]) -> Callable[..., Home]:
    """A function that returns a home that is built once a run; `copy_of_home` gives a test its own.

    Its arguments are the name, a function that fills the new home, and the options of `Home.configure`.
    """

    def make(name: str, fill: Callable[[Home], object], task: str = "comment", **options: Any) -> Home:
        bundle = tiny_bundle(task)

        def build(root: Path) -> None:
            root.mkdir()
            home = Home(root, task, bundle)
            home.configure(**options)
            fill(home)

        return Home(shared_folders.get(name, build), task, bundle)

    return make


@pytest.fixture
def copy_of_home(tmp_path: Path) -> Callable[[Home], Home]:
    """A function that copies a shared home for a test."""
    return lambda home: Home(Path(shutil.copytree(home.root, tmp_path / "home")), home.task, home.bundle)


@pytest.fixture(scope="session")
def new_world(
    shared_folders: SharedFolders, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], DriftScenario]:
    """A function that copies the drift scenario of a task, whose champion is trained once a run."""

    def make(task: str) -> DriftScenario:
        from tests.support.drift_scenario import copy_of_scenario, drift_scenario  # torch, only for those who need it

        def build(root: Path) -> None:
            root.mkdir()
            drift_scenario(Home(root, task, Path()))

        folder = tmp_path_factory.mktemp(f"scenario-{task}") / "home"
        return copy_of_scenario(shared_folders.get(f"scenario-{task}", build), folder, task)

    return make


@pytest.fixture
def new_home(tmp_path: Path, tiny_bundle: Callable[[str], Path]) -> Callable[..., Home]:
    """A function that makes a home for a task with its tiny bundle; options are those of `Home.configure`."""

    def make(task: str = "comment", name: str = "home", **options: Any) -> Home:
        home = Home(tmp_path / name, task, tiny_bundle(task))
        home.root.mkdir()
        home.configure(**options)
        return home

    return make
