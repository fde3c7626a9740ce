from __future__ import annotations

from pathlib import Path

from jobs.config.file import CONFIG_NAME, read_config
from monitoring.alerts.run_rules import RunRules


def test_the_defaults_are_those_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).touch()
    assert read_config(tmp_path / CONFIG_NAME).runs.rules() == RunRules()
