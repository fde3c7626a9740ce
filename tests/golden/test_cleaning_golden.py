"""The golden files are for people to review: what each preset makes of texts that we wrote ourselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from models.cleaning.cleaner import Cleaner
from models.cleaning.presets import cleaning_preset

GOLDEN = Path(__file__).parent / "cleaning"
PRESETS = ("comment", "weibo", "news")

CASE = re.compile(
    r"^## (?P<title>[^\n]+)\n\ninput:\n```text\n(?P<input>.*?)\n?```"
    r"\nexpected:\n```text\n(?P<expected>.*?)\n?```$",
    re.MULTILINE | re.DOTALL,
)
ESCAPE = re.compile(r"\{U\+([0-9A-F]{1,6})\}")


@dataclass(frozen=True, slots=True)
class Case:
    title: str
    text: str
    expected: str


def read_cases(preset: str) -> list[Case]:
    page = (GOLDEN / f"{preset}.md").read_text(encoding="utf-8")
    cases = [
        Case(found["title"], unescape(found["input"]), unescape(found["expected"])) for found in CASE.finditer(page)
    ]
    assert len(cases) == page.count("\n## "), f"{preset}.md: a case is not written as the others are"
    return cases


def unescape(text: str) -> str:
    """Turn `{U+200B}` into the character that no reviewer could see."""
    return ESCAPE.sub(lambda code: chr(int(code[1], 16)), text)


ALL_CASES = [
    pytest.param(preset, case, id=f"{preset}: {case.title}") for preset in PRESETS for case in read_cases(preset)
]


@pytest.mark.parametrize(("preset", "case"), ALL_CASES)
def test_case(preset: str, case: Case) -> None:
    assert Cleaner(cleaning_preset(preset)).clean(pl.Series([case.text])).to_list() == [case.expected]


@pytest.mark.parametrize("preset", PRESETS)
def test_whole_file_in_one_column(preset: str) -> None:
    cases = read_cases(preset)
    texts = pl.Series("text", [case.text for case in cases])
    assert Cleaner(cleaning_preset(preset)).clean(texts).to_list() == [case.expected for case in cases]


@pytest.mark.parametrize("preset", PRESETS)
def test_titles_are_unique(preset: str) -> None:
    titles = [case.title for case in read_cases(preset)]
    assert len(titles) >= 20
    assert len(set(titles)) == len(titles)
