"""Alerts to a program's standard input."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

from pydantic import Field, field_validator

from monitoring.alerts.notice import Notice, plain
from monitoring.alerts.sinks.base.registry import register
from monitoring.alerts.sinks.base.settings import SinkProblem, SinkSettings
from monitoring.alerts.sinks.base.sink import not_taken
from storage.errors import SinkFailed
from storage.records import digest

_SHOWN: Final = 200
"""Characters of a program's words in an error."""


@dataclass(frozen=True, slots=True)
class CommandSink:
    """Starts a program that reads `{"alerts": [...]}` from its standard input; exit code 0 says that it took them.

    Attributes:
        command: The program and its arguments; no shell is in between.
        folder: Where it runs.
        timeout_s: How long it may take, seconds; then it and what it has started are killed.
    """

    command: tuple[str, ...]
    folder: Path
    timeout_s: float = 60.0

    @property
    def name(self) -> str:
        """`command`, the program, and a digest of the whole line."""
        return f"command {Path(self.command[0]).name} {digest(*self.command, length=8)}"

    def send(self, alerts: Sequence[Notice]) -> None:
        """Run it.

        Raises:
            SinkFailed: It is missing, took too long, or failed.
        """
        data = json.dumps({"alerts": plain(alerts)}, ensure_ascii=False).encode()
        with tempfile.TemporaryFile() as words:  # a pipe would stay open as long as a grandchild lives
            try:
                code = self._run(data, words)
            except subprocess.TimeoutExpired as error:
                raise self._failed(f"took longer than {self.timeout_s:g} s") from error
            except (OSError, ValueError) as error:
                raise self._failed(f"can't be started: {error}") from error
            if code:
                words.seek(0)
                last = words.read().decode("utf-8", "replace").strip().splitlines()[-1:]
                raise self._failed(f"ended with {code}" + "".join(f": {line[:_SHOWN]}" for line in last))

    def _run(self, data: bytes, words: IO[bytes]) -> int:
        with subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=words,
            cwd=self.folder,
            start_new_session=True,
        ) as process:
            try:
                process.communicate(data, timeout=self.timeout_s)
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise
            return process.returncode

    def _failed(self, got: str) -> SinkFailed:
        return not_taken(f"{self.name}: {got}", "run it by hand with {} on its standard input")


@register
class CommandSettings(SinkSettings):
    """Alerts to a program's standard input; it runs in the home."""

    kind: Literal["command"]
    command: tuple[str, ...] = Field(min_length=1)
    timeout_s: float = Field(default=60.0, gt=0, le=3600, allow_inf_nan=False)

    @field_validator("command")
    @classmethod
    def _names_a_program(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value[0]:
            raise ValueError("the first word is empty; expected the program")
        return value

    def sink(self, home: Path, _environment: Mapping[str, str]) -> CommandSink:
        """The sink."""
        return CommandSink(self.command, home, self.timeout_s)

    def problems(self, home: Path) -> Iterable[SinkProblem]:
        """A program that is not there."""
        program = self.command[0]
        if shutil.which(program if "/" not in program else str(home / program)) is None:
            yield SinkProblem(f"there is no program {program}", "install it, or mend `command` in yeban.toml")
