"""The examples work on a user's own dump too."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.homes import Home, comments

QUERY = Path(__file__).parents[2] / "examples" / "query.py"


def ask(home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, QUERY, home], capture_output=True, text=True, check=False)


def test_columns_that_are_called_as_ours(new_home: Callable[..., Home]) -> None:
    home = new_home(name="it's a home")
    texts = comments(40)[0]
    home.dump("a.parquet", texts, label=["positive"] * 40, status=["new"] * 40, confidence=[1.0] * 40)
    home.score().succeeded()
    answer = ask(home.root)
    assert answer.returncode == 0, answer.stderr
    assert sum(text in answer.stdout for text in set(texts)) > 0


def test_no_warehouse(tmp_path: Path) -> None:
    answer = ask(tmp_path)
    assert answer.returncode == 1
    assert "yeban.duckdb" in answer.stderr
    assert "Traceback" not in answer.stderr
