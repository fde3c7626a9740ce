"""Processes that start at once: the heavy libraries are imported once, in a server that forks the processes.

A fault test kills dozens of processes, and importing takes most of the time of each. What such a process does is the
same as in a new interpreter; only the installed script is not part of it, see `command.installed_yeban`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import TimeoutExpired
from types import TracebackType
from typing import Any, Final, Self

HEAVY: Final = (
    "torch",
    "transformers",
    "transformers.modeling_utils",
    "transformers.models.bert.modeling_bert",
    "transformers.models.auto.modeling_auto",
    "pyarrow.parquet",
    "polars",
    "duckdb",
    "evidently",
    "evidently.metrics",
    "evidently.sdk.panels",
)
"""Libraries alone: the project's modules are imported by each process, with its own environment."""
ROOT: Final = Path(__file__).parents[2]


def _server() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload([*HEAVY])
    return context


class ForkedProcess:
    """A process that runs a function, with as much of `subprocess.Popen` as tests need.

    Args:
        target: A function of a module.
        args: Its arguments.
        name: What the process is called in messages.
    """

    def __init__(self, target: Callable[..., None], args: tuple[object, ...], name: Sequence[str]) -> None:
        self.args = [*name]
        self._process = _server().Process(target=target, args=args)
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, the negative signal number where a signal ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The present `returncode`."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; returns the exit code."""
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


class ForkedCommand(ForkedProcess):
    """A process of `yeban`.

    Args:
        words: The command, without `yeban`.
        outputs: Files that standard output and standard error are appended to; they may be the same.
        env: Its whole environment.
        cwd: Its working directory; None: the present one.
    """

    def __init__(
        self, words: Sequence[str], outputs: tuple[Path, Path], env: Mapping[str, str], cwd: Path | None = None
    ) -> None:
        args = ["yeban", *words]
        super().__init__(_run_command, (args, [*map(str, outputs)], dict(env), str(cwd or Path.cwd())), args)


class ForkedFunction(ForkedProcess):
    """A process that calls a function of a test module with strings, as `python -c` would; two pipes lead to it.

    Args:
        module: The module, as it is imported from the root of the repository.
        function: The function in it.
        *args: Its arguments; they are passed as strings.
        outputs: Files that standard output and standard error are appended to; None: standard output is a pipe.
        env: Its whole environment; None: that of this process.
    """

    def __init__(
        self,
        module: str,
        function: str,
        *args: object,
        outputs: tuple[Path, Path] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        context = _server()
        (stdin, self._stdin), (self._stdout, stdout) = context.Pipe(duplex=False), context.Pipe(duplex=False)
        files = None if outputs is None else [*map(str, outputs)]
        words = [*map(str, args)]
        super().__init__(
            _run_function, (module, function, words, stdin, stdout, files, dict(env or os.environ)), [function, *words]
        )
        stdin.close()
        stdout.close()

    def read_line(self) -> str:
        """The next line of its standard output, without the line end; empty where it has ended."""
        line = b""
        while not line.endswith(b"\n") and (byte := os.read(self._stdout.fileno(), 1)):
            line += byte
        return line.decode().rstrip("\n")

    def close(self) -> None:
        """Close both pipes: the process reads the end of its standard input."""
        self._stdin.close()
        self._stdout.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        super().__exit__(kind, error, trace)


def _run_command(args: list[str], outputs: list[str], env: dict[str, str], folder: str) -> None:
    _use_environment(env)
    _write_to(outputs)
    os.chdir(folder)
    sys.argv = args
    from jobs.cli.app import main

    main()


def _run_function(
    module: str,
    function: str,
    args: list[str],
    stdin: Connection,
    stdout: Connection,
    outputs: list[str] | None,
    env: dict[str, str],
) -> None:
    _use_environment(env)
    os.chdir(ROOT)
    if outputs is not None:
        _write_to(outputs)
    else:
        os.dup2(stdin.fileno(), 0)
        os.dup2(stdout.fileno(), 1)
        sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115
    stdin.close()
    stdout.close()
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    called: Any = getattr(import_module(module), function)
    called(*args)
    sys.stdout.flush()


def _use_environment(env: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(env)
    time.tzset()


def _write_to(outputs: list[str]) -> None:
    """Make the standard streams: nothing to read, and two files to append to."""
    for descriptor, path in enumerate((os.devnull, *outputs)):
        opened = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, errors="backslashreplace")  # noqa: SIM115
