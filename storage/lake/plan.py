"""The plan of a slot: which units its predictions are made of, file by file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from storage.records import Slot, Unit


@dataclass(frozen=True, slots=True)
class Plan:
    """All units of one slot, by source file.

    Attributes:
        slot: The task, date and bundle.
        files: Source path to its units, which have one fingerprint and don't overlap. A file without rows has
            no units; it still takes the place of what was scored from it before.
    """

    slot: Slot
    files: Mapping[str, tuple[Unit, ...]]

    def __post_init__(self) -> None:
        for source_path, units in self.files.items():
            self._check_file(source_path, units)

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units, sorted by source path and first row."""
        everything = (unit for units in self.files.values() for unit in units)
        return tuple(sorted(everything, key=lambda unit: (unit.source_path, unit.row_start)))

    @property
    def rows(self) -> int:
        """Number of rows in all units."""
        return sum(unit.rows for units in self.files.values() for unit in units)

    def merged(self, new: Plan) -> Plan:
        """This plan with the files of another put over it.

        Files of `new` replace those of the same source path, the others stay, so that `score --input A` and
        then `score --input B` add up.

        Raises:
            ValueError: The plans are of different slots.
        """
        if new.slot != self.slot:
            raise ValueError(f"plans of different slots: {self.slot} and {new.slot}")
        return Plan(self.slot, {**self.files, **new.files})

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form: per file its fingerprint and the row ranges."""
        files = {
            source_path: {
                "fingerprint": units[0].fingerprint if units else "",
                "ranges": [[unit.row_start, unit.row_stop] for unit in units],
            }
            for source_path, units in sorted(self.files.items())
        }
        slot = self.slot
        return {
            "task": slot.task,
            "logical_date": slot.logical_date.isoformat(),
            "bundle": slot.bundle,
            "files": files,
        }

    @classmethod
    def from_dict(cls, flat: Mapping[str, Any]) -> Plan:
        """Inverse of `as_dict`.

        Raises:
            KeyError, TypeError, ValueError: It is not the dictionary of a plan.
        """
        slot = Slot(flat["task"], date.fromisoformat(flat["logical_date"]), flat["bundle"])
        files = {
            source_path: tuple(
                Unit(slot, source_path, entry["fingerprint"], start, stop) for start, stop in entry["ranges"]
            )
            for source_path, entry in flat["files"].items()
        }
        return cls(slot, files)

    def _check_file(self, source_path: str, units: tuple[Unit, ...]) -> None:
        if any(unit.slot != self.slot or unit.source_path != source_path for unit in units):
            raise ValueError(f"a unit under {source_path!r} is of another file or slot")
        if len({unit.fingerprint for unit in units}) > 1:
            raise ValueError(f"the units of {source_path!r} have different fingerprints")
        ranges = sorted((unit.row_start, unit.row_stop) for unit in units)
        if any(start > stop for start, stop in ranges) or any(a[1] > b[0] for a, b in pairwise(ranges)):
            raise ValueError(f"the units of {source_path!r} overlap or end before they start")
