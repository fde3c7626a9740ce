"""The command line as a user has it: in this process where that is enough, in a process of its own where not."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

import typer.main

from jobs.cli.app import main
from tests.support.forked_processes import ForkedCommand

YEBAN = str(Path(sys.executable).with_name("yeban"))
"""The installed command, beside the interpreter."""
_commands = cache(typer.main.get_command)
"""Typer reads the signatures of all commands anew for each call: a fifth of what short commands take."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def output(self) -> str:
        return self.out + self.err

    def succeeded(self) -> CommandResult:
        """Check that it did what it was asked."""
        assert self.code == 0, self.output
        return self.without_traceback()

    def failed_with(self, code: int, *words: str) -> CommandResult:
        """Check for a clear message: what was got, what was expected, what to do."""
        assert self.code == code, self.output
        for word in (*words, "expected:", "to do:"):
            assert word in self.err, f"{word!r} is not in:\n{self.output}"
        return self.without_traceback()

    def without_traceback(self) -> CommandResult:
        """Check that nobody was shown the inside of the program."""
        assert "Traceback" not in self.output, self.output
        assert "Warning:" not in self.output, self.output
        return self


def yeban(*args: object, stdin: str | bytes = "") -> CommandResult:
    """Run the command in this process: the same `main`, without the seconds that importing torch takes."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    typed = ["yeban", *map(str, args)]
    piped = io.TextIOWrapper(io.BytesIO(stdin if isinstance(stdin, bytes) else stdin.encode()), "utf-8")
    patches = (
        mock.patch.object(sys, "argv", typed),
        mock.patch.object(sys, "stdin", piped),
        mock.patch.object(typer.main, "get_command", _commands),
    )
    with patches[0], patches[1], patches[2], redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    return CommandResult(int(str(code or 0)), out.getvalue(), err.getvalue())


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a child process inherits: one thread, no network."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", **(extra or {})}


def yeban_process(*args: object, cwd: Path | None = None) -> CommandResult:
    """Run the command in a process of its own and wait for it."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = (Path(folder) / name for name in ("out", "err"))
        code = ForkedCommand([*map(str, args)], (out, err), environment(), cwd).wait()
        return CommandResult(code, out.read_text("utf-8"), err.read_text("utf-8"))


def installed_yeban(*args: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> CommandResult:
    """The same with the installed script, which imports everything anew."""
    done = subprocess.run(
        [YEBAN, *map(str, args)],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return CommandResult(done.returncode, done.stdout, done.stderr)


Running = subprocess.Popen[bytes] | ForkedCommand
"""A process of the command."""


def start_yeban(*args: object, log: Path, env: Mapping[str, str] | None = None) -> Running:
    """Start the command and don't wait; what it says is appended to `log`.

    With an environment of its own it is the installed one, and imports everything anew.
    """
    if not env:
        return ForkedCommand([*map(str, args)], (log, log), environment())
    with log.open("ab") as stream:
        return subprocess.Popen(
            [YEBAN, *map(str, args)], env=environment(env), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
        )
