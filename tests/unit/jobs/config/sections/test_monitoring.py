from __future__ import annotations

from pathlib import Path

import pytest
from jobs.config.home import CONFIG_NAME, Home

from jobs.config.file import read_config
from jobs.config.sections.monitoring import MonitorSection
from monitoring.alerts.rules import Rules
from monitoring.alerts.sinks import CommandSink, JsonlSink, LogSink, WebhookSink
from storage.errors import ConfigError


def read(folder: Path, text: str) -> MonitorSection:
    file = folder / CONFIG_NAME
    file.write_text(text, "utf-8")
    return read_config(file).monitor


def test_the_defaults_are_those_of_the_rules(tmp_path: Path) -> None:
    section = read(tmp_path, "")
    assert section.rules() == Rules()
    assert section.sinks_at(tmp_path) == (LogSink(),)


def test_everything_can_be_set(tmp_path: Path) -> None:
    section = read(
        tmp_path,
        """
        [monitor]
        nights = 3
        urgent = 5
        min_rows = 50
        false_discovery_rate = 0.05
        remind_nights = 30
        thresholds = { class_psi = 0.2, emoji_share = false, rows = 0, class_share = 1 }
        unsure_below = 0.7
        show_texts = false
        embedding_rows = 0
        [[monitor.sinks]]
        kind = "jsonl"
        path = "out/alerts.jsonl"
        [[monitor.sinks]]
        kind = "webhook"
        url = "https://example.com:8443/hook?key=1"
        timeout_s = 3
        attempts = 1
        [[monitor.sinks]]
        kind = "command"
        command = ["notify", "-x"]
        """,
    )
    thresholds = {"class_psi": 0.2, "emoji_share": 0.0, "rows": 0.0, "class_share": 1.0}
    rules = Rules(thresholds, 3, 5.0, 50, 0.05, 30)
    assert section.rules() == rules
    names = ("class_psi", "emoji_share", "rows", "class_share", "length_psi")
    assert [rules.threshold(name) for name in names] == [0.2, None, None, 1.0, 0.1]
    assert (section.unsure_below, section.show_texts, section.embedding_rows) == (0.7, False, 0)
    assert section.sinks_at(tmp_path) == (
        JsonlSink(tmp_path / "out/alerts.jsonl"),
        WebhookSink("https://example.com:8443/hook?key=1", 3.0, 1),
        CommandSink(("notify", "-x"), tmp_path),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[monitor]\nnigths = 3", "monitor.nigths: unknown key; did you mean 'nights'?"),
        ("[monitor]\nnights = 0", "monitor.nights: Input should be greater than or equal to 1"),
        (
            "[monitor.thresholds]\nclas_psi = 0.1",
            "monitor.thresholds.clas_psi: no such metric; did you mean 'class_psi'?",
        ),
        ("[monitor.thresholds]\nclass_psi = -1", "monitor.thresholds.class_psi: -1 is no threshold"),
        ("[monitor.thresholds]\nclass_psi = true", "monitor.thresholds.class_psi: True is no threshold"),
        ("[monitor.thresholds]\nclass_psi = nan", "monitor.thresholds.class_psi: nan is no threshold"),
        ("[monitor.thresholds]\nclass_psi = '1'", "monitor.thresholds.class_psi: '1' is no threshold"),
        ("[[monitor.sinks]]\nkind = 'webhok'", "monitor.sinks.0: Input tag 'webhok'"),
        ("[[monitor.sinks]]\npath = 'x'", "monitor.sinks.0: Unable to extract tag using discriminator 'kind'"),
        (
            "[[monitor.sinks]]\nkind = 'jsonl'\npath = 'x'\npth = 'x'",
            "monitor.sinks.0.jsonl.pth: unknown key; did you mean 'path'?",
        ),
        ("[[monitor.sinks]]\nkind = 'jsonl'", "monitor.sinks.0.jsonl.path: Field required"),
        ("[[monitor.sinks]]\nkind = 'command'\ncommand = []", "monitor.sinks.0.command.command: Tuple should have"),
        ("[[monitor.sinks]]\nkind = 'command'\ncommand = ['']", "monitor.sinks.0.command.command: the first word"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert expected in str(caught.value)
    assert "1 mistake(s)" in str(caught.value)


@pytest.mark.parametrize(
    "url", ["ftp://a/b", "file:///etc/passwd", "example.com", "http://", "http://a b/", "http://a:b/"]
)
def test_only_http_addresses(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"webhook\.url: no address"):
        read(tmp_path, f"[[monitor.sinks]]\nkind = 'webhook'\nurl = '{url}'")


def test_all_of_them_at_once(tmp_path: Path) -> None:
    text = (
        "[monitor]\nurgent = 0\nthresholds = {a = 1, b = 1}\n[[monitor.sinks]]\nkind = 'webhook'\nurl = 'http://u:p@h/'"
    )
    with pytest.raises(ConfigError, match=r"4 mistake\(s\)"):
        read(tmp_path, text)


def test_a_task_may_be_called_like_a_section(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tasks\.monitor\.inputs: unknown key; did you mean 'input'"):
        read(tmp_path, '[tasks.monitor]\ninputs = "x"\n')


def test_where_nights_and_alerts_lie(tmp_path: Path) -> None:
    read(tmp_path, "")
    home = Home(tmp_path, read_config(tmp_path / CONFIG_NAME))
    assert (home.nights, home.alerts) == (tmp_path / "nights", tmp_path / "alerts")
