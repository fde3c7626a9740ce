"""The registry of sinks, and a kind of sink that no file of yeban knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest

from jobs.config.file import CONFIG_NAME, Config, Home, read_config
from jobs.config.json_schema import config_schema
from jobs.config.schema_paths import keys_at
from jobs.config.sections.monitoring import MonitorSection
from jobs.doctor.tasks import check_sinks
from monitoring.alerts.delivery import deliver
from monitoring.alerts.notice import Notice
from monitoring.alerts.outbox import Outbox
from monitoring.alerts.secret import Secret, revealed, variable_of
from monitoring.alerts.sinks.base.registry import SINKS, register
from monitoring.alerts.sinks.base.settings import SinkProblem, SinkSettings
from storage.errors import ConfigError
from tests.support.sample_findings import alert

SECTION = '[[monitor.sinks]]\nkind = "folder"\npath = "told"\nmark = "env:MARK"\n'
NOW = datetime(2026, 1, 6, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FolderSink:
    """Writes a file for each alert."""

    folder: Path
    mark: str
    name: str = "folder"

    def send(self, alerts: Sequence[Notice]) -> None:
        self.folder.mkdir(exist_ok=True)
        for each in alerts:
            (self.folder / each.id).write_text(f"{self.mark} {each.message.en}", "utf-8")


@pytest.fixture
def folder() -> Iterator[None]:
    """A kind of sink that registers itself, with its settings and its check."""

    @register
    class FolderSettings(SinkSettings):
        kind: Literal["folder"]
        path: str
        mark: Secret

        def secrets(self) -> tuple[str, ...]:
            return (variable_of(self.mark) or "",)

        def sink(self, home: Path, environment: Mapping[str, str]) -> FolderSink:
            return FolderSink(home / self.path, revealed(self.mark, environment))

        def problems(self, home: Path) -> Iterable[SinkProblem]:
            if (home / self.path).is_file():
                yield SinkProblem(f"{self.path} is a file", "remove it")

    _build_models()
    yield
    SINKS.remove("folder")
    _build_models()


def _build_models() -> None:
    """The union of kinds is made when a model is built; files of yeban are there before, a test comes after."""
    MonitorSection.model_rebuild(force=True)
    Config.model_rebuild(force=True)


def home_of(folder: Path, text: str) -> Home:
    file = folder / CONFIG_NAME
    file.write_text(text, "utf-8")
    return Home(folder, read_config(file))


def test_each_kind_has_the_name_of_its_file() -> None:
    assert SINKS.names() == ("command", "jsonl", "log", "webhook")
    assert [each.__module__.rpartition(".")[2] for each in SINKS.all()] == list(SINKS.names())


@pytest.mark.usefixtures("folder")
def test_a_sink_that_registers_itself_is_configured_checked_and_gets_alerts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_of(tmp_path, SECTION)
    assert home.config.monitor.secrets() == ("MARK",)
    assert [each.found for each in check_sinks(home, {})] == ["the environment variable MARK is not set here"]
    assert [each.found for each in check_sinks(home, {"MARK": "!"})] == ["folder"]
    monkeypatch.setenv("MARK", "!")
    outbox = Outbox(home.alerts, "comment")
    report = deliver(outbox, home.config.monitor.sinks_at(home.root), [alert(0), alert(1)], lambda: NOW)
    assert report.sent == {"folder": 2}
    assert (tmp_path / "told" / alert(0).id).read_text("utf-8") == f"! {alert(0).message.en}"
    assert len(list((tmp_path / "told").iterdir())) == 2


@pytest.mark.usefixtures("folder")
def test_its_mistakes_are_named_and_its_check_warns(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"monitor\.sinks\.0\.folder\.pth: unknown key; did you mean 'path'"):
        home_of(tmp_path, SECTION + "pth = 'x'\n")
    (tmp_path / "told").touch()
    assert [each.found for each in check_sinks(home_of(tmp_path, SECTION), {"MARK": "!"})] == ["told is a file"]
    assert keys_at(config_schema(), ("monitor", "sinks", 0, "folder")) == ["kind", "path", "mark"]


def test_without_its_file_it_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Input tag 'folder'"):
        home_of(tmp_path, SECTION)


def test_a_kind_is_taken_once() -> None:
    with pytest.raises(ValueError, match="'log'"):
        register(SINKS.get("log"))
