"""The files of one unit: `part-<unit>.parquet`, `profile-<unit>.json`, `sample-<unit>.parquet`, `seal-<unit>.sha256`.

Rows are checked when they are staged. The last file holds the checksums of the three that passed, as `sha256sum` writes
them, so later it is enough to compare bytes: nothing is decoded to verify a part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from storage.errors import PartCorrupt
from storage.files.atomic import atomic_output, remove_durably, write_bytes
from storage.files.checksums import file_digest, make_checksums, matches_checksum
from storage.lake.checks import check_columns, check_content, check_profile, corrupt
from storage.prediction_columns import PART_COLUMNS
from storage.profiles.profile import Profile
from storage.profiles.sample import keys_from_bytes, sample_from_bytes, sample_to_bytes
from storage.records import Unit

T = TypeVar("T")
UNIT_KEY: Final = b"yeban.unit"
"""Key of the Parquet metadata under which a part names its unit."""
ROW_GROUP_ROWS: Final = 128 * 1024

# A dictionary of values that hardly repeat makes a part larger by a third, and slower to load.
_REPEATING: Final = [path for column in PART_COLUMNS for path in column.repeats]
_NAMES: Final = {"part": "part-{}.parquet", "profile": "profile-{}.json", "sample": "sample-{}.parquet"}
_CHECKSUMS: Final = "seal-{}.sha256"
FILE_KINDS: Final = (*_NAMES.values(), _CHECKSUMS)
"""The names of a unit's files, with a place for its id."""


@dataclass(frozen=True, slots=True)
class UnitFiles:
    """The files of a unit in its slot's folder.

    Attributes:
        folder: The slot's folder.
        unit: The unit.
    """

    folder: Path
    unit: Unit

    @property
    def part(self) -> Path:
        """Its predictions: the unit's completion mark."""
        return self._path(_NAMES["part"])

    @property
    def profile(self) -> Path:
        """Its statistics."""
        return self._path(_NAMES["profile"])

    @property
    def sample(self) -> Path:
        """A sample of its rows."""
        return self._path(_NAMES["sample"])

    @property
    def checksums(self) -> Path:
        """SHA-256 of the three."""
        return self._path(_CHECKSUMS)

    def write(self, table: pa.Table, profile: Profile, sample: pa.Table) -> None:
        """Write all of them, durably, the part last.

        Raises:
            PartCorrupt: Table, profile or sample is not this unit's.
            DiskFull: No space left.
        """
        check_content(self.unit, table, profile, sample)
        with atomic_output(self.part) as temporary:
            _write_part(temporary, self.unit, table)
            if self.part.exists():
                discard(self.folder, [self.unit.unit_id])  # it must not stand beside the new profile
            write_bytes(self.profile, profile.to_json_bytes())
            write_bytes(self.sample, sample_to_bytes(sample))
            write_bytes(self.checksums, self._make_checksums(temporary))

    def verify(self) -> Profile:
        """Verify that part, profile and sample are to the byte what was staged.

        Returns:
            The profile.

        Raises:
            PartCorrupt: One of the files is missing, truncated, altered, another unit's, or has the columns of
                another version of this program.
        """
        unit, part = self.unit, self.part
        try:
            found, expected = self._make_checksums(part), self.checksums.read_bytes()
        except FileNotFoundError as error:
            wanted = "a part, its profile, its sample and its seal"
            raise corrupt(unit, part, f"{part} can't be proved: {error}", wanted) from error
        if found != expected:
            raise corrupt(
                unit, part, f"{part}, its profile or its sample was altered", f"the digests {expected.decode()!r}"
            )
        check_columns(unit, pq.read_schema(part), part)
        return self.read_profile()

    def read_part(self) -> pa.Table:
        """The predictions in `PART_SCHEMA`; verify them first."""
        # As a file: by its path alone pyarrow would add the names of the folders as columns.
        with pq.ParquetFile(self.part) as file:
            return file.read().replace_schema_metadata(None)

    def read_profile(self) -> Profile:
        """The profile.

        Raises:
            PartCorrupt: It is missing, no profile, or counts other rows.
        """
        return self._profile_of(self._bytes(self.profile))

    def verified_profile(self) -> Profile:
        """The profile, to the byte what was staged; the part is not looked at.

        Raises:
            PartCorrupt: It or the checksums are missing or altered.
        """
        return self._profile_of(self._verified_bytes(self.profile))

    def verified_sample(self) -> pa.Table:
        """The sample in `SAMPLE_SCHEMA`, to the byte what was staged; the part is not looked at.

        Raises:
            PartCorrupt: It or the checksums are missing, altered or of another version.
        """
        return self._decode(self.sample, self._verified_bytes(self.sample), sample_from_bytes)

    def verified_keys(self) -> NDArray[np.uint64]:
        """The keys of the sample alone, uint64[N] ascending; errors are those of `verified_sample`."""
        return self._decode(self.sample, self._verified_bytes(self.sample), keys_from_bytes)

    def _profile_of(self, data: bytes) -> Profile:
        profile = self._decode(self.profile, data, Profile.from_json_bytes)
        check_profile(self.unit, profile, self.profile)
        return profile

    def _decode(self, path: Path, data: bytes, decode: Callable[[bytes], T]) -> T:
        try:
            return decode(data)
        except PartCorrupt as error:
            raise corrupt(self.unit, path, f"{path} can't be read: {error.got}", error.expected) from error

    def _verified_bytes(self, path: Path) -> bytes:
        data, checksums = self._bytes(path), self._bytes(self.checksums)
        if not matches_checksum(checksums, path.name, data):
            raise corrupt(self.unit, path, f"{path} was altered", "the digest in its seal")
        return data

    def _bytes(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise corrupt(self.unit, path, f"{path} can't be read: {error}", "a file of the unit") from error

    def _make_checksums(self, part: Path) -> bytes:
        """The checksums as they are now; the part may still have another name."""
        paths = {self.part.name: part, self.profile.name: self.profile, self.sample.name: self.sample}
        return make_checksums({name: file_digest(path) for name, path in paths.items()})

    def _path(self, name: str) -> Path:
        return self.folder / name.format(self.unit.unit_id)


def discard(folder: Path, unit_ids: Iterable[str]) -> None:
    """Remove units' parts, then what belongs to them; units that are not staged are ignored."""
    ids = list(unit_ids)
    for name in FILE_KINDS:
        remove_durably([folder / name.format(unit_id) for unit_id in ids])


def unit_in_metadata(part: Path) -> Unit | None:
    """The unit that a part's metadata names, or None where it is unreadable."""
    try:
        metadata = pq.read_metadata(part).metadata or {}
        return Unit.from_dict(json.loads(metadata[UNIT_KEY]))
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError):
        return None


def _write_part(path: Path, unit: Unit, table: pa.Table) -> None:
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


def _unit_bytes(unit: Unit) -> bytes:
    return json.dumps(unit.as_dict(), ensure_ascii=False, sort_keys=True).encode()
