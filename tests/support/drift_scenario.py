"""A task whose world changes: old words that tell the class, and new ones that nobody has learned yet."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from models.training.recipe import load_recipe
from tests.support.bundles import SLIDING, TINY
from tests.support.command import CommandResult, yeban
from tests.support.homes import Home

_OLD = ("好书", "坏店", "快车", "慢船", "高山", "低谷", "大海")
_NEW = ("绝绝子", "摆烂了", "上大分", "栓不住", "破大防", "真下头", "拿捏住")
_FILLERS = "的一是了我不在人他有" + "".join(_NEW)
TRAINING = (*TINY, "schedule.epochs=8", "schedule.batch_docs=16", "optimizer.learning_rate=5e-3", "schedule.patience=9")
TUNING = ("schedule.epochs=4", "schedule.batch_docs=16", "optimizer.learning_rate=3e-3", "rehearsal=1.5")


@dataclass(frozen=True, slots=True)
class DriftScenario:
    """Labelled files of a task in a home: `train`, `new`, `golden`, `recent`."""

    home: Home
    labels: tuple[str, ...]

    def file(self, name: str) -> Path:
        return self.home.root / f"{name}.parquet"

    def write(
        self, name: str, count: int, seed: int, *, fresh: float, swap: dict[int, int] | None = None, share: float = 1.0
    ) -> Path:
        """Write labelled rows.

        Args:
            name: The file.
            count: Rows.
            seed: Decides which.
            fresh: Share of the rows that tell their class by a new word.
            swap: Classes whose rows are labelled as another.
            share: Rows of the swapped classes that are labelled so.
        """
        random = np.random.default_rng(seed)
        gold = random.integers(0, len(self.labels), count)
        is_fresh, is_swapped = random.random(count) < fresh, random.random(count) < share
        long = self.home.task == "news"
        texts = [
            _text(random, (_NEW if new else _OLD)[kind], long=long) for kind, new in zip(gold, is_fresh, strict=True)
        ]
        given = [
            (swap or {}).get(int(kind), int(kind)) if swapped else int(kind)
            for kind, swapped in zip(gold, is_swapped, strict=True)
        ]
        frame = pl.DataFrame({"text": texts, "label": given, "topic": ["新" if each else "旧" for each in is_fresh]})
        frame.write_parquet(self.file(name))
        return self.file(name)

    def run(self, *args: object) -> CommandResult:
        command, *rest = args
        first, *more = str(command).split()
        return yeban(first, *more, self.home.task, *rest, "--home", self.home.root)

    def train(self, *settings: str) -> str:
        """Train on `train.parquet`; the version."""
        sliding = SLIDING if self.home.task == "news" else ()
        before = self.versions()
        self.run("train", "--train", self.file("train"), *sets((*TRAINING, *sliding, *settings))).succeeded()
        (version,) = self.versions() - before
        return version

    def finetune(self, *args: object, settings: Sequence[str] = ()) -> str:
        """Fine-tune on `new.parquet`, unless told otherwise; the version."""
        before = self.versions()
        files = ("--new", self.file("new"), "--rehearsal", self.file("train"))
        self.run("finetune", *files, *args, *sets((*TUNING, *settings))).succeeded()
        (version,) = self.versions() - before
        return version

    def gate(self, challenger: str, *more: object) -> CommandResult:
        """Hold the gate on `golden.parquet` and `recent.parquet`."""
        files = ("--golden", self.file("golden"), "--recent", self.file("recent"))
        return self.run("gate", challenger, *files, "--group-column", "topic", *more)

    def versions(self) -> set[str]:
        folder = self.home.root / "bundles" / self.home.task
        return {file.parent.name for file in folder.glob("[!.]*/manifest.json")}


def drift_scenario(home: Home) -> DriftScenario:
    """A home with a trained champion that does not know the new words yet."""
    # A busy machine is not what is tested, and a tiny network is not as calibrated as a real one.
    home.configure(rows=500, more="\n[gate]\nslowdown = 20.0\nece = 0.12\n")
    home.change('bundle = "."', "")
    world = DriftScenario(home, load_recipe(home.task, None).labels)
    classes = len(world.labels)
    less = 2 if home.task == "news" else 1  # long texts cost more
    world.write("train", 120 * classes // less, 1, fresh=0.0)
    world.write("new", 40 * classes // less, 2, fresh=0.8)
    world.write("golden", 600, 3, fresh=0.2)
    world.write("recent", 400, 4, fresh=0.7)
    world.train()
    return world


def copy_of_scenario(source: Path, folder: Path, task: str) -> DriftScenario:
    """The scenario of a home, in a copy of it."""
    shutil.copytree(source, folder)
    return DriftScenario(Home(folder, task, Path()), load_recipe(task, None).labels)


def _text(random: np.random.Generator, sign: str, *, long: bool) -> str:
    """Fillers with the sign in them; long texts say it in every sentence."""
    parts = 5 if long else 1
    return "，".join(
        "".join(random.choice(list(_FILLERS), random.integers(6, 12)))
        + sign
        + "".join(random.choice(list(_FILLERS), random.integers(2, 6)))
        for _ in range(parts)
    )


def sets(settings: Sequence[str]) -> list[str]:
    """Recipe settings as words of a command."""
    return [word for setting in settings for word in ("--set", setting)]
