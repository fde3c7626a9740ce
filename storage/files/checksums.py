"""Checksum files: the digests of some files, the way `sha256sum` writes them and `sha256sum -c` reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def bytes_digest(data: bytes) -> str:
    """SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def make_checksums(digests: Mapping[str, str]) -> bytes:
    """The checksum file of some files, by name; a file of its own, because no file can hold its own digest."""
    return "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()


def matches_checksum(checksums: bytes, name: str, data: bytes) -> bool:
    """Whether checksums say that the file of this name holds these bytes."""
    return f"{bytes_digest(data)}  {name}".encode() in checksums.splitlines()
