"""Where alerts go: the log, a JSON Lines file, a webhook, a command."""

from __future__ import annotations

import http.client
import json
import logging
import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import IO, Any, Final, Protocol
from urllib.parse import urlsplit

from monitoring.alerts.notice import Notice
from monitoring.findings.json_form import to_json
from storage.errors import SinkFailed
from storage.files.atomic import make_folder
from storage.records import digest

log = logging.getLogger("yeban.alerts")

FIRST_WAIT_S: Final = 0.5
"""Before the second try; each further one waits twice as long."""
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers of a server that may take the same request later."""
_SHOWN: Final = 200
"""Characters of a program's or server's words in an error."""


class Sink(Protocol):
    """Takes alerts."""

    @property
    def name(self) -> str:
        """Tells it from other sinks and stays the same from run to run; holds no secret."""

    def send(self, alerts: Sequence[Notice]) -> None:
        """Take alerts: all of them or, with an error, none.

        Raises:
            SinkFailed: They were not taken.
        """


@dataclass(frozen=True, slots=True)
class LogSink:
    """Writes one line per alert to the log."""

    name: str = "log"

    def send(self, alerts: Sequence[Notice]) -> None:
        """Log them as warnings, what is critical as errors."""
        for alert in alerts:
            level = logging.ERROR if alert.severity == "critical" else logging.WARNING
            log.log(level, "%s %s %s: %s", alert.severity, alert.task, alert.logical_date, alert.message.en)


@dataclass(frozen=True, slots=True)
class ClosedSink:
    """Takes nothing, because something that it needs is missing; alerts wait until it is there.

    Attributes:
        name: The name that it has, too, when all is there.
        why: What is missing.
    """

    name: str
    why: str

    def send(self, _alerts: Sequence[Notice]) -> None:
        """Refuse.

        Raises:
            SinkFailed: Always.
        """
        raise _failed(f"{self.name}: {self.why}", "set it where yeban is started")


@dataclass(frozen=True, slots=True)
class JsonlSink:
    """Appends one JSON object per alert to a file.

    Attributes:
        path: The file; made with its folder when the first alert comes.
    """

    path: Path

    @property
    def name(self) -> str:
        """`jsonl` and the file."""
        return f"jsonl {self.path}"

    def send(self, alerts: Sequence[Notice]) -> None:
        """Append them, durably.

        Raises:
            SinkFailed: The file can't be written or the disk is full; nothing of them stays in it.
        """
        lines = b"".join(to_json(alert) + b"\n" for alert in alerts)
        try:
            make_folder(self.path.parent)
            with self.path.open("ab+", buffering=0) as file:  # what a buffer holds would be tried again on closing
                _append(file, lines)
        except OSError as error:
            raise _failed(
                f"{self.path} can't be written: {error.strerror or error}", "check its rights and the space left"
            ) from error


def _append(file: FileIO, data: bytes) -> None:
    """Add whole lines at the end, also after a line that a crash cut off; on an error the file is as it was."""
    end = file.seek(0, os.SEEK_END)
    if end:
        file.seek(end - 1)
        data = data if file.read(1) == b"\n" else b"\n" + data
    try:
        while data:
            data = data[file.write(data) :]
        os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            os.ftruncate(file.fileno(), end)
        raise


@dataclass(frozen=True, slots=True)
class WebhookSink:
    """Posts `{"text": "one line per alert", "alerts": [...]}` to an HTTP address.

    Attributes:
        url: http or https; it may hold a secret, so it is never shown.
        timeout_s: How long each try may wait for the server, seconds.
        attempts: Tries, with growing waits between them.
        sleep: Waits so many seconds.
        token: Sent as `Authorization: Bearer ...`; never shown.
        label: Its name, for an address that may change; else one is made from the address.
    """

    url: str = field(repr=False)
    timeout_s: float = 10.0
    attempts: int = 3
    sleep: Callable[[float], None] = time.sleep
    token: str = field(default="", repr=False)
    label: str = ""

    @property
    def name(self) -> str:
        """`webhook`, the host, and a digest that tells apart two addresses of one host."""
        return self.label or f"webhook {urlsplit(self.url).hostname} {digest(self.url, length=8)}"

    def send(self, alerts: Sequence[Notice]) -> None:
        """Post them; tried again while the server is busy or can't be reached.

        Raises:
            SinkFailed: No server took them.
        """
        text = "\n".join(f"[{each.severity}] {each.task} {each.logical_date}: {each.message.en}" for each in alerts)
        body = json.dumps({"text": text, "alerts": _plain(alerts)}, ensure_ascii=False).encode()
        for attempt in range(self.attempts):
            if attempt:
                self.sleep(FIRST_WAIT_S * 2 ** (attempt - 1))
            problem, again = self._post(body)
            if not problem:
                return
            if not again:
                break
        raise _failed(f"{self.name}: {problem}", "check the address in yeban.toml and the server behind it")

    def _post(self, body: bytes) -> tuple[str, bool]:
        """One try: what went wrong, empty when nothing did, and whether it may go better next time."""
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "yeban"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url, body, headers, method="POST")
        try:
            with urllib.request.build_opener(_Straight).open(request, timeout=self.timeout_s):
                return "", False
        except urllib.error.HTTPError as error:
            with error:
                return f"the server answered {error.code} {error.reason}"[:_SHOWN], error.code in _BUSY
        except (http.client.InvalidURL, ValueError):  # their words quote what may be a secret
            return "the address or the token can't be sent as it is", False
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            return f"{reason or type(reason).__name__}"[:_SHOWN], True


class _Straight(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a POST that follows one becomes a GET without its body."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """No request: the redirect is an error."""


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
        data = json.dumps({"alerts": _plain(alerts)}, ensure_ascii=False).encode()
        with tempfile.TemporaryFile() as words:  # a pipe would stay open as long as a grandchild lives
            try:
                code = self._run(data, words)
            except subprocess.TimeoutExpired as error:
                raise self._failed(f"took longer than {self.timeout_s:g} s") from error
            except (OSError, ValueError) as error:
                raise self._failed(f"can't be started: {error}") from error
            if code:
                words.seek(0)
                said = words.read().decode("utf-8", "replace").strip().splitlines()[-1:]
                raise self._failed(f"ended with {code}" + "".join(f": {line[:_SHOWN]}" for line in said))

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
        return _failed(f"{self.name}: {got}", "run it by hand with {} on its standard input")


def _plain(alerts: Sequence[Notice]) -> list[dict[str, Any]]:
    return [json.loads(to_json(alert)) for alert in alerts]


def _failed(got: str, action: str) -> SinkFailed:
    return SinkFailed(
        got,
        expected="a sink that takes the alerts; until then they wait in the outbox",
        action=f"{action}; the next delivery tries again",
    )
