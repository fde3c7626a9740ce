"""A dump as a whole: which files it has, how they are cut, which of them cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batch.input.columns import ColumnMapping
from batch.input.reader import inspect
from batch.input.sources import SourceFile
from batch.input.units import UnitSize, cut_units
from storage.errors import InputError
from storage.lake.plan import Plan
from storage.records import Slot


@dataclass(frozen=True, slots=True)
class Dump:
    """The planned dump of one slot.

    Attributes:
        plan: The units of all usable files.
        sources: The usable files by name.
        failures: Why the other files are not used.
    """

    plan: Plan
    sources: Mapping[str, SourceFile]
    failures: tuple[InputError, ...]


def plan_dump(sources: Sequence[SourceFile], slot: Slot, mapping: ColumnMapping, size: UnitSize) -> Dump:
    """Cut every file into units; a file that cannot be used is a failure and does not stop the others."""
    files, usable, failures = {}, {}, []
    for source in sources:
        try:
            files[source.name] = cut_units(inspect(source, mapping), slot, size)
            usable[source.name] = source
        except InputError as error:
            failures.append(error)
    return Dump(Plan(slot, files), usable, tuple(failures))
