"""Staged parts: one Parquet file, one profile and one seal per unit, in a Hive-partitioned lake.

`task=<t>/logical_date=<d>/bundle=<b>/part-<unit>.parquet`, `profile-<unit>.json` and `seal-<unit>.sha256`.
Anything that reads Parquet can read the lake (`part-*.parquet`). The part gets its name last: its presence is the
unit's completion mark. Empty files `again-<unit>` and `renewed-<unit>` say what `--force` has ordered and done.

Rows are checked when they are staged. The seal holds the digests of the two files that passed, as `sha256sum`
writes them, so later it is enough to see that the bytes are the same: nothing is decoded to prove a part.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from storage.errors import PartCorrupt
from storage.files import atomic_output, remove_durably, write_bytes, write_json
from storage.plan import Plan
from storage.profiles.profile import Profile
from storage.records import PART_SCHEMA, Slot, Unit

UNIT_KEY: Final = b"yeban.unit"
"""Key of the Parquet metadata under which a part says which unit it is."""
ROW_GROUP_ROWS: Final = 128 * 1024

# A dictionary of values that hardly repeat makes a part larger by a third, and slower to load.
_REPEATING: Final = [
    *("task", "logical_date", "bundle", "unit", "source_path", "slices.key_value.key", "slices.key_value.value"),
    *("status", "label", "n_tokens", "n_windows", "top_windows.list.element"),
]
Mark = Literal["again", "renewed"]
"""`again`: to be scored again, whatever is staged or loaded; `renewed`: was, and the warehouse may hold older rows."""
_PLAN_NAME: Final = "_plan.json"
_RESCORE: Final = "remove it and run the same `yeban score` again; the other parts are not concerned"


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
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def stage(self, unit: Unit, table: pa.Table, profile: Profile) -> Path:
        """Write a unit's profile and its part, durably. Staging again replaces both.

        The same table gives the same bytes, however it is chunked.

        Args:
            unit: The unit.
            table: Its predictions in `PART_SCHEMA`, one row per input row.
            profile: Its statistics.

        Returns:
            The part's path.

        Raises:
            PartCorrupt: The table or profile is not this unit's: that would lose or double rows.
            DiskFull: No space left.
        """
        _check_content(unit, table, profile)
        path = self.path(unit)
        with atomic_output(path) as temporary:
            _write_parquet(temporary, unit, table)
            if path.exists():
                self.discard(unit.slot, [unit.unit_id])  # it must not stand beside the new profile
            write_bytes(self._profile_path(unit), profile.to_json_bytes())
            write_bytes(self._seal_path(unit), _seal(unit, temporary, self._profile_path(unit)))
        return path

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
        return self._folder(unit.slot) / f"part-{unit.unit_id}.parquet"

    def prove(self, unit: Unit) -> StagedPart:
        """Prove that a part and its profile are to the byte what was staged for the unit.

        Raises:
            PartCorrupt: One of its files is missing, truncated, altered, another unit's, or has the columns of
                another version of this program.
        """
        path = self.path(unit)
        try:
            found, expected = _seal(unit, path, self._profile_path(unit)), self._seal_path(unit).read_bytes()
        except FileNotFoundError as error:
            raise _corrupt(
                unit, path, f"{path} can't be proved: {error}", "a part, its profile and its seal"
            ) from error
        if found != expected:
            raise _corrupt(unit, path, f"{path} or its profile was altered", f"the digests {expected!r}")
        _check_columns(unit, pq.read_schema(path), path)
        return StagedPart(unit, path, self.profile(unit))

    def read(self, unit: Unit) -> pa.Table:
        """Read a part, proved.

        Returns:
            The predictions in `PART_SCHEMA`, `unit.rows` rows.

        Raises:
            PartCorrupt: See `prove`.
        """
        # As a file: by its path alone pyarrow would add the names of the folders as columns.
        with pq.ParquetFile(self.prove(unit).path) as file:
            return file.read().replace_schema_metadata(None)

    def profile(self, unit: Unit) -> Profile:
        """Read a unit's profile.

        Raises:
            PartCorrupt: It is missing, no profile, or counts other rows.
        """
        path = self._profile_path(unit)
        try:
            profile = Profile.from_json_bytes(path.read_bytes())
        except (FileNotFoundError, PartCorrupt) as error:
            raise _corrupt(unit, path, f"{path} can't be read: {error}", "the unit's profile") from error
        if profile.total.rows != unit.rows:
            raise _corrupt(unit, path, f"{path} counts {profile.total.rows} rows", f"{unit.rows} rows")
        return profile

    def discard(self, slot: Slot, unit_ids: Iterable[str]) -> None:
        """Remove units' parts, then what belongs to them; units that are not staged don't matter."""
        folder, ids = self._folder(slot), list(unit_ids)
        remove_durably([folder / f"part-{unit_id}.parquet" for unit_id in ids])
        remove_durably([folder / f"profile-{unit_id}.json" for unit_id in ids])
        remove_durably([folder / f"seal-{unit_id}.sha256" for unit_id in ids])

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
        pattern = f"task={_folder_value(task)}" if task is not None else "task=*"
        folders = self._root.glob(f"{pattern}/logical_date=*/bundle=*")
        found = [slot for folder in folders if folder.is_dir() and (slot := _slot_of(folder))]
        return sorted(found, key=lambda slot: (slot.task, slot.logical_date, slot.bundle))

    def _folder(self, slot: Slot) -> Path:
        names = {"task": slot.task, "logical_date": slot.logical_date.isoformat(), "bundle": slot.bundle}
        return self._root.joinpath(*(f"{key}={_folder_value(value)}" for key, value in names.items()))

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
        try:
            metadata = pq.read_metadata(self._folder(slot) / f"part-{unit_id}.parquet").metadata or {}
            unit = Unit.from_dict(json.loads(metadata[UNIT_KEY]))
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError):
            return None
        return unit if unit.slot == slot and unit.unit_id == unit_id else None

    def _profile_path(self, unit: Unit) -> Path:
        return self._folder(unit.slot) / f"profile-{unit.unit_id}.json"

    def _seal_path(self, unit: Unit) -> Path:
        return self._folder(unit.slot) / f"seal-{unit.unit_id}.sha256"


def _write_parquet(path: Path, unit: Unit, table: pa.Table) -> None:
    # Fixed options and no times: the bytes follow from the rows alone.
    pq.write_table(
        table.replace_schema_metadata({UNIT_KEY: _unit_bytes(unit)}),
        path,
        version="2.6",
        compression="zstd",
        compression_level=3,
        use_dictionary=_REPEATING,
        row_group_size=ROW_GROUP_ROWS,
        write_page_checksum=True,
    )


def _check_content(unit: Unit, table: pa.Table, profile: Profile) -> None:
    """Prove that a table holds each row of the unit once, and that the profile counts them."""
    _check_shape(unit, table)
    if profile.total.rows != unit.rows:
        raise _corrupt(unit, None, f"the profile counts {profile.total.rows} rows", f"{unit.rows} rows")
    slot = unit.slot
    owned = {
        "task": slot.task,
        "logical_date": slot.logical_date,
        "bundle": slot.bundle,
        "unit": unit.unit_id,
        "source_path": unit.source_path,
    }
    for name, value in owned.items():
        if not pc.all(pc.equal(table[name], value), min_count=0).as_py():
            raise _corrupt(unit, None, f"column {name} holds other values than the unit's", repr(value))
    covered = pc.min_max(table["source_row"]).as_py()
    distinct = pc.count_distinct(table["source_row"]).as_py()
    if unit.rows and (covered != {"min": unit.row_start, "max": unit.row_stop - 1} or distinct != unit.rows):
        expected = f"each of {unit.row_start} to {unit.row_stop - 1} once"
        raise _corrupt(unit, None, f"source_row holds {distinct} rows of {covered}", expected)


def _check_shape(unit: Unit, table: pa.Table) -> None:
    _check_columns(unit, table.schema, None)
    nulls = [field.name for field in PART_SCHEMA if not field.nullable and table[field.name].null_count]
    if nulls:
        raise _corrupt(unit, None, f"nulls in {', '.join(nulls)}", "a value in every row")
    if table.num_rows != unit.rows:
        raise _corrupt(unit, None, f"{table.num_rows} rows", f"{unit.rows} rows, one per input row")


def _check_columns(unit: Unit, schema: pa.Schema, path: Path | None) -> None:
    if not schema.equals(PART_SCHEMA):
        strange = set(schema) ^ set(PART_SCHEMA)
        names = ", ".join(sorted({field.name for field in strange})) or "their order"
        raise _corrupt(unit, path, f"columns differ from the schema of a part: {names}", "PART_SCHEMA")


def _corrupt(unit: Unit, path: Path | None, got: str, expected: str) -> PartCorrupt:
    return PartCorrupt(
        f"part of unit {unit.unit_id} ({unit.source_path} {unit.row_start}-{unit.row_stop}): {got}",
        expected=expected,
        action=_RESCORE,
        unit=unit.unit_id,
        path=str(path) if path else None,
    )


def _seal(unit: Unit, part: Path, profile: Path) -> bytes:
    """Digests of a unit's two files, the way `sha256sum` writes them and `sha256sum -c` takes them."""
    names = {f"part-{unit.unit_id}.parquet": part, f"profile-{unit.unit_id}.json": profile}
    return "".join(f"{_digest(path)}  {name}\n" for name, path in names.items()).encode()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unit_bytes(unit: Unit) -> bytes:
    return json.dumps(unit.as_dict(), ensure_ascii=False, sort_keys=True).encode()


def _json_object(data: bytes) -> Mapping[str, Any]:
    obj = json.loads(data)
    if not isinstance(obj, dict):
        raise TypeError("not a JSON object")
    return obj


def _folder_value(value: str) -> str:
    # Percent-encoding is what Hive readers undo; it also keeps "/" and Chinese out of folder names.
    return quote(value, safe="")


def _slot_of(folder: Path) -> Slot | None:
    """The slot whose folder it is, or None where somebody else made it."""
    task, day, bundle = (unquote(part.partition("=")[2]) for part in folder.parts[-3:])
    try:
        return Slot(task, date.fromisoformat(day), bundle)
    except ValueError:
        return None
