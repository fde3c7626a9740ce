"""Runs that are killed: at which moment, how often, and what the undisturbed run took."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

from tests.support.command import Running, start_yeban
from tests.support.homes import DAY, Home
from tests.support.waiting import wait_until

POLL_S = 0.005

Stage = Literal["starting", "staging", "loading"]


@dataclass(frozen=True, slots=True)
class RunTiming:
    """What an undisturbed run takes.

    Attributes:
        units: Parts that it stages.
        start_s: Until the first part: imports, the model, the first unit.
        unit_s: Between parts.
        load_s: From the last part to the end.
    """

    units: int
    start_s: float
    unit_s: float
    load_s: float


@dataclass(slots=True)
class KillableRun:
    """A home whose `yeban score` is started, watched and killed.

    Attributes:
        home: The home.
        log: What the runs said.
        env: For the runs.
        command: What is run.
        hits: At which stage a run was killed that was still at work.
    """

    home: Home
    log: Path
    env: Mapping[str, str]
    command: tuple[str, ...] = ("score", "comment", "--date", DAY)
    hits: list[Stage] = field(default_factory=list)

    def staged(self) -> int:
        return sum(1 for _ in (self.home.root / "parts").rglob("part-*.parquet"))

    def start(self) -> Running:
        return start_yeban(*self.command, "--home", self.home.root, log=self.log, env=self.env)

    def measure(self) -> RunTiming:
        """Let a run finish undisturbed."""
        began = time.monotonic()
        seen = [(0, began)]
        with self.start() as process:
            while process.poll() is None:
                if (count := self.staged()) != seen[-1][0]:
                    seen.append((count, time.monotonic()))
                time.sleep(POLL_S)
        assert process.returncode == 0, self.log.read_text("utf-8")
        (_, first), (units, last) = seen[1], seen[-1]
        return RunTiming(units, first - began, (last - first) / units, time.monotonic() - last)

    def kill(self, stage: Stage, ready: Callable[[], bool], delay_s: float) -> bool:
        """Start a run and kill it with SIGKILL some time after it is ready; False if it was done by then."""
        with self.start() as process:
            wait_until(ready, process, must_run=False, poll_s=POLL_S if delay_s else 0)
            time.sleep(delay_s)
            at_work = process.poll() is None
            process.kill()
        if at_work:
            self.hits.append(stage)
        else:
            assert process.returncode == 0, self.log.read_text("utf-8")
        return at_work

    def kill_at_change(self, number: int) -> bool:
        """Kill a run as soon as the files of the warehouse have changed so many times."""
        seen = []

        def changed() -> bool:
            files = sorted(self.home.root.glob(f"{self.home.warehouse_name}*"))
            with suppress(FileNotFoundError):  # it was removed between the two looks: the next one tells
                state = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
                if state and state not in seen[-1:]:
                    seen.append(state)
            return len(seen) >= number

        return self.kill("loading", changed, 0.0)

    def kill_at_random(self, stage: Stage, pace: RunTiming, random: Random) -> bool:
        """Kill a run at a random moment of a stage."""
        before = self.staged()
        if stage == "starting":
            return self.kill(stage, lambda: True, random.uniform(0, pace.start_s))
        if stage == "staging":
            target = min(before + random.randint(1, 3), pace.units)
            return self.kill(stage, lambda: self.staged() >= target, random.uniform(0, pace.unit_s))
        # Where all is staged a run gets to the load without the model: its start is short, and belongs to the stage.
        longest = pace.load_s if before < pace.units else pace.load_s + 1.0
        return self.kill(stage, lambda: self.staged() >= pace.units, random.uniform(0, longest))


def environment_without(folder: Path, *modules: str) -> dict[str, str]:
    """An environment in which importing some modules ends a run."""
    for module in modules:
        package = folder / module
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(f"raise RuntimeError('{module} was imported')\n")
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)}


def kill_when(ready: Callable[[], bool], log: Path, *command: object, ended: int = 0) -> bool:
    """Start a command and kill it with SIGKILL as soon as something is so; False if it was done by then.

    Args:
        ready: What to wait for.
        log: What the command says.
        *command: Of `yeban`.
        ended: The exit code of a command that is done.
    """
    with start_yeban(*command, log=log) as process:
        wait_until(ready, process, must_run=False, poll_s=0)
        at_work = process.poll() is None
        process.kill()
    assert at_work or process.returncode == ended, log.read_text("utf-8")
    return at_work
