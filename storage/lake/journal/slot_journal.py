"""The journal of all slots: which state a slot is in, and every transition to another.

The states below are independent files, so a slot may be in several at once. Nothing else in this program writes or
removes these files; the parts themselves (`storage.lake.parts`) and the warehouse's ledger are facts that the journal
is given.

| state         | on disk                        | meaning                                                |
|---------------|--------------------------------|--------------------------------------------------------|
| planned       | `_plan.json`                   | which units the slot's predictions are made of         |
| ordered again | `again-<unit>`                 | the unit counts as not done, though staged or loaded   |
| renewed       | `renewed-<unit>`               | its new part goes in place of rows already loaded      |
| replacing     | `_replaces.json`               | rows of other bundles leave as this slot's come        |
| retired       | `retired.json` under `retired` | its predictions were removed, and stay removed         |
| settled       | no order, no loaded unit       | nothing is left to do for a load                       |
|               | renewed, ledger equals plan    |                                                        |

Each transition writes in the order given. The last column says what a crash between two of its writes leaves, and why
that is harmless or what repairs it. A part's profile, sample and checksums go after it, so a crash may leave them
without their part: nothing reads them, and `tidy` removes them.

| transition        | writes, in this order                | after a crash in between                              |
|-------------------|--------------------------------------|-------------------------------------------------------|
| `adopt`           | the plan; parts, then marks, that it | stale parts and marks stay. No load takes a part that |
|                   | no longer names go                   | the plan does not name, and such marks only protect   |
|                   |                                      | the slot from `tidy`; the next `adopt` removes both   |
| `order_again`     | `again` of each planned unit, by id  | fewer units are ordered: the next run scores these,   |
|                   |                                      | the others keep the rows they have                    |
| `unit_renewed`    | `renewed`, then `again` goes         | both marks stand: the unit is scored once more, to    |
|                   |                                      | the same bytes                                        |
| `close_order`     | `again` of unread units goes         | some stay ordered, and the next run tries them again  |
| `order_replace`   | the order, before anything is scored | one write: whole or not there                         |
| `forget_replaced` | each old plan, without the files     | an old plan still names a file whose rows may leave   |
|                   | that are about to be replaced whole  | soon: the order stands, and the next load goes on     |
| `rows_loaded`     | `renewed` goes; damaged parts go;    | `renewed` without its part: `pending` has it scored   |
|                   | then, if nothing is missing, old     | again. A mark less or a damaged part more changes     |
|                   | parts and old slots, the order last  | nothing. Old parts that no plan names are not loaded, |
|                   |                                      | and the order has the next load remove them           |
| `retire`          | the note, before anything goes       | one write: whole or not there                         |
| `remove_retired`  | parts, then the rest, the plan last  | the note stands: no load takes the slot, and the next |
|                   |                                      | `tidy` finds it by `cut_off_removals`                 |
| `bring_back`      | the note goes, after the remains     | one removal: there or gone                            |
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from storage.lake.journal.marks import MARKS
from storage.lake.journal.plan_file import PLAN_NAME, write_plan
from storage.lake.journal.recovery import LoadedUnits, recover_plan
from storage.lake.journal.retirement import Retirement
from storage.lake.journal.states import SlotStates
from storage.lake.plan import Plan
from storage.records import Slot, Unit


@dataclass(frozen=True, slots=True)
class Loading:
    """What the loader has to know of a slot beyond its plan.

    Attributes:
        plan: The slot's plan.
        renewed: Ids of staged units that go in place of their own rows.
        replaced: Slots whose rows leave as those of this one come.
    """

    plan: Plan
    renewed: frozenset[str]
    replaced: tuple[Slot, ...]


class SlotJournal(SlotStates):
    """The states of all slots and the transitions between them; only a holder of the task's lock makes transitions."""

    def adopt(self, new: Plan, loaded: LoadedUnits) -> Plan:
        """Put a plan's files over those of the plan before; parts and marks of units that it no longer names go.

        Args:
            new: The files that were planned now.
            loaded: Asks for the slot's loaded units; called only where the plan before is lost.

        Returns:
            The slot's plan from now on.

        Raises:
            PartCorrupt: The plan before cannot be read, or is lost and the parts do not say what it was.
            DiskFull: No space left.
        """
        slot = new.slot
        plan = (self.plan(slot) or recover_plan(self.parts, new, loaded)).merged(new)
        write_plan(self._root, plan)
        planned = {unit.unit_id for unit in plan.units}
        self.parts.discard(slot, self.parts.staged_units(slot) - planned)
        for mark in MARKS:
            self._marks.remove(slot, mark, self._marks.of(slot, mark) - planned)
        return plan

    def order_again(self, plan: Plan) -> None:
        """Order a plan's units to be scored again, though they are done; an order of a stopped run goes on instead.

        Raises:
            DiskFull: No space left.
        """
        planned = {unit.unit_id for unit in plan.units}
        if not planned & self.ordered_again(plan.slot):
            self._marks.add(plan.slot, "again", sorted(planned))

    def unit_renewed(self, unit: Unit) -> None:
        """A unit that was ordered again is staged again: the loader puts it in place of its own rows.

        Raises:
            DiskFull: No space left.
        """
        self._marks.add(unit.slot, "renewed", [unit.unit_id])
        self._marks.remove(unit.slot, "again", [unit.unit_id])

    def close_order(self, slot: Slot, unit_ids: Collection[str]) -> None:
        """The order is carried out: units that could not be read keep their old rows."""
        self._marks.remove(slot, "again", unit_ids)

    def order_replace(self, slot: Slot, loaded: Collection[str]) -> tuple[str, ...]:
        """Order that the slot replaces all bundles that have something of its date now.

        Args:
            slot: The new slot.
            loaded: Bundles that have units of its task and date in the warehouse.

        Returns:
            Which bundles it replaces; those of earlier orders among them.

        Raises:
            PartCorrupt: An earlier order can't be read.
            DiskFull: No space left.
        """
        staged = {each.bundle for each in self.parts.slots(slot.task) if each.logical_date == slot.logical_date}
        self._orders.add(slot, staged | set(loaded))
        return self._orders.of(slot)

    def begin_load(self, plan: Plan) -> Loading:
        """What the loader has to do for a slot besides bringing in what is missing; nothing is written.

        Raises:
            PartCorrupt: The replace order can't be read.
        """
        slot = plan.slot
        renewed = self._marks.of(slot, "renewed") & self.parts.staged_units(slot)
        replaced = tuple(Slot(slot.task, slot.logical_date, bundle) for bundle in self._orders.of(slot))
        return Loading(plan, frozenset(renewed), replaced)

    def forget_replaced(self, loading: Loading, loaded: Callable[[], set[str]]) -> None:
        """Let the old plans forget the files that are about to be replaced whole, so that no load brings them back.

        Args:
            loading: Of `begin_load`.
            loaded: Asks for the ids of the slot's loaded units; called only where a replace order stands.

        Raises:
            PartCorrupt: An old plan can't be read.
            DiskFull: No space left.
        """
        if not loading.replaced:
            return
        plan = loading.plan
        there = self.parts.staged_units(plan.slot) | loaded()
        whole = {path for path, units in plan.files.items() if all(unit.unit_id in there for unit in units)}
        for old in loading.replaced:
            known = self.plan(old)
            if known is not None and known.files.keys() & whole:
                left = {path: units for path, units in known.files.items() if path not in whole}
                write_plan(self._root, Plan(old, left))

    def rows_loaded(self, loading: Loading, damaged: Collection[str], *, waiting: bool) -> None:
        """A load has ended: what it brought in is settled, and damaged parts go, so that they are scored again.

        Args:
            loading: Of `begin_load`.
            damaged: Ids of units whose parts could not be read.
            waiting: Whether planned units are neither loaded nor staged yet; then a replace order stands.

        Raises:
            PartCorrupt: An old plan can't be read.
        """
        slot = loading.plan.slot
        self._marks.remove(slot, "renewed", loading.renewed - set(damaged))
        self.parts.discard(slot, damaged)
        if not waiting and not damaged:
            self._drop_replaced(loading.replaced)
            self._orders.remove(slot)

    def retire(self, slot: Slot, retirement: Retirement) -> None:
        """Note that a slot's predictions are to be removed; from now on no load brings them in.

        Raises:
            DiskFull: No space left; then nothing may be removed.
        """
        self._retirements.write(slot, retirement)

    def remove_retired(self, slot: Slot) -> None:
        """Remove all that the lake has of a retired slot; its rows must have left the warehouse."""
        self._drop(slot)

    def bring_back(self, slot: Slot) -> None:
        """Take a retirement back, so that the slot can be scored anew; nothing of it may be left."""
        self._retirements.remove(slot)

    def _drop_replaced(self, replaced: Collection[Slot]) -> None:
        """Remove old parts that no plan names any more, and what is left of slots that have nothing."""
        for old in replaced:
            plan = self.plan(old)
            planned = {unit.unit_id for unit in plan.units} if plan else set()
            self.parts.discard(old, self.parts.staged_units(old) - planned)
            if plan is None or not plan.files:
                self._drop(old)

    def _drop(self, slot: Slot) -> None:
        self.parts.drop(slot, last=(PLAN_NAME,))
