from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from storage.files.checksums import bytes_digest, file_digest, make_checksums, matches_checksum


def test_digests_of_files_and_bytes_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    assert file_digest(tmp_path / "a") == bytes_digest(b"x" * 100_000) == hashlib.sha256(b"x" * 100_000).hexdigest()


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum")
def test_sha256sum_accepts_the_file(tmp_path: Path) -> None:
    for name in ("a.json", "评论.parquet"):
        (tmp_path / name).write_bytes(name.encode())
    digests = {path.name: file_digest(path) for path in sorted(tmp_path.iterdir())}
    (tmp_path / "sums").write_bytes(make_checksums(digests))
    subprocess.run(["sha256sum", "-c", "sums"], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "a.json").write_bytes(b"altered")
    assert subprocess.run(["sha256sum", "-c", "sums"], cwd=tmp_path, check=False, capture_output=True).returncode


def test_a_file_matches_under_its_own_name_only() -> None:
    sums = make_checksums({"a": bytes_digest(b"1"), "b": bytes_digest(b"2")})
    assert matches_checksum(sums, "a", b"1")
    assert not matches_checksum(sums, "b", b"1")
    assert not matches_checksum(sums, "a", b"2")
    assert not matches_checksum(sums[:-10], "b", b"2")
    assert not matches_checksum(b"", "a", b"1")
