"""Annotations on disk: one file per import, never changed. The files are the truth.

`<batch folder>/imports/<number>-<digest>.json` holds the annotations that were new; the digest is that of all
annotations of the file, so the same file again is known, however it was saved.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from storage.errors import TerminalError
from storage.files.atomic import write_json

_FOLDER: Final = "imports"


@dataclass(frozen=True, slots=True)
class StoredAnnotation:
    """A label that a person gave to an item of a batch."""

    item: str
    label: str
    annotator: str
    labelled_at: datetime


@dataclass(frozen=True, slots=True)
class Import:
    """The new annotations of one file.

    Attributes:
        name: Its name, in the order of import.
        digest: Digest of all annotations of the file.
        imported_at: When.
        annotations: Those that were new, or another label than before.
    """

    name: str
    digest: str
    imported_at: datetime
    annotations: tuple[StoredAnnotation, ...]


class AnnotationLog:
    """The imports of a batch.

    Args:
        folder: That of the batch.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _FOLDER

    def imports(self) -> list[Import]:
        """All imports, the oldest first.

        Raises:
            TerminalError: One can't be read.
        """
        return [_read(path) for path in sorted(self._folder.glob("*.json"))]

    def latest_labels(self) -> dict[str, dict[str, str]]:
        """The newest label of each item by annotator."""
        found: dict[str, dict[str, str]] = {}
        for each in self.imports():
            for annotation in each.annotations:
                found.setdefault(annotation.item, {})[annotation.annotator] = annotation.label
        return found

    def add(self, annotations: list[StoredAnnotation], at: datetime) -> tuple[Import | None, bool]:
        """Take the annotations of a file that are new. The caller holds the task's lock.

        Returns:
            The import, None where nothing is new; and whether just these annotations were imported before.

        Raises:
            DiskFull: No space left; then nothing was taken.
        """
        digest = digest_of(annotations)
        known = self.imports()
        if any(each.digest == digest for each in known):
            return None, True
        before = self.latest_labels()
        new = tuple(each for each in annotations if before.get(each.item, {}).get(each.annotator) != each.label)
        if not new:
            return None, False
        found = Import(f"{len(known) + 1:06d}-{digest[:12]}", digest, at, new)
        flat = [{**asdict(each), "labelled_at": each.labelled_at.isoformat()} for each in new]
        write_json(
            self._folder / f"{found.name}.json",
            {"digest": digest, "imported_at": at.isoformat(), "answers": flat},
        )
        return found, False


def digest_of(annotations: list[StoredAnnotation]) -> str:
    """Digest of annotations, in no order."""
    lines = sorted(json.dumps([each.item, each.annotator, each.label]) for each in annotations)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _read(path: Path) -> Import:
    try:
        flat = json.loads(path.read_bytes())
        annotations = tuple(
            StoredAnnotation(
                each["item"], each["label"], each["annotator"], datetime.fromisoformat(each["labelled_at"])
            )
            for each in flat["answers"]
        )
        return Import(path.stem, flat["digest"], datetime.fromisoformat(flat["imported_at"]), annotations)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TerminalError(
            f"the import {path} can't be read: {error!r}",
            expected="a file that `yeban relabel import` wrote",
            action="restore it from a backup, or remove it and import the annotator's file again",
            path=str(path),
        ) from error
