"""What a night has seen of its dump and its slot: asked once, and asked again only after a step has changed it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from batch.input.dump import Dump
from jobs.config.home import Home
from jobs.scoring.plan import plan_files
from storage.errors import WarehouseLocked
from storage.files.checksums import file_digest
from storage.lake.plan import Plan
from storage.records import Slot, Unit
from storage.warehouse.ledger import loaded_records
from storage.warehouse.relabel_batches import recorded_batches


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What the warehouse had when it was opened.

    Attributes:
        units: The slot's loaded units.
        batches: Batches of the task; None where there is no warehouse.
    """

    units: frozenset[Unit]
    batches: frozenset[str] | None


class SlotView:
    """One night's look at its slot.

    The dump is listed and its footers are read once. The warehouse is opened once, and the parts' checksum files are
    read once, until `changing` ends: a step that scores or loads makes both stale. A locked warehouse is asked again
    each time, since it may be free by then.

    The plan of the dump may be older than the file that is read: the reader compares fingerprints and refuses a file
    that was replaced in between.

    Args:
        home: The home.
        slot: Task, date and bundle's version.
        patterns: Files, globs or directories; empty for the task's `input`.
    """

    def __init__(self, home: Home, slot: Slot, patterns: Sequence[str]) -> None:
        self.slot, self.patterns = slot, tuple(patterns)
        self.journal = home.journal
        self._home = home
        self._dump: Dump | None = None
        self._ledger: _Ledger | None = None
        self._stamp: str | None = None

    def dump(self) -> Dump:
        """The planned dump.

        Raises:
            ConfigError: Neither the caller nor yeban.toml says where the dump is.
            InputError: There is no file at all.
        """
        if self._dump is None:
            self._dump = plan_files(self._home, self.slot, self.patterns)
        return self._dump

    def plan(self) -> Plan:
        """The slot's plan; an empty one where it has none.

        Raises:
            PartCorrupt: The plan can't be read.
        """
        return self.journal.plan(self.slot) or Plan(self.slot, {})

    def pending(self, plan: Plan) -> list[Unit]:
        """Units of a plan that are to be scored; where the warehouse is locked, the parts alone decide."""
        try:
            loaded: Collection[Unit] = self._loaded().units
        except WarehouseLocked:
            loaded = ()
        return self.journal.pending(plan, {unit.unit_id for unit in loaded})

    def is_settled(self) -> bool:
        """Whether the warehouse holds the slot as it is planned.

        Raises:
            WarehouseLocked: Another process has the warehouse open.
        """
        return self.journal.is_settled(self.plan(), self._loaded().units)

    def has_batch(self, batch: str) -> bool:
        """Whether the warehouse has a batch of the task.

        Raises:
            WarehouseLocked: Another process has the warehouse open.
            TerminalError: There is no warehouse yet.
        """
        batches = self._loaded().batches
        if batches is None:
            with self._home.open_warehouse().reading() as con:
                batches = frozenset(recorded_batches(con, self.slot.task))
        return batch in batches

    def stamp(self) -> str:
        """Digest of the parts as they are, and whether the warehouse has them: what monitoring and picking look at."""
        if self._stamp is not None:
            return self._stamp
        digests = self._part_digests()
        try:
            loaded = self.is_settled()
        except WarehouseLocked:
            return _stamp_of(digests, loaded=False)
        self._stamp = _stamp_of(digests, loaded=loaded)
        return self._stamp

    @contextmanager
    def changing(self) -> Iterator[None]:
        """A block that scores or loads: what was seen of the slot before it is forgotten, however it ends."""
        try:
            yield
        finally:
            self._ledger = self._stamp = None

    def _loaded(self) -> _Ledger:
        if self._ledger is None:
            self._ledger = self._read_ledger()
        return self._ledger

    def _read_ledger(self) -> _Ledger:
        if not self._home.warehouse.exists():
            return _Ledger(frozenset(), None)
        with self._home.open_warehouse().reading() as con:
            units, batches = loaded_records(con, self.slot), recorded_batches(con, self.slot.task)
        return _Ledger(frozenset(units), frozenset(batches))

    def _part_digests(self) -> dict[str, str]:
        """Of each planned unit the digest of its checksum file; of one that is not staged what the summary kept."""
        parts, kept = self.journal.parts, self._home.summary_store.units(self.slot) or {}
        staged = parts.staged_units(self.slot)
        return {
            unit.unit_id: file_digest(parts.files(unit).checksums)
            if unit.unit_id in staged
            else kept.get(unit.unit_id, "")
            for unit in self.plan().units
        }


def _stamp_of(digests: dict[str, str], *, loaded: bool) -> str:
    # Records of earlier versions hold such stamps: the text that is digested must stay as it is.
    return hashlib.sha256(repr((sorted(digests.items()), loaded)).encode()).hexdigest()[:16]
