"""The gate's section of yeban.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.config.file import read_config
from jobs.config.sections.gate import GateSection
from models.evaluation.gate_record import GateLimits
from storage.errors import ConfigError


def config(tmp_path: Path, text: str) -> GateSection:
    file = tmp_path / "yeban.toml"
    file.write_text(text, "utf-8")
    return read_config(file).gate


def test_without_a_section_the_limits_are_those_of_the_gate(tmp_path: Path) -> None:
    assert config(tmp_path, "").limits() == GateLimits()


def test_what_is_written_counts(tmp_path: Path) -> None:
    limits = config(tmp_path, "[gate]\nece = 0.1\nleaked_rows = 3\n").limits()
    assert (limits.ece, limits.leaked_rows, limits.class_drop) == (0.1, 3, GateLimits().class_drop)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("eec = 0.1", "did you mean 'ece'"),
        ("ece = 0", "gate.ece"),
        ("recent_better = 1.0", "gate.recent_better"),
        ("slowdown = inf", "gate.slowdown"),
        ("class_drop = nan", "gate.class_drop"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config(tmp_path, f"[gate]\n{line}\n")
