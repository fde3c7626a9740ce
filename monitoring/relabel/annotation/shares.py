"""Which annotator gets which rows of a batch, and the file beside it that keeps this."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from storage.errors import TerminalError
from storage.files.atomic import write_json

_SHARES: Final = "sheets.json"


def share(
    wanted: Mapping[str, int], golden: frozenset[str], people: Sequence[str], taken: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Share rows out evenly, each to as many different people as it wants; golden rows go to all.

    The same call gives the same shares. People keep the rows that they have.

    Args:
        wanted: People for each row, in the order of the batch.
        golden: Rows that all people get.
        people: Who may get rows, all different.
        taken: Rows that people have already, whether they are among `people` or not.
    """
    shares = {person: set(taken.get(person, frozenset())) | golden for person in people}
    holders = {row: sum(row in has for has in taken.values()) for row in wanted}
    for row, copies in wanted.items():
        if row in golden:
            continue
        free = sorted((person for person in people if row not in shares[person]), key=lambda p: (len(shares[p]), p))
        for person in free[: max(0, copies - holders[row])]:
            shares[person].add(row)
    return {person: frozenset(rows) for person, rows in shares.items()}


def shares_of(folder: Path) -> dict[str, frozenset[str]]:
    """Row ids by annotator; empty where no file was exported for one person.

    Args:
        folder: That of the batch.

    Raises:
        TerminalError: The file can't be read.
    """
    try:
        return {name: frozenset(rows) for name, rows in json.loads((folder / _SHARES).read_bytes()).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise TerminalError(
            f"{folder / _SHARES} can't be read: {error!r}",
            expected="who was given which rows, as `yeban relabel export` wrote it",
            action="restore it, or remove it and export the batch again",
            path=str(folder / _SHARES),
        ) from error


def add_shares(folder: Path, shares: Mapping[str, frozenset[str]]) -> None:
    """Add to the file which rows people were given; the caller holds the task's lock.

    Raises:
        DiskFull: No space left; then nothing was written.
    """
    given = {**shares_of(folder), **shares}
    write_json(folder / _SHARES, {name: sorted(rows) for name, rows in given.items()})
