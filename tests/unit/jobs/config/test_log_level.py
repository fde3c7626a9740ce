"""How much the log tells."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import get_args

from jobs.config.log_level import Level


def test_each_level_is_one_of_python() -> None:
    assert {name.upper() for name in get_args(Level)} <= set(logging.getLevelNamesMapping())


def test_levels_are_listed_from_the_most_to_the_fewest_lines() -> None:
    numbers = [logging.getLevelNamesMapping()[name.upper()] for name in get_args(Level)]
    assert numbers == sorted(numbers)


def test_importing_it_brings_nothing_heavy() -> None:
    heavy = "{'pydantic', 'polars', 'pyarrow', 'torch', 'duckdb'}"
    code = f"import sys, jobs.config.log_level; print(*{heavy} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
