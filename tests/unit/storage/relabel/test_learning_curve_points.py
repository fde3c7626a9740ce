"""What networks said is kept, and what is damaged is as good as not there."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage.relabel.learning_curve_points import POINT_SCHEMA, LearningCurvePoints

SAID = pa.table({"row": pa.array([2**64 - 1, 3], pa.uint64()), "predicted": [1, -1], "confidence": [0.75, 0.0]}).cast(
    POINT_SCHEMA
)


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    points = LearningCurvePoints(tmp_path / "points")
    assert points.read("评论/a", "k1") is None
    points.write("评论/a", "k1", SAID)
    assert points.read("评论/a", "k1") == SAID
    assert points.read("comment", "k1") is None
    points.write("评论/a", "k1", SAID.slice(0, 1))
    assert points.read("评论/a", "k1") == SAID.slice(0, 1)


@pytest.mark.parametrize("damage", ["cut", "changed", "other columns"])
def test_a_damaged_file_is_told_and_left_aside(tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    points = LearningCurvePoints(tmp_path)
    points.write("comment", "k1", SAID)
    (file,) = tmp_path.rglob("k1.parquet")
    data = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "changed":
        data[10] ^= 0xFF
        file.write_bytes(data)
    else:
        pq.write_table(pa.table({"a": [1]}), file)
    assert points.read("comment", "k1") is None
    assert "trained again" in caplog.text
