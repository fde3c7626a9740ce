"""The summary of a slot: merged once from what its units left, kept, and used again as long as it is of these units.

`task=<t>/logical_date=<d>/bundle=<b>/profile.json`, `sample.parquet`, `units.json` (which units it covers, each with
the digest of its checksum file) and `seal.sha256`, the checksums of these, written last. It outlives the parts, which
retention may remove.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storage.errors import PartCorrupt
from storage.files.atomic import remove_durably, write_bytes
from storage.files.checksums import bytes_digest, file_digest, make_checksums, matches_checksum
from storage.files.slot_folders import find_slots, remove_empty, slot_folder
from storage.lake.journal.states import SlotStates
from storage.lake.parts import PartStore
from storage.lake.plan import Plan
from storage.profiles.profile import Profile, merge
from storage.profiles.sample import SAMPLE_ROWS, merge_samples, sample_from_bytes, sample_to_bytes
from storage.profiles.summary import Summary
from storage.records import Slot, Unit

_PROFILE, _SAMPLE, _UNITS, _CHECKSUMS = "profile.json", "sample.parquet", "units.json", "seal.sha256"
_AT_ONCE: Final = 64
"""Profiles in memory at once."""

UnitDigests = Mapping[str, str]
"""Unit id to the digest of the unit's checksum file."""
OnProgress = Callable[[int, int], None]


class SummaryStore:
    """The folder of kept summaries.

    Args:
        root: `summaries` under the home; made when the first one is kept.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, slot: Slot, summary: Summary, units: UnitDigests) -> None:
        """Keep a summary, in place of the one before.

        Raises:
            DiskFull: No space left.
        """
        files = {
            _PROFILE: summary.profile.to_json_bytes(),
            _SAMPLE: sample_to_bytes(summary.sample),
            _UNITS: json.dumps(units, sort_keys=True).encode(),
        }
        folder = slot_folder(self._root, slot)
        remove_durably([folder / _CHECKSUMS])  # it must not stand beside files of another summary
        for name, data in files.items():
            write_bytes(folder / name, data)
        write_bytes(folder / _CHECKSUMS, make_checksums({name: bytes_digest(data) for name, data in files.items()}))

    def units(self, slot: Slot) -> UnitDigests | None:
        """What the kept summary of a slot covers; None where none is kept.

        Raises:
            PartCorrupt: It was altered.
        """
        if not (slot_folder(self._root, slot) / _CHECKSUMS).is_file():
            return None
        covered: UnitDigests = json.loads(self._verified(slot, _UNITS))
        return covered

    def load(self, slot: Slot) -> Summary:
        """Read the kept summary of a slot.

        Raises:
            PartCorrupt: None is kept, or it was altered.
        """
        profile = Profile.from_json_bytes(self._verified(slot, _PROFILE))
        return Summary(profile, sample_from_bytes(self._verified(slot, _SAMPLE)))

    def remove(self, slot: Slot) -> None:
        """Remove what is kept of a slot, the checksums first: without them nothing is kept."""
        folder = slot_folder(self._root, slot)
        for names in ((_CHECKSUMS,), (_PROFILE, _SAMPLE, _UNITS)):
            remove_durably([folder / name for name in names])
        remove_empty(folder, self._root)

    def slots(self, task: str | None = None) -> list[Slot]:
        """Slots of which a summary is kept, of one task or all, sorted by task, date and bundle."""
        return [slot for slot in find_slots(self._root, task) if (slot_folder(self._root, slot) / _CHECKSUMS).is_file()]

    def _verified(self, slot: Slot, name: str) -> bytes:
        path = slot_folder(self._root, slot) / name
        try:
            data, checksums = path.read_bytes(), path.with_name(_CHECKSUMS).read_bytes()
        except FileNotFoundError as error:
            raise _damaged(path, f"can't be read: {error}") from error
        if not matches_checksum(checksums, name, data):
            raise _damaged(path, "was altered")
        return data


def find_summary(
    journal: SlotStates, store: SummaryStore, slot: Slot, on_progress: OnProgress | None = None
) -> tuple[Summary | None, tuple[PartCorrupt, ...]]:
    """The summary of a slot: of its plan, see `summarise`, or the kept one where no plan is left or can be read.

    Returns:
        The summary, None where nothing is known of the slot; and what could not be used, the plan among it.

    Raises:
        DiskFull: No space left to keep it.
    """
    damaged: list[PartCorrupt] = []
    try:
        plan = journal.plan(slot)
    except PartCorrupt as error:
        plan = None
        damaged.append(error)
    if plan is not None:
        return summarise(journal.parts, store, plan, on_progress)
    try:
        return (store.load(slot) if store.units(slot) is not None else None), tuple(damaged)
    except PartCorrupt as error:
        return None, (*damaged, error)


def summarise(
    parts: PartStore, store: SummaryStore, plan: Plan, on_progress: OnProgress | None = None
) -> tuple[Summary | None, tuple[PartCorrupt, ...]]:
    """Summarise the units of a plan.

    The kept summary is taken if it covers the units of the plan, and those that are still staged as they are now.
    Else the units' profiles and samples are merged, and the result is kept if nothing is missing in it.

    Args:
        parts: What the units left.
        store: Where summaries are kept.
        plan: The units.
        on_progress: Called now and then with the rows done and the rows to do.

    Returns:
        The summary of the units that could be used, None where there is none; and one error for each that could not,
        those that are not staged together in one.

    Raises:
        DiskFull: No space left to keep it.
    """
    staged = parts.staged_units(plan.slot)
    units = [unit for unit in plan.units if unit.unit_id in staged]
    digests = {unit.unit_id: each for unit in units if (each := unit_digest(parts, unit))}
    failures: list[PartCorrupt] = []
    kept = _kept(store, plan, digests, failures)
    if kept is not None:
        return kept, ()
    if len(units) < len(plan.units):
        failures.append(_not_staged(plan, staged))
    summary = _merge(parts, units, failures, on_progress or _no_progress)
    if summary is not None and all(unit.unit_id in digests for unit in units) and not failures:
        store.keep(plan.slot, summary, digests)
    return summary, tuple(failures)


def unit_digest(parts: PartStore, unit: Unit) -> str | None:
    """Digest of a unit's checksum file; None where there is none, or where the unit is being scored again right now."""
    try:
        return file_digest(parts.files(unit).checksums)
    except FileNotFoundError:
        return None


def _kept(store: SummaryStore, plan: Plan, digests: UnitDigests, failures: list[PartCorrupt]) -> Summary | None:
    """The kept summary if it is of the plan's units; one that is damaged is a failure only where no part is left."""
    try:
        covered = store.units(plan.slot)
        same = covered is not None and covered.keys() == {unit.unit_id for unit in plan.units}
        if covered is not None and same and all(covered[unit] == digest for unit, digest in digests.items()):
            return store.load(plan.slot)
    except PartCorrupt as error:
        if not digests:
            failures.append(error)
    return None


def _merge(
    parts: PartStore, units: Sequence[Unit], failures: list[PartCorrupt], on_progress: OnProgress
) -> Summary | None:
    """Merge what units left. Of the samples all keys are read first, then only the rows that will stay."""
    keys: dict[Unit, NDArray[np.uint64]] = {}
    profiles = _profiles(parts, units, keys, failures, on_progress)
    profile: Profile | None = None
    while batch := list(islice(profiles, _AT_ONCE)):
        profile = merge([*([] if profile is None else [profile]), *batch])
    return None if profile is None else Summary(profile, _merge_samples(parts, keys, failures))


def _profiles(
    parts: PartStore,
    units: Sequence[Unit],
    keys: dict[Unit, NDArray[np.uint64]],
    failures: list[PartCorrupt],
    on_progress: OnProgress,
) -> Iterator[Profile]:
    """The profiles of units, one by one; the keys of their samples are noted in `keys`."""
    rows, done = sum(unit.rows for unit in units), 0
    for unit in units:
        files = parts.files(unit)
        try:
            profile, sampled = files.verified_profile(), files.verified_keys()
        except PartCorrupt as error:
            failures.append(error)
        else:
            keys[unit] = sampled
            yield profile
        done += unit.rows
        on_progress(done, rows)


def _merge_samples(parts: PartStore, keys: Mapping[Unit, NDArray[np.uint64]], failures: list[PartCorrupt]) -> pa.Table:
    everything = np.concatenate(list(keys.values()))
    last = np.partition(everything, SAMPLE_ROWS - 1)[SAMPLE_ROWS - 1] if len(everything) > SAMPLE_ROWS else None
    found = []
    for unit, sampled in keys.items():
        stays = len(sampled) if last is None else int(np.searchsorted(sampled, last, side="right"))
        if stays:
            try:
                found.append(parts.sample(unit).take(np.arange(stays)))
            except PartCorrupt as error:  # only where it was altered meanwhile
                failures.append(error)
    return merge_samples(found)


def _not_staged(plan: Plan, staged: set[str]) -> PartCorrupt:
    slot, missing = plan.slot, [unit.unit_id for unit in plan.units if unit.unit_id not in staged]
    return PartCorrupt(
        f"{len(missing)} of {len(plan.units)} units of {slot.task} {slot.logical_date}, bundle {slot.bundle}, "
        "are not staged",
        expected="the parts of all units, or a summary that was kept before they were removed",
        action="run the same `yeban score` again, with --force if they are loaded already",
        units=missing,
    )


def _damaged(path: Path, got: str) -> PartCorrupt:
    return PartCorrupt(
        f"the kept summary {path} {got}",
        expected="what was kept",
        action=f"remove the folder {path.parent}: it is made again from the parts, as long as they are there",
        path=str(path),
    )


def _no_progress(_done: int, _rows: int) -> None:
    pass
