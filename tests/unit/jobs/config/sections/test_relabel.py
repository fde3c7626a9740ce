from __future__ import annotations

from pathlib import Path

import pytest
from jobs.config.home import CONFIG_NAME

from jobs.config.file import read_config
from jobs.config.sections.relabel import RelabelSection
from monitoring.relabel.selection.mix import DEFAULT_MIX
from storage.errors import ConfigError


def read(folder: Path, text: str) -> RelabelSection:
    file = folder / CONFIG_NAME
    file.write_text(text, "utf-8")
    return read_config(file).relabel


def test_the_usual_mix(tmp_path: Path) -> None:
    section = read(tmp_path, "")
    assert section.mix == DEFAULT_MIX
    assert (section.budget, section.days, section.double_share, section.golden_share) == (500, 7, 0.1, 0.05)


def test_a_mix_of_ones_own_takes_the_place_of_the_usual_one(tmp_path: Path) -> None:
    section = read(tmp_path, '[relabel]\ngolden = "g/{task}.csv"\n[relabel.mix]\ntypiclust = 3\nrandom = 1\n')
    assert section.mix == {"typiclust": 3, "random": 1}
    assert section.golden == "g/{task}.csv"


def test_mistakes_are_named(tmp_path: Path) -> None:
    text = "[relabel]\nbudgt = 5\ndays = 0\ndouble_share = 2\n[relabel.mix]\nmargn = 1\nrandom = -1\n"
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert "5 mistake(s)" in message
    assert "relabel.budgt: unknown key; did you mean 'budget'" in message
    assert "did you mean 'margin'" in message


def test_an_empty_mix_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"relabel\.mix"):
        read(tmp_path, "[relabel]\nmix = {}\n")
