"""Hive-partitioned folders, one per slot: `task=<t>/logical_date=<d>/bundle=<b>/`."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from urllib.parse import quote, unquote

from storage.records import Slot


def slot_folder(root: Path, slot: Slot) -> Path:
    """Where a slot's files lie under a root."""
    names = {"task": slot.task, "logical_date": slot.logical_date.isoformat(), "bundle": slot.bundle}
    return root.joinpath(*(f"{key}={_folder_value(value)}" for key, value in names.items()))


def find_slots(root: Path, task: str | None = None) -> list[Slot]:
    """Slots that have a folder under a root, of one task or all, sorted by task, date and bundle."""
    pattern = f"task={_folder_value(task)}" if task is not None else "task=*"
    folders = root.glob(f"{pattern}/logical_date=*/bundle=*")
    found = [slot for folder in folders if folder.is_dir() and (slot := _slot_of(folder))]
    return sorted(found, key=lambda slot: (slot.task, slot.logical_date, slot.bundle))


def ids_in_names(folder: Path, prefix: str, suffix: str) -> set[str]:
    """What stands between a prefix and a suffix in the names of a folder's files; nothing where there is no folder.

    One directory listing; no file is opened.
    """
    if not folder.is_dir():
        return set()
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    return {
        name.removeprefix(prefix).removesuffix(suffix)
        for name in names
        if name.startswith(prefix) and name.endswith(suffix)
    }


def remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder and those above it up to a root, as long as nothing is in them."""
    while folder != root and root in folder.parents:
        try:
            folder.rmdir()
        except FileNotFoundError:
            pass
        except OSError:  # another file lies there
            return
        folder = folder.parent


def _folder_value(value: str) -> str:
    # Percent-encoding is what Hive readers undo; it also keeps "/" and Chinese out of folder names.
    return quote(value, safe="")


def _slot_of(folder: Path) -> Slot | None:
    """The slot whose folder it is, or None where the names are not those of a slot."""
    task, day, bundle = (unquote(part.partition("=")[2]) for part in folder.parts[-3:])
    try:
        return Slot(task, date.fromisoformat(day), bundle)
    except ValueError:
        return None
