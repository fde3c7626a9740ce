"""Processes of the command that start at once: torch is imported once, in a server that forks them.

A fault test kills dozens of runs, and importing takes most of a run's time. What such a process does is the same; only
the installed script is not part of it, see `command.installed_yeban`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import TimeoutExpired
from types import TracebackType
from typing import Final, Self

HEAVY: Final = (
    "torch",
    "transformers",
    "transformers.modeling_utils",
    "transformers.models.bert.modeling_bert",
    "transformers.models.auto.modeling_auto",
    "pyarrow.parquet",
    "polars",
    "duckdb",
)
"""Libraries alone: the project's modules are imported by each process, with its own environment."""
_POLL_S: Final = 0.002


def _server() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload([*HEAVY])
    return context


class Launched:
    """A process of `yeban`, with as much of `subprocess.Popen` as tests ask for.

    Args:
        words: The command, without `yeban`.
        said: Files that standard output and standard error are appended to; they may be the same.
        env: Its whole environment.
        cwd: Where it runs; here where None.
    """

    def __init__(
        self, words: Sequence[str], said: tuple[Path, Path], env: Mapping[str, str], cwd: Path | None = None
    ) -> None:
        self.args = ["yeban", *words]
        self._process = _server().Process(
            target=_run, args=(self.args, [*map(str, said)], dict(env), str(cwd or Path.cwd()))
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended, the signal's number below 0 where one killed it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same, looked at now."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; how it did."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutExpired(self.args, timeout or 0.0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wait()


def _run(args: list[str], said: list[str], env: dict[str, str], folder: str) -> None:
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    for descriptor, path in enumerate((os.devnull, *said)):
        opened = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(folder)
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, errors="backslashreplace")  # noqa: SIM115
    sys.argv = args
    from jobs.cli.app import main

    main()
