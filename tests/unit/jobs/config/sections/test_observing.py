"""Sections [logs] and [metrics]."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from jobs.config.sections.observing import LogsSection, MetricsSection


def test_json_is_the_key_of_the_file() -> None:
    assert LogsSection.model_validate({"json": True}).json_lines
    assert LogsSection().level == "info"
    with pytest.raises(ValidationError, match="'debug', 'info', 'warning' or 'error'"):
        LogsSection.model_validate({"level": "loud"})


def test_a_file_that_node_exporter_would_not_read_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"ends in \.prom"):
        MetricsSection(textfile="/var/lib/metrics.txt")
    assert MetricsSection().textfile is None


def test_the_file_may_lie_below_the_users_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/homes/me")
    assert MetricsSection(textfile="~/yeban.prom").textfile == "/homes/me/yeban.prom"
