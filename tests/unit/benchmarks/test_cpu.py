"""The CPU benchmark runs, tells the stages of every sorted way, and ends with an error where labels differ."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.cpu import require_labels
from benchmarks.cpu_ways import EXACT

ROOT = Path(__file__).parents[3]
TEXTS = ["物流很快,下次还来", "太差了", "房间很大,早餐也不错,就是有点吵", "一般般"]


def test_the_embedded_bundle(tmp_path: Path) -> None:
    data = tmp_path / "comments.parquet"
    pl.DataFrame({"text": TEXTS * 5}).write_parquet(data)
    bundle = ROOT / "models/pretrained/comment"
    command = [sys.executable, "benchmarks/cpu.py", "--data", data, "--bundle", bundle, "--repeat", "1"]
    command += ["--precisions", "fp32", "--threads", "1"]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    stages = done.stdout.partition("| median seconds |")[2]
    for way in (EXACT, "yeban fp32"):
        (seconds,) = re.findall(rf"^\| {re.escape(way)} \| (.*) \|$", stages, re.MULTILINE)
        *each, whole = (float(spent) for spent in seconds.split(" | "))
        assert len(each) == 4
        assert 0 < each[-1] <= sum(each) <= whole + 0.001
    assert "peak memory" in stages


def test_other_labels_are_an_error() -> None:
    exact = np.array([[1, 0]] * 50, np.float32)
    other = exact.copy()
    other[0] = [0, 1]
    require_labels({EXACT: exact, "near": other}, 0.98)
    with pytest.raises(SystemExit, match=r"near \(98\.00%\)"):
        require_labels({EXACT: exact, "near": other}, 0.99)
