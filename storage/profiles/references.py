"""References: the frozen summaries that drift is measured against, each a folder of its own.

`reference.json` holds where it comes from, the confusion on dev and the profile; `sample.parquet` the sample, if there
is one. `<home>/references/<task>/<digest of reference.json>/` is never changed; the file `current` beside it names one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from storage.errors import PartCorrupt, ReferenceUnusable
from storage.files.atomic import write_bytes
from storage.files.checksums import bytes_digest
from storage.profiles.profile import Profile
from storage.profiles.sample import sample_from_bytes, sample_to_bytes

REFERENCE: Final = "reference.json"
SAMPLE: Final = "sample.parquet"
REFERENCE_VERSION: Final = 1
_CURRENT: Final = "current"
_NAME_LENGTH: Final = 16

Confusion = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class DevOrigin:
    """The dev rows that a bundle was trained with.

    Attributes:
        rows: How many.
    """

    rows: int


@dataclass(frozen=True, slots=True)
class DatesOrigin:
    """Scored dates.

    Attributes:
        task: The task.
        bundle: Version of the bundle that scored them.
        first: First date of the range.
        last: Last date of the range.
        days: Dates of the range that were scored.
        rows: Their rows.
    """

    task: str
    bundle: str
    first: date
    last: date
    days: int
    rows: int


@dataclass(frozen=True, slots=True)
class Reference:
    """What drift is measured against.

    Attributes:
        profile: Statistics of its rows.
        sample: Some of them in `SAMPLE_SCHEMA`; None where no text may be kept.
        origin: Where they are from.
        confusion: Rows of dev that have a label, by gold class and by predicted one, C times C; None where it is
            not known.
    """

    profile: Profile
    sample: pa.Table | None
    origin: DevOrigin | DatesOrigin
    confusion: Confusion | None = None


def write_reference(folder: Path, reference: Reference) -> None:
    """Write a reference; the same one gives the same bytes. A sample that is there already and not its own goes.

    Raises:
        DiskFull: No space left.
    """
    head, sample = _encode(reference)
    if sample is None:
        (folder / SAMPLE).unlink(missing_ok=True)
    else:
        write_bytes(folder / SAMPLE, sample)
    write_bytes(folder / REFERENCE, head)


def read_reference(folder: Path) -> Reference:
    """Read a reference, its sample checked against its digest.

    Raises:
        ReferenceUnusable: A file is missing, altered, or of another version.
    """
    try:
        return _decode(folder, (folder / REFERENCE).read_bytes())
    except (OSError, PartCorrupt, ValueError, KeyError, TypeError, AttributeError) as error:
        got = error.got if isinstance(error, PartCorrupt) else str(error) or repr(error)
        raise _unusable(folder, f"can't be read: {got}") from error


def reference_id(reference: Reference) -> str:
    """Digest of a reference's contents: the name of its folder where it was frozen."""
    return bytes_digest(_encode(reference)[0])[:_NAME_LENGTH]


class ReferenceStore:
    """The frozen references of all tasks. None is ever changed or removed.

    Args:
        root: `references` under the home; made when the first one is frozen.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def freeze(self, task: str, reference: Reference) -> Path:
        """Write a reference and let it be the current one of the task; its folder.

        Raises:
            DiskFull: No space left; the one before stays current.
        """
        head, _ = _encode(reference)
        folder = self._folder(task) / bytes_digest(head)[:_NAME_LENGTH]
        write_reference(folder, reference)
        write_bytes(self._folder(task) / _CURRENT, f"{folder.name}\n".encode())
        return folder

    def current(self, task: str) -> Reference | None:
        """The reference that was frozen last, or None.

        Raises:
            ReferenceUnusable: It is missing, altered or of another version.
        """
        pointer = self._folder(task) / _CURRENT
        if not pointer.is_file():
            return None
        name = pointer.read_text("utf-8", "replace").strip()
        if name not in self.history(task):
            raise _unusable(pointer, f"names {name!r}, which is no reference")
        folder = self._folder(task) / name
        if bytes_digest((folder / REFERENCE).read_bytes())[:_NAME_LENGTH] != name:
            raise _unusable(folder, f"was altered: {REFERENCE} is not what was frozen")
        return read_reference(folder)

    def history(self, task: str) -> list[str]:
        """Names of all references that were ever frozen for a task, sorted."""
        return sorted(file.parent.name for file in self._folder(task).glob(f"*/{REFERENCE}"))

    def _folder(self, task: str) -> Path:
        return self._root / quote(task, safe="")


def _encode(reference: Reference) -> tuple[bytes, bytes | None]:
    sample = None if reference.sample is None else sample_to_bytes(reference.sample)
    origin = reference.origin
    kind = "dev" if isinstance(origin, DevOrigin) else "dates"
    flat = {
        "version": REFERENCE_VERSION,
        "origin": {"kind": kind, **asdict(origin)},
        "confusion": reference.confusion,
        "profile": json.loads(reference.profile.to_json_bytes()),
        "sample_sha256": None if sample is None else bytes_digest(sample),
    }
    text = json.dumps(flat, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=date.isoformat)
    return f"{text}\n".encode(), sample


def _decode(folder: Path, head: bytes) -> Reference:
    flat = json.loads(head)
    if flat["version"] != REFERENCE_VERSION:
        raise ValueError(f"version {flat['version']}")
    profile = Profile.from_json_bytes(json.dumps(flat["profile"]).encode())
    confusion = flat["confusion"]
    if confusion is not None:
        confusion = tuple(tuple(map(int, row)) for row in confusion)
        if np.shape(confusion) != (len(profile.labels),) * 2:
            raise ValueError(f"a confusion of {len(confusion)} classes, labels of {len(profile.labels)}")
    return Reference(profile, _sample(folder, flat["sample_sha256"]), _origin(flat["origin"]), confusion)


def _sample(folder: Path, digest: str | None) -> pa.Table | None:
    if digest is None:
        return None
    data = (folder / SAMPLE).read_bytes()
    if bytes_digest(data) != digest:
        raise ValueError(f"{SAMPLE} was altered")
    return sample_from_bytes(data)


def _origin(flat: dict[str, Any]) -> DevOrigin | DatesOrigin:
    kind = flat.pop("kind")
    if kind == "dev":
        return DevOrigin(**flat)
    if kind != "dates":
        raise ValueError(f"origin {kind!r}")
    first, last = (date.fromisoformat(flat.pop(name)) for name in ("first", "last"))
    return DatesOrigin(first=first, last=last, **flat)


def _unusable(path: Path, got: str) -> ReferenceUnusable:
    return ReferenceUnusable(
        f"the reference {path} {got}",
        expected="what was frozen",
        action="restore it from a backup, or freeze a reference again",
        path=str(path),
    )
