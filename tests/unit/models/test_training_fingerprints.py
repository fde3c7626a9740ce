"""Which texts a bundle has seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.bundle import SEEN, seal_bundle
from models.training_fingerprints import fingerprint_bytes, has_text, read_fingerprints, text_keys
from storage.errors import BundleIncomplete
from tests.support.networks import tiny_bundle


def keys(*texts: str | None) -> list[int]:
    return [int(key) for key in text_keys(pl.Series(texts, dtype=pl.String))]


@pytest.mark.parametrize(
    ("one", "other"),
    [("物流很快！", "物流很快"), ("ＩＰＨＯＮＥ 15", "iphone15"), ("好　书\n", "好书"), ("👍 ", "👍"), (None, "")],
)
def test_two_writings_of_one_text(one: str | None, other: str) -> None:
    assert len(set(keys(one, other))) == 1


def test_other_texts_are_others() -> None:
    texts = ["好", "不好", "好1", "好2", "👍", "👎", "!!", "??", "a", "b"]
    assert len(set(keys(*texts))) == len(texts)


def test_blank_texts_are_no_texts() -> None:
    assert has_text(pl.Series(["", " \n", None, "。", "好"])).tolist() == [False, False, False, True, True]


def test_a_bundle_tells_what_it_and_its_parent_saw(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "b")
    assert read_fingerprints(bundle) is None
    before = np.array([3, 1], np.uint64)
    data = fingerprint_bytes([pl.Series(["好", "坏", "好", ""]), pl.Series(["坏。"])], before)
    assert len(data) == 8 * 4
    (bundle.path / SEEN).write_bytes(data)
    sealed = seal_bundle(bundle.path, bundle.manifest)
    found = read_fingerprints(sealed)
    assert found is not None
    assert found.tolist() == sorted([1, 3, *keys("好", "坏")])
    assert sealed.version != bundle.version
    assert fingerprint_bytes([]) == b""


def test_a_file_that_was_cut_off(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "b")
    (bundle.path / SEEN).write_bytes(b"12345")
    with pytest.raises(BundleIncomplete, match="has 5 bytes"):
        read_fingerprints(seal_bundle(bundle.path, bundle.manifest))
