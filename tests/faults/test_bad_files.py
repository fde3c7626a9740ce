"""Files that cannot be used: each is named, none stops the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.input.columns import ColumnMapping
from batch.input.reader import read_units
from storage.errors import InputError
from tests.support.dumps import source_of, units_of
from tests.support.homes import DAY, Home, comments, covered_once

TEXTS = comments(120)[0]
MAPPING = ColumnMapping("text", doc_id="id")
GOOD = {"a.parquet": 120, "z.parquet": 40}


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    """Two good files; what a test adds sorts between them."""
    home = new_home(rows=50)
    home.dump("a.parquet", TEXTS)
    home.dump("z.parquet", TEXTS[:40])
    return home


def truncated(file: Path) -> None:
    pq.write_table(pa.table({"id": ["1"] * 500, "text": TEXTS[:100] * 5}), file)
    file.write_bytes(file.read_bytes()[:-40])


def not_parquet(file: Path) -> None:
    file.write_text("id,text\n1,好\n", "utf-8")


def of_no_bytes(file: Path) -> None:
    file.touch()


def half_a_footer(file: Path) -> None:
    file.write_bytes(b"PAR1" + b"\x00" * 50 + b"\xff\xff\xff\x7fPAR1")


def without_the_text(file: Path) -> None:
    pq.write_table(pa.table({"id": ["1"], "content": ["好"]}), file)


def with_lists_for_text(file: Path) -> None:
    pq.write_table(pa.table({"id": ["1"], "text": [["好", "的"]]}), file)


def with_a_broken_page(file: Path) -> None:
    pq.write_table(pa.table({"id": list(map(str, range(120))), "text": TEXTS}), file, compression="zstd")
    data = bytearray(file.read_bytes())
    data[200:2000] = bytes(1800)
    file.write_bytes(bytes(data))


BAD = {
    truncated: "cannot be read as Parquet",
    not_parquet: "cannot be read as Parquet",
    of_no_bytes: "cannot be read as Parquet",
    half_a_footer: "cannot be read as Parquet",
    without_the_text: "has no column text",
    with_lists_for_text: "m.parquet",
    with_a_broken_page: "cannot be read as Parquet",
}


@pytest.mark.parametrize(("spoil", "message"), BAD.items(), ids=[each.__name__ for each in BAD])
def test_a_bad_file_is_named_and_the_others_are_scored(home: Home, spoil: Callable[[Path], None], message: str) -> None:
    bad = home.folder() / "m.parquet"
    spoil(bad)
    for _ in range(2):
        home.score().failed_with(1, f"dumps/comment/dt={DAY}/m.parquet", message)
        assert covered_once(home, GOOD)
    home.dump("m.parquet", TEXTS[:7])  # written again
    mended = home.score().succeeded()
    assert "7 scored now, 160 done before" in mended.out
    assert covered_once(home, {**GOOD, "m.parquet": 7})


def test_a_missing_column_is_told_with_those_that_are_there(home: Home) -> None:
    without_the_text(home.folder() / "m.parquet")
    home.score().failed_with(1, "has no column text", "the file has id, content", "[tasks.<task>.columns]")


def test_a_column_that_no_file_has(home: Home) -> None:
    home.change('text = "text"', 'text = "body"')
    ran = home.score().failed_with(1, "a.parquet has no column body", "z.parquet has no column body")
    assert "0 rows in the dump" in ran.out
    assert home.count() == 0


def test_only_bad_files(home: Home) -> None:
    for name in GOOD:
        not_parquet(home.folder() / name)
    home.score().failed_with(1, "a.parquet cannot be read", "z.parquet cannot be read")


def test_no_file_for_the_date(home: Home) -> None:
    ran = home.score(day="2026-01-09")
    ran.failed_with(
        1, "no Parquet file for 2026-01-09 under dumps/comment/dt=2026-01-09", "whether the dump has arrived"
    )


def test_a_file_that_breaks_off_keeps_what_came_before(home: Home) -> None:
    """Its first row group is whole: those rows are scored, the rest is counted as left out and not as done."""
    file = home.folder() / "m.parquet"
    table = pa.table({"id": list(map(str, range(100))), "text": TEXTS[:100]})
    pq.write_table(table, file, row_group_size=50)
    second = pq.read_metadata(file).row_group(1).column(1)
    data = bytearray(file.read_bytes())
    at = second.dictionary_page_offset or second.data_page_offset
    data[at : at + second.total_compressed_size] = bytes(second.total_compressed_size)
    file.write_bytes(bytes(data))
    ran = home.score().failed_with(1, "m.parquet cannot be read")
    assert "260 rows in the dump: 210 scored now, 0 done before, 50 left out" in ran.out
    assert covered_once(home, {**GOOD, "m.parquet": 50})
    again = home.score().failed_with(1, "m.parquet cannot be read")
    assert "260 rows in the dump: 0 scored now, 210 done before, 50 left out" in again.out
    assert covered_once(home, {**GOOD, "m.parquet": 50})


def test_a_good_file_that_went_bad_keeps_its_rows(home: Home) -> None:
    home.score().succeeded()
    (home.folder() / "z.parquet").write_bytes(b"torn")
    home.score().failed_with(1, "z.parquet cannot be read")
    assert covered_once(home, GOOD)


def test_a_damaged_part_is_scored_again(home: Home) -> None:
    home.score().succeeded()
    home.warehouse.unlink()
    victim = sorted((home.root / "parts").rglob("part-*.parquet"))[0]
    victim.write_bytes(victim.read_bytes()[:100])
    loaded = home.load()
    loaded.failed_with(1, "part of unit", f"`yeban score comment --date {DAY}`")
    assert home.count() < 160
    assert "done before" in home.score().succeeded().out
    assert covered_once(home, GOOD)


def test_a_damaged_plan_does_not_stop_the_other_dates(home: Home) -> None:
    home.dump("a.parquet", TEXTS[:9], day="2026-01-06")
    home.score().succeeded()
    home.score(day="2026-01-06").succeeded()
    home.warehouse.unlink()
    (plan,) = (home.root / "parts").rglob(f"logical_date={DAY}/**/_plan.json")
    plan.write_text("{")
    home.load().failed_with(1, str(plan), "remove it")
    assert covered_once(home, {"a.parquet": 9}, "2026-01-06")
    plan.unlink()
    home.score().succeeded()
    assert home.count() == 169


@pytest.mark.parametrize("seed", [0, 3, 5, 7])
def test_flipped_bytes_in_a_footer_are_a_message_or_do_no_harm(tmp_path: Path, seed: int) -> None:
    """Seeds for which pyarrow itself does not abort: some footers end the process from within its C++."""
    columns = {"text": TEXTS[:50], "id": [str(row) for row in range(50)], "分": [1.5] * 50}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", row_group_size=20)
    whole = (tmp_path / "a.parquet").read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    random = np.random.default_rng(seed)
    refused = 0
    for _ in range(120):
        data = bytearray(whole)
        for place in random.integers(footer, len(whole) - 8, random.integers(1, 4)):
            data[place] = random.integers(256)
        (tmp_path / "a.parquet").write_bytes(data)
        source = source_of(tmp_path / "a.parquet")
        try:
            units = units_of(source, 15, MAPPING)
            assert all(raw.rows == unit.rows for unit, raw in read_units(source, units, MAPPING, "UTC"))
        except InputError:
            refused += 1
    assert 0 < refused < 120
