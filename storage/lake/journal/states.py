"""Which state each slot is in: the questions that the journal answers; nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from storage.lake.journal.marks import MARKS, Marks
from storage.lake.journal.plan_file import read_plan
from storage.lake.journal.replace_orders import ReplaceOrders
from storage.lake.journal.retirement import RetirementNotes
from storage.lake.parts import PartStore
from storage.lake.plan import Plan
from storage.records import Slot, Unit


class SlotStates:
    """Plans, marks, replace orders and retirements of all slots, to be read.

    Args:
        parts_root: `parts` under the home.
        retired_root: `retired` under the home.

    Attributes:
        parts: The staged parts.
    """

    def __init__(self, parts_root: Path, retired_root: Path) -> None:
        self.parts = PartStore(parts_root)
        self._root = parts_root
        self._marks, self._orders = Marks(parts_root), ReplaceOrders(parts_root)
        self._retirements = RetirementNotes(retired_root)

    def plan(self, slot: Slot) -> Plan | None:
        """The slot's plan, or None where it has none.

        Raises:
            PartCorrupt: The file is no plan, or another slot's.
        """
        return read_plan(self._root, slot)

    def pending(self, plan: Plan, loaded: Collection[str]) -> list[Unit]:
        """Units of a plan that are neither staged nor loaded, or are ordered again.

        Args:
            plan: The units.
            loaded: Ids of the slot's loaded units; empty where the warehouse cannot be asked.
        """
        slot = plan.slot
        staged = self.parts.staged_units(slot)
        lost = self._marks.of(slot, "renewed") - staged  # what is loaded of them is what was to be replaced
        done = (staged | set(loaded)) - self._marks.of(slot, "again") - lost
        return [unit for unit in plan.units if unit.unit_id not in done]

    def is_settled(self, plan: Plan, loaded: Collection[Unit]) -> bool:
        """Whether the warehouse holds a slot as it is planned: no unit missing, none too many, none older.

        Args:
            plan: The slot's plan.
            loaded: The slot's loaded units.

        Raises:
            PartCorrupt: The replace order can't be read.
        """
        there = {unit for unit in loaded if unit.source_path in plan.files}
        renewed = self._marks.of(plan.slot, "renewed")
        if self._orders.of(plan.slot):
            return False
        return there == set(plan.units) and not any(unit.unit_id in renewed for unit in there)

    def ordered_again(self, slot: Slot) -> set[str]:
        """Ids of the slot's units that are ordered to be scored again."""
        return self._marks.of(slot, "again")

    def is_forced(self, slot: Slot) -> bool:
        """Whether a unit of the slot is ordered again, or was scored again and is not loaded yet."""
        return any(self._marks.of(slot, mark) for mark in MARKS)

    def replaced_bundles(self, slot: Slot) -> tuple[str, ...]:
        """Bundles that the slot is ordered to replace.

        Raises:
            PartCorrupt: The order can't be read.
        """
        return self._orders.of(slot)

    def is_retired(self, slot: Slot) -> bool:
        """Whether the slot's predictions were removed, or are being removed."""
        return self._retirements.has(slot)

    def check_not_retired(self, slot: Slot) -> None:
        """Refuse a retired slot.

        Raises:
            DateRetired: Its predictions were removed; says when and why.
        """
        self._retirements.check(slot)

    def retired_slots(self, task: str | None = None) -> list[Slot]:
        """Retired slots of one task or all, sorted by task, date and bundle."""
        return self._retirements.slots(task)

    def cut_off_removals(self, task: str, is_loaded: Callable[[Slot], bool]) -> list[Slot]:
        """Retired slots of a task of which something is left, in the lake or in the warehouse.

        Args:
            task: The task.
            is_loaded: Whether the warehouse holds units of a slot.
        """
        staged = set(self.parts.slots(task))
        return [slot for slot in self.retired_slots(task) if slot in staged or is_loaded(slot)]
