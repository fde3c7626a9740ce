"""shadow: how a comparison is printed, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.cli.shadow import _print_shadow
from tests.support.bare_homes import bare_home
from tests.support.command import yeban

FLAT = {
    "task": "comment",
    "logical_date": "2026-01-05",
    "champion": "one",
    "challenger": "two",
    "rows": 1200,
    "labels": ["good", "bad", None],
    "agreement": {"value": 0.9, "low": 0.88, "high": 0.92},
    "champion_confidence": 0.75,
    "challenger_confidence": None,
    "champion_shares": [0.6, 0.0, 0.4],
    "challenger_shares": [0.5, 0.0, 0.5],
    "examples": [
        {
            "doc_id": f"doc-{number}",
            "champion": "good",
            "challenger": None,
            "champion_confidence": 0.9,
            "challenger_confidence": None,
        }
        for number in range(9)
    ],
}


def test_what_is_printed_of_a_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    _print_shadow(FLAT)
    assert capsys.readouterr().out.splitlines() == [
        "comment 2026-01-05: two beside one",
        "  1,200 rows, the same label for 90.0% (88.0% to 92.0%)",
        "  mean confidence 0.750 -> nan",
        "  good: 60.0% -> 50.0%",
        "  (no label): 40.0% -> 50.0%",
        *(f"  doc-{number}: good 0.90 -> (no label) 0.00" for number in range(5)),
    ]


def test_a_challenger_has_to_be_named(tmp_path: Path) -> None:
    bare_home(tmp_path)
    ended = yeban("shadow", "comment", "--date", "2026-01-05", "--home", tmp_path)
    assert (ended.code, "--bundle" in ended.err) == (2, True)


def test_a_date_that_is_none_comes_before_any_scoring(tmp_path: Path) -> None:
    home = bare_home(tmp_path)
    yeban("shadow", "comment", "--date", "soon", "--bundle", "abc", "--home", tmp_path).failed_with(2, "is no date")
    assert not home.shadow.exists()
