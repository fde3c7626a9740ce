"""How each kind goes; cut off anywhere, what is left is whole or is found again by the next run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from jobs.config.home import Home
from jobs.tidy.choosing import Kind, Verdict
from jobs.warehouse.retire import retire
from storage.errors import TerminalError
from storage.files.atomic import remove_durably
from storage.files.slot_folders import remove_empty
from storage.lake.summaries import find_summary
from storage.records import Slot


def remove(home: Home, choice: Verdict, now: datetime) -> None:
    """Remove an item. Who removes what is of a task holds its locks.

    Args:
        home: The home.
        choice: What, and why.
        now: The present moment, with a zone.

    Raises:
        YebanError: It can't be removed; what is left of it is whole.
    """
    _HOW[choice.item.kind](home, choice, now)


def _predictions(home: Home, choice: Verdict, now: datetime) -> None:
    slot = _slot(choice)
    states = home.slot_states
    if states.parts.staged_units(slot):
        find_summary(states, home.summary_store, slot)  # what can be kept of the night is kept
    retire(home, slot, choice.why, choice.item.rows, now)


def _parts(home: Home, choice: Verdict, _: datetime) -> None:
    slot, states, summaries = _slot(choice), home.slot_states, home.summary_store
    if states.is_retired(slot):
        return  # they went with its predictions
    staged = states.parts.staged_units(slot)
    if staged:
        find_summary(states, summaries, slot)
        kept = summaries.units(slot)
        if kept is None or not staged <= kept.keys():
            raise TerminalError(
                f"the parts of {slot.task} {slot.logical_date}, bundle {slot.bundle}, don't add up to a summary",
                expected="profiles and samples of all its units, to be kept as one",
                action=f"see what `yeban monitor {slot.task} --date {slot.logical_date}` says of them; they stay",
            )
    states.parts.discard(slot, states.parts.remains(slot))


def _file(_: Home, choice: Verdict, __: datetime) -> None:
    file = choice.item.target
    if isinstance(file, Path):
        remove_durably([file])


def _report(home: Home, choice: Verdict, now: datetime) -> None:
    _file(home, choice, now)
    if isinstance(choice.item.target, Path):
        remove_empty(choice.item.target.parent, home.root)


def _slot(choice: Verdict) -> Slot:
    slot = choice.item.target
    if not isinstance(slot, Slot):
        raise TypeError(f"{slot} is no slot")
    return slot


_HOW: Final[Mapping[Kind, Callable[[Home, Verdict, datetime], None]]] = {
    "predictions": _predictions,
    "parts": _parts,
    "summaries": lambda home, choice, _: home.summary_store.remove(_slot(choice)),
    "nights": lambda home, choice, _: home.night_store.remove(_slot(choice)),
    "reports": _report,
    "evidently": _file,
    "runs": _file,
    "logs": _file,
    "shadow": lambda home, choice, _: home.shadow_store.drop(_slot(choice)),
}
