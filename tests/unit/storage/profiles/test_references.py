"""Frozen references: to disk and back, content-addressed, damage told."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from storage.errors import DiskFull, ReferenceUnusable
from storage.profiles.references import (
    DatesOrigin,
    DevOrigin,
    Reference,
    ReferenceStore,
    read_reference,
    write_reference,
)
from tests.support.predictions import LABELS, part_profile, part_sample, part_table, slot_of, units_of

TABLE = part_table(units_of(slot_of(), 300, 300)[0])
DATES = DatesOrigin("comment", "b1", date(2026, 11, 1), date(2026, 11, 7), 6, 300)
FROZEN = Reference(part_profile(TABLE), part_sample(TABLE), DATES, ((5, 1, 0), (2, 7, 1), (0, 0, 9)))
OF_DEV = Reference(part_profile(TABLE), None, DevOrigin(300))


@pytest.fixture
def store(tmp_path: Path) -> ReferenceStore:
    return ReferenceStore(tmp_path / "references")


@pytest.mark.parametrize("reference", [FROZEN, OF_DEV, dataclasses.replace(FROZEN, sample=None, confusion=None)])
def test_what_is_written_is_read_back(tmp_path: Path, reference: Reference) -> None:
    write_reference(tmp_path / "one", reference)
    again = read_reference(tmp_path / "one")
    assert again == reference
    write_reference(tmp_path / "two", again)
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert ("sample.parquet" in one) == (reference.sample is not None)


def test_without_a_sample_none_stays_behind(tmp_path: Path) -> None:
    write_reference(tmp_path, FROZEN)
    write_reference(tmp_path, OF_DEV)
    assert [path.name for path in tmp_path.iterdir()] == ["reference.json"]


def test_the_last_one_frozen_is_current_and_the_others_stay(store: ReferenceStore) -> None:
    assert store.current("评论/a") is None
    first = store.freeze("评论/a", FROZEN)
    second = store.freeze("评论/a", dataclasses.replace(FROZEN, sample=None))
    assert first != second
    assert store.current("评论/a") == dataclasses.replace(FROZEN, sample=None)
    assert store.history("评论/a") == sorted([first.name, second.name])
    assert store.current("other") is None
    assert store.freeze("评论/a", FROZEN) == first
    assert store.current("评论/a") == FROZEN
    assert len(store.history("评论/a")) == 2


def test_a_full_disk_leaves_the_one_before(store: ReferenceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.freeze("comment", FROZEN)
    real = Path.replace

    for fails in ("sample.parquet", "reference.json", "current"):

        def replace(path: Path, target: Path, fails: str = fails) -> Path:
            if target.name == fails:
                raise OSError(28, "No space left on device")
            return real(path, target)

        with monkeypatch.context() as full:
            full.setattr(Path, "replace", replace)
            with pytest.raises(DiskFull):
                store.freeze("comment", dataclasses.replace(FROZEN, confusion=None))
        assert store.current("comment") == FROZEN


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def other_version(path: Path) -> None:
    path.write_bytes(path.read_bytes().rpartition(b'"version":1')[0] + b'"version":9}')


HARMS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "no head": ("reference.json", Path.unlink),
    "a truncated head": ("reference.json", cut),
    "an empty head": ("reference.json", lambda path: path.write_bytes(b"")),
    "a list": ("reference.json", lambda path: path.write_bytes(b"[]")),
    "no keys": ("reference.json", lambda path: path.write_bytes(b"{}")),
    "not UTF-8": ("reference.json", lambda path: path.write_bytes(b"\xff\xfe")),
    "of another version": ("reference.json", other_version),
    "no sample": ("sample.parquet", Path.unlink),
    "a truncated sample": ("sample.parquet", cut),
    "a flipped bit in the sample": ("sample.parquet", flip),
}


@pytest.mark.parametrize(("name", "harm"), HARMS.values(), ids=HARMS)
def test_damage_is_told(store: ReferenceStore, name: str, harm: Callable[[Path], object]) -> None:
    folder = store.freeze("comment", FROZEN)
    harm(folder / name)
    with pytest.raises(ReferenceUnusable, match="reference"):
        read_reference(folder)
    with pytest.raises(ReferenceUnusable, match="reference"):
        store.current("comment")


def test_any_flipped_bit_of_a_frozen_head_is_found(store: ReferenceStore) -> None:
    folder = store.freeze("comment", FROZEN)
    head = folder / "reference.json"
    whole = head.read_bytes()
    for place in range(0, len(whole), len(whole) // 60):
        head.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ReferenceUnusable):
            store.current("comment")


@pytest.mark.parametrize("pointer", [b"", b"\xff", b"..", b"0123456789abcdef", b"current"])
def test_a_pointer_to_nothing_is_told(store: ReferenceStore, tmp_path: Path, pointer: bytes) -> None:
    store.freeze("comment", FROZEN)
    (tmp_path / "references" / "comment" / "current").write_bytes(pointer)
    with pytest.raises(ReferenceUnusable, match="is no reference"):
        store.current("comment")


@pytest.mark.parametrize("confusion", [((1, 2), (3, 4)), ((1, 2, 3), (4, 5)), ()])
def test_a_confusion_of_other_classes_is_refused(tmp_path: Path, confusion: tuple[tuple[int, ...], ...]) -> None:
    assert len(LABELS) == 3
    write_reference(tmp_path, dataclasses.replace(OF_DEV, confusion=confusion))
    with pytest.raises(ReferenceUnusable):
        read_reference(tmp_path)
