"""The history of which bundle was in use."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.history import Action, Move, append_move, carried_out, read_moves, version_before

AT = datetime(2026, 1, 5, 3, 4, 5, tzinfo=UTC)


def move(before: str | None, after: str, action: Action = "promote", **more: object) -> Move:
    return Move(AT, "ann@host", action, before, after, **more)  # type: ignore[arg-type]


def test_lines_are_added_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "t" / "history.jsonl"
    assert read_moves(file) == []
    moves = [move(None, "a", "first"), move("a", "b", gate="0f", reason="更好", forced=True)]
    for each in moves:
        append_move(file, each)
    assert read_moves(file) == moves
    before = file.read_bytes()
    append_move(file, move("b", "a", "rollback"))
    assert file.read_bytes().startswith(before)


def test_a_line_that_was_cut_off_hurts_no_other(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    append_move(file, move(None, "a"))
    with file.open("ab") as stream:
        stream.write(b'{"action": "promote", "aft')
    assert read_moves(file) == [move(None, "a")]
    append_move(file, move("a", "b"))
    assert read_moves(file) == [move(None, "a"), move("a", "b")]


@pytest.mark.parametrize(
    ("moves", "in_use", "happened"),
    [
        ([], "a", []),
        ([("e", "a"), ("a", "b")], "b", ["a", "b"]),
        ([("e", "a"), ("a", "b")], "a", ["a"]),
        ([("e", "a"), ("a", "b"), ("a", "b")], "b", ["a", "b"]),
        ([("e", "a"), ("a", "b"), ("a", "c"), ("c", "b")], "b", ["a", "c", "b"]),
    ],
    ids=["none", "all", "the last was killed", "killed, then done", "killed, then another"],
)
def test_what_happened(moves: list[tuple[str, str]], in_use: str, happened: list[str]) -> None:
    assert [each.after for each in carried_out([move(*each) for each in moves], in_use)] == happened


def test_rolling_back_goes_further_back_each_time() -> None:
    moves = [move("a", "b"), move("b", "c")]
    assert version_before(moves) == "b"
    moves.append(move("c", "b", "rollback"))
    assert version_before(moves) == "a"
    moves.append(move("b", "a", "rollback"))
    assert version_before(moves) is None
    moves.append(move("a", "d"))
    assert version_before(moves) == "a"


def test_before_the_first_there_is_nothing() -> None:
    assert version_before([]) is None
    assert version_before([move(None, "a", "first")]) is None
