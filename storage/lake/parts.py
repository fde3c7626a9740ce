"""The store of staged parts: what a scorer leaves for each unit, in a Hive-partitioned lake, and each slot's plan.

`task=<t>/logical_date=<d>/bundle=<b>/part-<unit>.parquet` with its profile, sample and seal, see `unit_files`. Anything
that reads Parquet can read the lake (`part-*.parquet`). The part gets its name last: its presence is the unit's
completion mark. Empty files `again-<unit>` and `renewed-<unit>` say what `--force` has ordered and done.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa

from storage.errors import PartCorrupt
from storage.files.atomic import files_in, remove_durably, size_of, write_bytes, write_json
from storage.files.slot_folders import find_slots, remove_empty, slot_folder
from storage.lake.plan import Plan
from storage.lake.unit_files import UnitFiles, discard, told_by
from storage.profiles.profile import Profile
from storage.records import Slot, Unit

Mark = Literal["again", "renewed"]
"""`again`: to be scored again, whatever is staged or loaded; `renewed`: was, and the warehouse may hold older rows."""
_PLAN_NAME: Final = "_plan.json"


@dataclass(frozen=True, slots=True)
class StagedPart:
    """A part that was found to be what was staged.

    Attributes:
        unit: Its unit.
        path: The Parquet file, in `PART_SCHEMA`, `unit.rows` rows.
        profile: Its statistics.
    """

    unit: Unit
    path: Path
    profile: Profile


class PartStore:
    """The folder of staged parts, profiles and plans.

    Args:
        root: `parts` under the home; made when the first part is staged.

    Attributes:
        root: The same.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def stage(self, unit: Unit, table: pa.Table, profile: Profile, sample: pa.Table) -> Path:
        """Write a unit's profile, its sample and its part, durably. Staging again replaces them all.

        The same table gives the same bytes, however it is chunked.

        Args:
            unit: The unit.
            table: Its predictions in `PART_SCHEMA`, one row per input row.
            profile: Its statistics.
            sample: Some of its rows, in `SAMPLE_SCHEMA`.

        Returns:
            The part's path.

        Raises:
            PartCorrupt: Table, profile or sample is not this unit's: that would lose or double rows.
            DiskFull: No space left.
        """
        self.files(unit).write(table, profile, sample)
        return self.path(unit)

    def files(self, unit: Unit) -> UnitFiles:
        """The files of a unit, there or not."""
        return UnitFiles(self._folder(unit.slot), unit)

    def staged_units(self, slot: Slot) -> set[str]:
        """Ids of the slot's staged units: one directory listing, no file is opened."""
        return self._named(slot, "part-", ".parquet")

    def recover(self, slot: Slot) -> list[Unit]:
        """The slot's staged units as the parts themselves tell them: what is left where the plan was lost.

        Parts that cannot tell are passed over.
        """
        return [unit for unit_id in sorted(self.staged_units(slot)) if (unit := self._told_by(slot, unit_id))]

    def mark(self, slot: Slot, mark: Mark, unit_ids: Iterable[str]) -> None:
        """Mark units, durably.

        Raises:
            DiskFull: No space left.
        """
        for unit_id in unit_ids:
            write_bytes(self._folder(slot) / f"{mark}-{unit_id}", b"")

    def marked(self, slot: Slot, mark: Mark) -> set[str]:
        """Ids of the slot's units that are marked so."""
        return self._named(slot, f"{mark}-", "")

    def unmark(self, slot: Slot, mark: Mark, unit_ids: Iterable[str]) -> None:
        """Take a mark away; units that don't have it don't matter."""
        remove_durably([self._folder(slot) / f"{mark}-{unit_id}" for unit_id in unit_ids])

    def path(self, unit: Unit) -> Path:
        """Where the unit's part is or will be."""
        return self.files(unit).part

    def prove(self, unit: Unit) -> StagedPart:
        """Prove that a part, its profile and its sample are to the byte what was staged for the unit.

        Raises:
            PartCorrupt: One of its files is missing, truncated, altered, another unit's, or has the columns of
                another version of this program.
        """
        files = self.files(unit)
        return StagedPart(unit, files.part, files.prove())

    def read(self, unit: Unit) -> pa.Table:
        """Read a part, proved.

        Returns:
            The predictions in `PART_SCHEMA`, `unit.rows` rows.

        Raises:
            PartCorrupt: See `prove`.
        """
        files = self.files(unit)
        files.prove()
        return files.read_part()

    def profile(self, unit: Unit) -> Profile:
        """Read a unit's profile.

        Raises:
            PartCorrupt: It is missing, no profile, or counts other rows.
        """
        return self.files(unit).read_profile()

    def sample(self, unit: Unit) -> pa.Table:
        """Read a unit's sample, in `SAMPLE_SCHEMA`, proved.

        Raises:
            PartCorrupt: It or the unit's seal is missing, altered or of another version.
        """
        return self.files(unit).sealed_sample()

    def discard(self, slot: Slot, unit_ids: Iterable[str]) -> None:
        """Remove units' parts, then what belongs to them; units that are not staged don't matter."""
        discard(self._folder(slot), unit_ids)

    def remains(self, slot: Slot) -> set[str]:
        """Ids of all units that have a file, staged or not: a removal that was cut off leaves profiles."""
        kinds = (("part-", ".parquet"), ("profile-", ".json"), ("sample-", ".parquet"), ("seal-", ".sha256"))
        return set().union(*(self._named(slot, prefix, suffix) for prefix, suffix in kinds))

    def size(self, slot: Slot) -> int:
        """Bytes of all files of a slot."""
        return sum(map(size_of, files_in(self._folder(slot))))

    def drop(self, slot: Slot) -> None:
        """Remove all that is left of a slot, the plan last but for its folder: nothing of it may be needed any more."""
        folder = self._folder(slot)
        if not folder.is_dir():
            return
        self.discard(slot, self.staged_units(slot))
        others = [path for path in sorted(folder.iterdir()) if path.name != _PLAN_NAME]
        remove_durably(others)
        remove_durably([folder / _PLAN_NAME])
        remove_empty(folder, self.root)

    def save_plan(self, plan: Plan) -> None:
        """Write the slot's plan, in place of the one before.

        Raises:
            DiskFull: No space left.
        """
        write_json(self._folder(plan.slot) / _PLAN_NAME, plan.as_dict())

    def load_plan(self, slot: Slot) -> Plan | None:
        """Read the slot's plan, or None where it has none.

        Raises:
            PartCorrupt: The file is no plan, or another slot's.
        """
        path = self._folder(slot) / _PLAN_NAME
        try:
            plan = Plan.from_dict(_json_object(path.read_bytes()))
            if plan.slot != slot:
                raise ValueError(f"it is the plan of {plan.slot}")
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PartCorrupt(
                f"{path} is not a plan: {error!r}",
                expected=f"the plan of {slot}",
                action="remove it and run the same `yeban score` again",
                path=str(path),
            ) from error
        return plan

    def slots(self, task: str | None = None) -> list[Slot]:
        """Slots that have a folder, of one task or all, sorted by task, date and bundle."""
        return find_slots(self.root, task)

    def _folder(self, slot: Slot) -> Path:
        return slot_folder(self.root, slot)

    def _named(self, slot: Slot, prefix: str, suffix: str) -> set[str]:
        folder = self._folder(slot)
        if not folder.is_dir():
            return set()
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
        return {
            name.removeprefix(prefix).removesuffix(suffix)
            for name in names
            if name.startswith(prefix) and name.endswith(suffix)
        }

    def _told_by(self, slot: Slot, unit_id: str) -> Unit | None:
        unit = told_by(self._folder(slot) / f"part-{unit_id}.parquet")
        return unit if unit is not None and unit.slot == slot and unit.unit_id == unit_id else None


def _json_object(data: bytes) -> Mapping[str, Any]:
    obj = json.loads(data)
    if not isinstance(obj, dict):
        raise TypeError("not a JSON object")
    return obj
