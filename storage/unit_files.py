"""The files of one unit: `part-<unit>.parquet`, `profile-<unit>.json`, `sample-<unit>.parquet`, `seal-<unit>.sha256`.

Rows are checked when they are staged. The seal holds the digests of the three files that passed, as `sha256sum` writes
them, so later it is enough to see that the bytes are the same: nothing is decoded to prove a part.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from storage.errors import PartCorrupt
from storage.files import atomic_output, remove_durably, write_bytes
from storage.part_checks import check_columns, check_content, check_profile, corrupt
from storage.profiles.profile import Profile
from storage.profiles.sample import sample_from_bytes, sample_to_bytes
from storage.records import Unit

UNIT_KEY: Final = b"yeban.unit"
"""Key of the Parquet metadata under which a part says which unit it is."""
ROW_GROUP_ROWS: Final = 128 * 1024

# A dictionary of values that hardly repeat makes a part larger by a third, and slower to load.
_REPEATING: Final = [
    *("task", "logical_date", "bundle", "unit", "source_path", "slices.key_value.key", "slices.key_value.value"),
    *("status", "label", "n_tokens", "n_windows", "top_windows.list.element"),
]
_NAMES: Final = {"part": "part-{}.parquet", "profile": "profile-{}.json", "sample": "sample-{}.parquet"}
_SEAL: Final = "seal-{}.sha256"


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
    def seal(self) -> Path:
        """The digests of the three."""
        return self._path(_SEAL)

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
            write_bytes(self.seal, self._digests(temporary))

    def prove(self) -> Profile:
        """Prove that part, profile and sample are to the byte what was staged; the profile.

        Raises:
            PartCorrupt: One of the files is missing, truncated, altered, another unit's, or has the columns of
                another version of this program.
        """
        unit, part = self.unit, self.part
        try:
            found, expected = self._digests(part), self.seal.read_bytes()
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
        """The predictions in `PART_SCHEMA`; prove them first."""
        # As a file: by its path alone pyarrow would add the names of the folders as columns.
        with pq.ParquetFile(self.part) as file:
            return file.read().replace_schema_metadata(None)

    def read_profile(self) -> Profile:
        """The profile.

        Raises:
            PartCorrupt: It is missing, no profile, or counts other rows.
        """
        return self._profile_of(self._bytes(self.profile, "the unit's profile"))

    def read_sample(self) -> pa.Table:
        """The sample, in `SAMPLE_SCHEMA`.

        Raises:
            PartCorrupt: It is missing or no sample.
        """
        return self._sample_of(self._bytes(self.sample, "the unit's sample"))

    def read_sealed(self) -> tuple[Profile, bytes]:
        """Profile and sample, to the byte what was staged; the sample still as its file's bytes.

        The part is not looked at: statistics go on when it is gone or harmed.

        Raises:
            PartCorrupt: One of them or the seal is missing or altered.
        """
        profile, sample = self._bytes(self.profile, "the unit's profile"), self._bytes(self.sample, "the unit's sample")
        lines = set(self._bytes(self.seal, "the unit's seal").splitlines())
        for path, data in ((self.profile, profile), (self.sample, sample)):
            if _line(hashlib.sha256(data).hexdigest(), path.name) not in lines:
                raise corrupt(self.unit, path, f"{path} was altered", "the digest in its seal")
        return self._profile_of(profile), sample

    def _profile_of(self, data: bytes) -> Profile:
        try:
            profile = Profile.from_json_bytes(data)
        except PartCorrupt as error:
            got = f"{self.profile} can't be read: {error.got}"
            raise corrupt(self.unit, self.profile, got, "the unit's profile") from error
        check_profile(self.unit, profile, self.profile)
        return profile

    def _sample_of(self, data: bytes) -> pa.Table:
        try:
            return sample_from_bytes(data)
        except PartCorrupt as error:
            got = f"{self.sample} can't be read: {error.got}"
            raise corrupt(self.unit, self.sample, got, "the unit's sample") from error

    def _bytes(self, path: Path, expected: str) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise corrupt(self.unit, path, f"{path} can't be read: {error}", expected) from error

    def _digests(self, part: Path) -> bytes:
        """The way `sha256sum` writes them and `sha256sum -c` takes them; the part may still have another name."""
        names = {self.part.name: part, self.profile.name: self.profile, self.sample.name: self.sample}
        return b"".join(_line(_digest(path), name) + b"\n" for name, path in names.items())

    def _path(self, name: str) -> Path:
        return self.folder / name.format(self.unit.unit_id)


def discard(folder: Path, unit_ids: Iterable[str]) -> None:
    """Remove units' parts, then what belongs to them; units that are not staged don't matter."""
    ids = list(unit_ids)
    for name in (*_NAMES.values(), _SEAL):
        remove_durably([folder / name.format(unit_id) for unit_id in ids])


def told_by(part: Path) -> Unit | None:
    """The unit that a part says it is, or None where it can't tell."""
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


def _line(digest: str, name: str) -> bytes:
    return f"{digest}  {name}".encode()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unit_bytes(unit: Unit) -> bytes:
    return json.dumps(unit.as_dict(), ensure_ascii=False, sort_keys=True).encode()
