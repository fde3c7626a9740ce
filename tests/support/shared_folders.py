"""Folders that are expensive to build: one worker of a test run builds each, and all of them use it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SharedFolders:
    """Folders of a test run, by name. Nobody changes what is in them: a test that writes takes a copy.

    Attributes:
        root: Where they lie; the same for all workers of a run.
    """

    root: Path

    def get(self, name: str, build: Callable[[Path], object]) -> Path:
        """The folder of this name; the first one who asks builds it, others wait for that.

        Args:
            name: Of the folder.
            build: Fills the folder, which does not exist yet. Absolute paths in it stay valid.
        """
        folder, done = self.root / name, self.root / f"{name}.done"
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (self.root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # a build that failed
                build(folder)
                done.touch()
        return folder


def run_root(basetemp: Path) -> Path:
    """The temporary folder that all workers of a run share."""
    return basetemp.parent if "PYTEST_XDIST_WORKER" in os.environ else basetemp
