import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage.errors import DiskFull, PartCorrupt
from storage.files.atomic import write_bytes
from storage.lake import checks as part_checks
from storage.lake import unit_files
from storage.lake.parts import PartStore
from storage.lake.unit_files import UNIT_KEY
from storage.profiles.profile import empty
from tests.support.predictions import LABELS, part_profile, part_sample, part_table, slot_of, stage, units_of

SLOT = slot_of()
UNIT, OTHER = units_of(SLOT, 200, 100)


@pytest.fixture
def store(tmp_path: Path) -> PartStore:
    return PartStore(tmp_path / "parts")


def test_equal_tables_give_equal_bytes_however_they_are_chunked(tmp_path: Path) -> None:
    (unit,) = units_of(SLOT, 25_000, 25_000)  # more than one page
    table = part_table(unit)
    chunked = pa.concat_tables([table.slice(0, 777), table.slice(777, 21_000), table.slice(21_777)])
    paths = [
        PartStore(tmp_path / name).stage(unit, form, part_profile(form), part_sample(form))
        for name, form in (("a", table), ("b", table), ("c", chunked))
    ]
    assert len({path.read_bytes() for path in paths}) == 1


def test_a_part_says_which_unit_it_is(store: PartStore) -> None:
    stage(store, UNIT)
    metadata = pq.read_schema(store.path(UNIT)).metadata
    assert b'"source_path": "a.parquet"' in metadata[UNIT_KEY]


def test_the_part_gets_its_name_after_its_profile_and_seal(store: PartStore, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool]] = []

    def spy(path: Path, data: bytes) -> None:
        seen.append((path.name.partition("-")[0], bool(store.staged_units(SLOT))))
        write_bytes(path, data)

    monkeypatch.setattr(unit_files, "write_bytes", spy)
    stage(store, UNIT)
    stage(store, UNIT)  # again: the first part must not stand beside the second profile
    assert seen == [("profile", False), ("sample", False), ("seal", False)] * 2
    assert store.staged_units(SLOT) == {UNIT.unit_id}


def test_a_part_is_whole_the_moment_it_has_its_name(store: PartStore, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        real(path, target)
        named.append(target.name.partition("-")[0])
        if target == store.path(UNIT):
            assert store.verify(UNIT).unit == UNIT
        return target

    monkeypatch.setattr(Path, "replace", replace)
    stage(store, UNIT)
    assert named == ["profile", "sample", "seal", "part"]


def test_the_seal_is_what_sha256sum_checks(store: PartStore) -> None:
    folder = store.path(UNIT).parent
    stage(store, UNIT)
    lines = (folder / f"seal-{UNIT.unit_id}.sha256").read_text().splitlines()
    digests = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert digests == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if not path.name.startswith("seal-")
    }


def test_the_part_before_stays_until_the_new_one_is_written(store: PartStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    stage(store, UNIT)
    with monkeypatch.context() as full:
        full.setattr(unit_files, "_write_part", fail)
        with pytest.raises(DiskFull):
            stage(store, UNIT)
    assert store.verify(UNIT).unit == UNIT


def test_a_part_that_is_missing_truncated_altered_or_renamed_is_corrupt(store: PartStore) -> None:
    with pytest.raises(PartCorrupt, match="can't be proved"):
        store.verify(UNIT)
    stage(store, UNIT, OTHER)
    whole = store.path(UNIT).read_bytes()
    for size in (0, 4, len(whole) // 2, len(whole) - 1):
        store.path(UNIT).write_bytes(whole[:size])
        with pytest.raises(PartCorrupt, match="altered") as caught:
            store.verify(UNIT)
        assert caught.value.facts["unit"] == UNIT.unit_id
    store.path(UNIT).write_bytes(store.path(OTHER).read_bytes())
    with pytest.raises(PartCorrupt, match="altered"):
        store.verify(UNIT)


def test_another_units_files_under_this_units_names_are_corrupt(store: PartStore) -> None:
    stage(store, UNIT, OTHER)
    for path in store.path(OTHER).parent.glob(f"*{OTHER.unit_id}*"):
        path.rename(path.with_name(path.name.replace(OTHER.unit_id, UNIT.unit_id)))
    with pytest.raises(PartCorrupt, match="altered"):
        store.verify(UNIT)


@pytest.mark.parametrize("name", ["part-{}.parquet", "profile-{}.json", "sample-{}.parquet", "seal-{}.sha256"])
def test_a_flipped_bit_anywhere_is_found(store: PartStore, name: str) -> None:
    stage(store, UNIT)
    path = store.path(UNIT).with_name(name.format(UNIT.unit_id))
    whole = path.read_bytes()
    for place in range(0, len(whole), max(len(whole) // 60, 1)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(PartCorrupt):
            store.verify(UNIT)
    path.write_bytes(whole)
    assert store.verify(UNIT).profile == store.profile(UNIT)
    path.unlink()
    with pytest.raises(PartCorrupt):
        store.verify(UNIT)


def test_a_part_with_the_columns_of_another_version_is_corrupt(
    store: PartStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealed and unaltered, but the warehouse has no place for it."""
    older = part_table(UNIT).drop_columns(["margin"])
    with monkeypatch.context() as before:
        before.setattr(part_checks, "PART_SCHEMA", older.schema)
        store.stage(UNIT, older, part_profile(part_table(UNIT)), part_sample(older))
        assert store.verify(UNIT).unit == UNIT
    with pytest.raises(PartCorrupt, match="columns differ from the schema of a part: margin"):
        store.verify(UNIT)


def test_a_profile_that_is_not_the_units_is_corrupt(store: PartStore) -> None:
    stage(store, UNIT)
    path = store.path(UNIT).with_name(f"profile-{UNIT.unit_id}.json")
    for data in (b"{", empty(LABELS).to_json_bytes()):
        path.write_bytes(data)
        for look in (store.profile, store.verify):
            with pytest.raises(PartCorrupt):
                look(UNIT)


def test_a_sample_that_is_none_is_corrupt(store: PartStore) -> None:
    stage(store, UNIT)
    path = store.files(UNIT).sample
    whole = path.read_bytes()
    for data in (b"", whole[:-9], store.path(UNIT).read_bytes()):
        path.write_bytes(data)
        with pytest.raises(PartCorrupt, match="was altered"):
            store.sample(UNIT)
    path.unlink()
    with pytest.raises(PartCorrupt, match="can't be read"):
        store.sample(UNIT)
