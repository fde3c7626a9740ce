"""Which bundle was in use when, by whose decision: a file of JSON lines that is only added to.

A line is written before the pointer moves. So nothing moves without a trace, and a line whose move never happened (the
process was killed between the two) shows by what follows it: the next line, or the pointer, does not start where it
ended.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from storage.files.atomic import make_folder

Action = Literal["first", "promote", "rollback"]


@dataclass(frozen=True, slots=True)
class Move:
    """One change of the bundle in use.

    Attributes:
        at: When, with a time zone.
        who: By whom: user and machine.
        action: `first`: there was none before.
        before: The version in use until then; None for the first.
        after: The version in use from then on.
        gate: SHA-256 of the gate's report that allowed it, None where none did.
        reason: Why, where a reason was given; a forced promotion always does.
        forced: Promoted against its gate, or without one.
    """

    at: datetime
    who: str
    action: Action
    before: str | None
    after: str
    gate: str | None = None
    reason: str = ""
    forced: bool = False

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, flat: dict[str, Any]) -> Self:
        """Inverse of `as_dict`.

        Raises:
            KeyError, TypeError, ValueError: It is not the dictionary of a move.
        """
        return cls(**{**flat, "at": datetime.fromisoformat(flat["at"])})


def append_move(file: Path, move: Move) -> None:
    """Add a line, durably. A last line that was cut off by a crash stays, and is passed over by readers."""
    make_folder(file.parent)
    new = not file.exists()
    with file.open("ab+") as stream:
        stream.seek(0, os.SEEK_END)
        torn = stream.tell() > 0 and not _ends_well(stream)
        line = json.dumps(move.as_dict(), ensure_ascii=False, sort_keys=True)
        stream.write((b"\n" if torn else b"") + f"{line}\n".encode())
        stream.flush()
        os.fsync(stream.fileno())
    if new:
        _fsync_folder(file.parent)


def read_moves(file: Path) -> list[Move]:
    """All lines, oldest first, those whose move never happened included."""
    if not file.is_file():
        return []
    moves = []
    for line in file.read_bytes().splitlines():
        try:
            moves.append(Move.from_dict(json.loads(line)))
        except (ValueError, KeyError, TypeError):
            continue
    return moves


def carried_out(moves: Sequence[Move], in_use: str | None) -> list[Move]:
    """Moves that happened: each ends where the next one, or the pointer, starts.

    Args:
        moves: All lines, oldest first.
        in_use: The version that the pointer names now.
    """
    starts = [*(move.before for move in moves[1:]), in_use]
    return [move for move, start in zip(moves, starts, strict=False) if move.after == start]


def version_before(moves: Sequence[Move]) -> str | None:
    """Where a rollback leads: what was in use before the last promotion that was not rolled back yet.

    Args:
        moves: Moves that happened, oldest first.
    """
    stack: list[str | None] = []
    for move in moves:
        if move.action != "rollback":
            stack.append(move.before)
        elif stack:
            stack.pop()
    return stack[-1] if stack else None


def _ends_well(stream: Any) -> bool:
    stream.seek(-1, os.SEEK_END)
    return bool(stream.read(1) == b"\n")


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
