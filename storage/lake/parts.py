"""The store of staged parts: what a scorer leaves for each unit, in a Hive-partitioned lake.

`task=<t>/logical_date=<d>/bundle=<b>/part-<unit>.parquet` with its profile, sample and checksums, see `unit_files`.
Any program that reads Parquet can read the lake (`part-*.parquet`). The part gets its name last: its presence is the
unit's completion mark. The other files of a slot's folder belong to `storage.lake.journal`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from storage.files.atomic import files_in, remove_durably, size_of
from storage.files.slot_folders import find_slots, ids_in_names, remove_empty, slot_folder
from storage.lake.unit_files import FILE_KINDS, UnitFiles, discard, unit_in_metadata
from storage.profiles.profile import Profile
from storage.records import Slot, Unit


@dataclass(frozen=True, slots=True)
class StagedPart:
    """A part that was verified to be what was staged.

    Attributes:
        unit: Its unit.
        path: The Parquet file, in `PART_SCHEMA`, `unit.rows` rows.
        profile: Its statistics.
    """

    unit: Unit
    path: Path
    profile: Profile


class PartStore:
    """The folder of staged parts and profiles.

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
        return ids_in_names(self._folder(slot), "part-", ".parquet")

    def units_in_metadata(self, slot: Slot) -> list[Unit]:
        """The slot's staged units as the parts' own metadata names them; parts without usable metadata are skipped."""
        folder = self._folder(slot)
        named = {each: unit_in_metadata(folder / f"part-{each}.parquet") for each in sorted(self.staged_units(slot))}
        return [unit for unit_id, unit in named.items() if unit and (unit.slot, unit.unit_id) == (slot, unit_id)]

    def path(self, unit: Unit) -> Path:
        """Where the unit's part is or will be."""
        return self.files(unit).part

    def verify(self, unit: Unit) -> StagedPart:
        """Verify that a part, its profile and its sample are to the byte what was staged for the unit.

        Raises:
            PartCorrupt: One of its files is missing, truncated, altered, another unit's, or has the columns of
                another version of this program.
        """
        files = self.files(unit)
        return StagedPart(unit, files.part, files.verify())

    def read(self, unit: Unit) -> pa.Table:
        """Read a part, verified.

        Returns:
            The predictions in `PART_SCHEMA`, `unit.rows` rows.

        Raises:
            PartCorrupt: See `verify`.
        """
        files = self.files(unit)
        files.verify()
        return files.read_part()

    def profile(self, unit: Unit) -> Profile:
        """Read a unit's profile.

        Raises:
            PartCorrupt: It is missing, no profile, or counts other rows.
        """
        return self.files(unit).read_profile()

    def sample(self, unit: Unit) -> pa.Table:
        """Read a unit's sample, in `SAMPLE_SCHEMA`, verified.

        Raises:
            PartCorrupt: It or the unit's checksums are missing, altered or of another version.
        """
        return self.files(unit).verified_sample()

    def discard(self, slot: Slot, unit_ids: Iterable[str]) -> None:
        """Remove units' parts, then what belongs to them; units that are not staged are ignored."""
        discard(self._folder(slot), unit_ids)

    def remains(self, slot: Slot) -> set[str]:
        """Ids of all units that have a file, staged or not: a removal that was cut off leaves profiles."""
        folder, kinds = self._folder(slot), (name.split("{}") for name in FILE_KINDS)
        return set().union(*(ids_in_names(folder, prefix, suffix) for prefix, suffix in kinds))

    def size(self, slot: Slot) -> int:
        """Bytes of all files of a slot."""
        return sum(map(size_of, files_in(self._folder(slot))))

    def drop(self, slot: Slot, last: Collection[str] = ()) -> None:
        """Remove all files of a slot, and its folder; nothing of it may be needed any more.

        Args:
            slot: The slot.
            last: Names of files that go after all others.
        """
        folder = self._folder(slot)
        if not folder.is_dir():
            return
        self.discard(slot, self.staged_units(slot))
        remove_durably([path for path in sorted(folder.iterdir()) if path.name not in last])
        remove_durably([folder / name for name in last])
        remove_empty(folder, self.root)

    def slots(self, task: str | None = None) -> list[Slot]:
        """Slots that have a folder, of one task or all, sorted by task, date and bundle."""
        return find_slots(self.root, task)

    def _folder(self, slot: Slot) -> Path:
        return slot_folder(self.root, slot)
