"""A bundle on disk: opening it checks that it is whole, before anything heavy is imported."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.cleaning.cleaner import Cleaner
from models.manifest import Manifest
from models.tokens import Tokenizer
from storage.errors import BundleContradiction, BundleIncomplete
from storage.files.atomic import write_bytes
from storage.profiles.references import REFERENCE, SAMPLE, Reference, read_reference

MANIFEST: Final = "manifest.json"
WEIGHTS: Final = "model.safetensors"
ENCODER: Final = "encoder.json"
TOKENIZER: Final = "tokenizer.json"
CARD: Final = "README.md"
OWN_FILES: Final = (WEIGHTS, ENCODER, TOKENIZER)
SEEN: Final = "seen-texts.u64"
"""Digests of the texts that went into the bundle."""
REFERENCE_FOLDER: Final = "reference"
_REFERENCE_FILES: Final = tuple(f"{REFERENCE_FOLDER}/{name}" for name in (REFERENCE, SAMPLE))


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle: a folder and its manifest."""

    path: Path
    manifest: Manifest

    @property
    def version(self) -> str:
        """Hash of the contents."""
        return self.manifest.version

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names by class index."""
        return self.manifest.labels

    def cleaner(self) -> Cleaner:
        """The only cleaning that this bundle's model may see."""
        return Cleaner(self.manifest.cleaning)

    def tokenizer(self) -> Tokenizer:
        """The bundle's tokenizer."""
        if self.manifest.network == "transformers":
            return Tokenizer.from_transformers(self.path)
        return Tokenizer.from_file(self.path / TOKENIZER)

    def reference(self) -> Reference | None:
        """What its dev rows looked like; None for a bundle that carries none: an older or a foreign one.

        Raises:
            ReferenceUnusable: It is of another version of this program.
        """
        carried = _REFERENCE_FILES[0] in self.manifest.files
        return read_reference(self.path / REFERENCE_FOLDER) if carried else None


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_bundle(path: Path) -> Bundle:
    """Open and verify one of our bundles.

    Raises:
        BundleIncomplete: The manifest or a file that it names is missing or was altered.
        BundleContradiction: The manifest cannot be understood.
    """
    manifest = _read_manifest(path)
    needed = sorted({*OWN_FILES, *manifest.files})
    missing = [name for name in needed if name not in manifest.files or not (path / name).is_file()]
    if missing:
        raise BundleIncomplete(
            f"bundle {path} lacks {', '.join(missing)}",
            expected=f"all of {', '.join(needed)}, named in {MANIFEST}",
            action="restore the files, or train the bundle again",
            missing=missing,
        )
    altered = [name for name, known in manifest.files.items() if file_sha256(path / name) != known]
    if altered:
        raise BundleIncomplete(
            f"bundle {path}: {', '.join(altered)} is not the file that was saved (SHA-256 differs)",
            expected="the bytes that the manifest names",
            action="restore the files, or train the bundle again; a bundle is never edited in place",
            altered=altered,
        )
    return Bundle(path, manifest)


def _read_manifest(path: Path) -> Manifest:
    file = path / MANIFEST
    if not file.is_file():
        raise BundleIncomplete(
            f"{path} has no {MANIFEST}",
            expected="a bundle written by `yeban train`, or a transformers folder with config.json",
            action="check the path, or train a bundle",
        )
    try:
        return Manifest.model_validate(json.loads(file.read_text("utf-8")))
    except ValueError as error:  # of pydantic, of json or of UTF-8
        raise BundleContradiction(
            f"{file} cannot be understood: {error}",
            expected="a manifest written by this version of yeban",
            action="restore the bundle, or train it again",
        ) from error


def seal_bundle(path: Path, manifest: Manifest) -> Bundle:
    """Write the manifest last, over the files already in the folder, and open the result.

    `manifest.files` is filled in here: a bundle without its manifest is not a bundle yet. A reference and the digests
    of seen texts are sealed in where there are any.
    """
    carried = [name for name in (*_REFERENCE_FILES, SEEN) if (path / name).is_file()]
    files = {name: file_sha256(path / name) for name in (*OWN_FILES, *carried)}
    sealed = manifest.model_copy(update={"files": files})
    text = json.dumps(sealed.model_dump(mode="json"), ensure_ascii=False, indent=2, sort_keys=True)
    write_bytes(path / MANIFEST, f"{text}\n".encode())
    return open_bundle(path)
