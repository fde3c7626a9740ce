"""Alerts in a JSON Lines file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from monitoring.alerts.notice import Notice
from monitoring.alerts.sinks.base.registry import register
from monitoring.alerts.sinks.base.settings import SinkSettings
from monitoring.alerts.sinks.base.sink import not_taken
from monitoring.findings.json_form import to_json
from storage.errors import ConfigError
from storage.files.atomic import expand_user, make_folder


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
            raise not_taken(
                f"{self.path} can't be written: {error.strerror or error}", "check its rights and the space left"
            ) from error


@register
class JsonlSettings(SinkSettings):
    """Alerts in a JSON Lines file; a relative path starts at the home."""

    kind: Literal["jsonl"]
    path: str = Field(min_length=1)

    @field_validator("path")
    @classmethod
    def _of_a_user(cls, value: str) -> str:
        try:
            return str(expand_user(value))
        except ConfigError as error:
            raise ValueError(error.got) from error

    def sink(self, home: Path, _environment: Mapping[str, str]) -> JsonlSink:
        """The sink."""
        return JsonlSink(home / self.path)


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
