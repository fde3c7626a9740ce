"""Is there room for a run? Looked at before anything is staged, so that no night ends half-way for a full disk."""

from __future__ import annotations

import logging
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage.errors import DiskFull

log = logging.getLogger("yeban.space")

WORTH_LOOKING_BYTES: Final = 64 << 20
"""What needs less is left to the disk: the estimate is rough, and a full disk loses nothing."""


@dataclass(frozen=True, slots=True)
class Need:
    """What will be written where.

    Attributes:
        what: In a word.
        folder: Where; it need not be there yet.
        size: Bytes.
    """

    what: str
    folder: Path
    size: int


@dataclass(frozen=True, slots=True)
class Room:
    """What one file system has and has to take.

    Attributes:
        folders: Where on it.
        needed: Bytes.
        free: Bytes.
    """

    folders: tuple[Path, ...]
    needed: int
    free: int


def rooms_for(needs: Sequence[Need], free_of: Callable[[Path], int] | None = None) -> list[Room]:
    """Add needs up by file system.

    Args:
        needs: What will be written.
        free_of: Bytes that are free where a folder is; those of the disk where None.
    """
    free_of = free_of or _free
    by_device: dict[int, list[Need]] = defaultdict(list)
    for need in needs:
        by_device[existing(need.folder).stat().st_dev].append(need)
    return [
        Room(
            tuple(dict.fromkeys(need.folder for need in each)),
            sum(need.size for need in each),
            min(free_of(existing(need.folder)) for need in each),
        )
        for each in by_device.values()
    ]


def check_rooms(rooms: Sequence[Room], margin: int, todo: str) -> list[str]:
    """Refuse what has no room.

    Args:
        rooms: See `rooms_for`.
        margin: Bytes that should be left free afterwards.
        todo: What to do when there is room again.

    Returns:
        Warnings, where less than the margin would be left.

    Raises:
        DiskFull: There is less free than is needed; nothing was written.
    """
    warnings = []
    for room in rooms:
        where, needed, free = ", ".join(map(str, room.folders)), mb(room.needed), mb(room.free)
        if room.needed > max(room.free, WORTH_LOOKING_BYTES):
            raise DiskFull(
                f"no space left for this: it takes about {needed} in {where}, and {free} are free",
                expected="room for all of it before it begins; nothing was scored or staged",
                action=f"free some space, for example with `yeban tidy`, then {todo}",
                needed_bytes=room.needed,
                free_bytes=room.free,
            )
        if room.free - room.needed < margin:
            warnings.append(
                f"{where}: about {mb(max(room.free - room.needed, 0))} will be left free, less than the {mb(margin)} "
                "of keep_free_gb"
            )
    for warning in warnings:
        log.warning("%s", warning)
    return warnings


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder


def mb(size: int) -> str:
    """Bytes as text, in the unit that suits their size."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
