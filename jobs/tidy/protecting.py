"""What must stay, whatever the bounds say. What can't be read protects all that it could have named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from jobs.config.home import Home
from storage.errors import PartCorrupt, YebanError
from storage.lake.journal.states import SlotStates
from storage.profiles.references import DatesOrigin
from storage.records import Slot, Unit
from storage.relabel.annotations import AnnotationLog
from storage.relabel.batches import BatchHead, BatchStore
from storage.warehouse.ledger import loaded_records


@dataclass(frozen=True, slots=True)
class Dates:
    """Dates that a reference or a batch needs.

    Attributes:
        task: Whose.
        bundle: Of which bundle; None for all.
        first: First date.
        last: Last date.
        why: Who needs them.
    """

    task: str
    bundle: str | None
    first: date
    last: date
    why: str

    def hold(self, slot: Slot) -> bool:
        """Whether a slot is among them."""
        ours = slot.task == self.task and self.bundle in (None, slot.bundle)
        return ours and self.first <= slot.logical_date <= self.last


@dataclass(frozen=True, slots=True)
class Protection:
    """What protects slots.

    Attributes:
        needed: Dates that a reference or an open batch needs.
        unloaded: Slots that are not in the warehouse as they are planned, and why; None where it can't be asked.
    """

    needed: tuple[Dates, ...]
    unloaded: Mapping[Slot, str] | None = field(default_factory=dict)

    def needs(self, slot: Slot) -> str:
        """Who needs a slot's rows; empty where nothing does."""
        return next((dates.why for dates in self.needed if dates.hold(slot)), "")

    def of_predictions(self, slot: Slot) -> str:
        """Why predictions and parts must stay; empty where they need not."""
        if self.unloaded is None:
            return "the warehouse can't be asked what is loaded"
        return self.unloaded.get(slot, "") or self.needs(slot)


def find_protection(home: Home, tasks: set[str]) -> Protection:
    """Find what protects the slots of some tasks."""
    needed = [dates for task in sorted(tasks) for dates in (*_of_reference(home, task), *_of_batches(home, task))]
    return Protection(tuple(needed), _unloaded(home))


def _of_reference(home: Home, task: str) -> list[Dates]:
    try:
        reference = home.reference_store.current(task)
    except (YebanError, OSError):
        return [Dates(task, None, date.min, date.max, "the frozen reference can't be read")]
    origin = reference.origin if reference else None
    if not isinstance(origin, DatesOrigin):
        return []
    return [Dates(task, origin.bundle, origin.first, origin.last, "the frozen reference is of this date")]


def _of_batches(home: Home, task: str) -> list[Dates]:
    store = home.batch_store
    try:
        heads = store.heads(task)
    except YebanError:
        return [Dates(task, None, date.min, date.max, "a batch to label can't be read")]
    return [
        Dates(task, head.bundle, head.first_date, head.last_date, f"batch {head.batch} is being labelled")
        for head in heads
        if is_open(store, head)
    ]


def is_open(store: BatchStore, head: BatchHead) -> bool:
    """Whether a batch still waits for labels; one that can't be read does."""
    try:
        given = AnnotationLog(store.folder(head.task, head.batch)).latest_labels()
        items = store.items(head.task, head.batch)
    except YebanError:
        return True
    wanted = zip(items["item"].to_pylist(), items["copies"].to_pylist(), strict=True)
    return any(len(given.get(item, {})) < copies for item, copies in wanted)


def _unloaded(home: Home) -> Mapping[Slot, str] | None:
    """Slots of the lake that a load, a rerun or an order has still something to do with."""
    states = home.slot_states
    slots = states.parts.slots()
    loaded: dict[Slot, set[Unit]] = {}
    if slots:
        try:
            with home.open_warehouse().reading() as con:
                loaded = {slot: set(loaded_records(con, slot)) for slot in slots}
        except YebanError:
            if home.warehouse.exists():
                return None
    found = {slot: _why_unloaded(states, slot, loaded.get(slot, set())) for slot in slots}
    return {slot: why for slot, why in found.items() if why}


def _why_unloaded(states: SlotStates, slot: Slot, loaded: set[Unit]) -> str:
    try:
        plan, replaces = states.plan(slot), states.replaced_bundles(slot)
    except PartCorrupt:
        return "its plan can't be read"
    if plan is None:
        return "it has no plan" if states.parts.staged_units(slot) else ""
    if replaces:
        return "it is to take the place of other bundles"
    if states.is_forced(slot):
        return "--force has ordered it again"
    of_plan = {unit for unit in loaded if unit.source_path in plan.files}
    return "" if of_plan == set(plan.units) else "it is not loaded yet"
