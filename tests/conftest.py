"""Fixtures of the tests that drive the command line: tiny bundles built once, homes made for each test."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.homes import Home

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # before anybody imports transformers


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a preset's tiny bundle, built when it is first asked for."""
    root = tmp_path_factory.mktemp("bundles")

    def folder(task: str) -> Path:
        from tests.support.bundles import build_bundle  # torch, only for those who need it

        if not (root / task).exists():
            build_bundle(root, task)
        return root / task

    return folder


@pytest.fixture
def new_home(tmp_path: Path, tiny_bundle: Callable[[str], Path]) -> Callable[..., Home]:
    """A function that makes a home for a task with its tiny bundle; options are those of `Home.configure`."""

    def make(task: str = "comment", name: str = "home", **options: Any) -> Home:
        home = Home(tmp_path / name, task, tiny_bundle(task))
        home.root.mkdir()
        home.configure(**options)
        return home

    return make
