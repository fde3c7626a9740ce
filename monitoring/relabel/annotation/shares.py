"""Who was given which rows of a batch: a file beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from storage.errors import TerminalError
from storage.files.atomic import write_json

_SHARES: Final = "sheets.json"


def shares_of(folder: Path) -> dict[str, frozenset[str]]:
    """Row ids by annotator; empty where nobody was given a file of their own.

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
    """Write down who was given which rows, beside what was given before. Only who holds the task's lock may.

    Raises:
        DiskFull: No space left; then nothing was written.
    """
    given = {**shares_of(folder), **shares}
    write_json(folder / _SHARES, {name: sorted(rows) for name, rows in given.items()})
