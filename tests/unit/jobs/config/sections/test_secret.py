from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from jobs.config.home import CONFIG_NAME

from jobs.config.file import read_config
from jobs.config.sections.secret import missing_variables, revealed, variable_of
from monitoring.alerts.sinks import ClosedSink, Sink, WebhookSink
from storage.errors import ConfigError, SinkFailed

URL = "https://example.com/hook?key=s3cr3t"


def sinks(folder: Path, *lines: str) -> Sequence[Sink]:
    file = folder / CONFIG_NAME
    file.write_text("\n".join(["[[monitor.sinks]]", "kind = 'webhook'", *lines]), "utf-8")
    return read_config(file).monitor.sinks_at(folder)


def test_what_stands_for_itself_and_what_for_a_variable() -> None:
    assert (variable_of(URL), variable_of("env:HOOK")) == (None, "HOOK")
    assert revealed(URL, {}) == URL
    assert revealed("env:HOOK", {"HOOK": URL}) == URL


@pytest.mark.parametrize(
    ("environment", "said"),
    [({}, "HOOK is not set"), ({"HOOK": ""}, "HOOK is empty"), ({"HOOK": "s3cr3t\n"}, "line ends")],
)
def test_a_variable_without_use_is_named_and_not_shown(environment: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        revealed("env:HOOK", environment)
    assert said in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert missing_variables(["HOOK", "HOOK"], environment) == ("HOOK",)
    assert missing_variables(["HOOK"], {"HOOK": URL}) == ()


def test_the_environment_is_read_when_a_sink_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("url = 'env:HOOK'", "token = 'env:TOKEN'")
    (closed,) = sinks(tmp_path, *lines)
    assert isinstance(closed, ClosedSink)
    with pytest.raises(SinkFailed, match="the environment variable HOOK is not set"):
        closed.send([])
    monkeypatch.setenv("HOOK", URL)
    (closed,) = sinks(tmp_path, *lines)
    with pytest.raises(SinkFailed, match="the environment variable TOKEN is not set"):
        closed.send([])
    monkeypatch.setenv("TOKEN", "t0k3n")
    (sink,) = sinks(tmp_path, *lines)
    assert isinstance(sink, WebhookSink)
    assert (sink.url, sink.token) == (URL, "t0k3n")
    assert sink.name == closed.name == "webhook env:HOOK"
    assert "s3cr3t" not in repr(sink)
    assert "t0k3n" not in repr(sink)


def test_a_variable_that_holds_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "ftp://s3cr3t")
    (closed,) = sinks(tmp_path, "url = 'env:HOOK'")
    with pytest.raises(SinkFailed, match="HOOK holds no http address") as caught:
        closed.send([])
    assert "s3cr3t" not in str(caught.value)


def test_a_token_that_is_missing_changes_no_name(tmp_path: Path) -> None:
    (closed,) = sinks(tmp_path, f"url = '{URL}'", "token = 'env:NOT_SET'")
    assert closed.name == WebhookSink(URL).name


def test_variables_are_known_without_being_read(tmp_path: Path) -> None:
    sinks(tmp_path, "url = 'env:HOOK'", "token = 'env:TOKEN'", "[[monitor.sinks]]", "kind = 'log'")
    assert read_config(tmp_path / CONFIG_NAME).monitor.secrets() == ("HOOK", "TOKEN")
