from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from monitoring.alerts.sinks.base.registry import SINKS
from monitoring.alerts.sinks.base.settings import SinkSettings
from monitoring.alerts.sinks.command import CommandSettings
from monitoring.alerts.sinks.log import LogSettings, LogSink

MADE = {
    "log": {},
    "jsonl": {"path": "a.jsonl"},
    "webhook": {"url": "https://example.com/x"},
    "command": {"command": ["true"]},
}


def made(kind: str) -> SinkSettings:
    return SINKS.get(kind).model_validate({"kind": kind, **MADE[kind]})


@pytest.mark.parametrize("kind", MADE)
def test_each_kind_makes_a_sink_with_a_name_of_its_own(kind: str, tmp_path: Path) -> None:
    settings = made(kind)
    assert settings.sink(tmp_path, {}).name.startswith(kind)
    assert settings.secrets() == ()
    assert list(settings.problems(tmp_path)) == []


@pytest.mark.parametrize("kind", MADE)
def test_unknown_keys_are_refused(kind: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        SINKS.get(kind).model_validate({"kind": kind, **MADE[kind], "strange": 1})


def test_settings_never_change() -> None:
    settings = LogSettings(kind="log")
    assert settings.sink(Path(), {}) == LogSink()
    with pytest.raises(ValidationError, match="frozen"):
        settings.kind = "log"


def test_a_program_in_the_home_is_found(tmp_path: Path) -> None:
    settings = CommandSettings(kind="command", command=("./notify",))
    assert [each.got for each in settings.problems(tmp_path)] == ["there is no program ./notify"]
    (tmp_path / "notify").touch(0o755)
    assert list(settings.problems(tmp_path)) == []
