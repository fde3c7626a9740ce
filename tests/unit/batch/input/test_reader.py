"""Parquet files as units."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from batch.input.columns import ColumnMapping
from batch.input.reader import inspect, read_texts, read_units
from batch.input.sources import SourceFile
from storage.errors import FileChanged, MissingColumn, UnreadableFile
from tests.support.dumps import TEXT, read_back, source_of, texts_of, units_of, write

TEXTS = [f"第{row}条评论，{'很好' * (row % 5)}" for row in range(1000)]


class TestInspect:
    def test_facts(self, tmp_path: Path) -> None:
        source = write(tmp_path / "a.parquet", TEXTS, row_group_size=300)
        facts = inspect(source, TEXT)
        metadata = pq.read_metadata(source.path)
        assert facts.source == source
        assert facts.rows == 1000
        assert facts.text_bytes == sum(metadata.row_group(i).column(0).total_uncompressed_size for i in range(4))

    def test_the_fingerprint_follows_content_and_not_the_path(self, tmp_path: Path) -> None:
        one = inspect(write(tmp_path / "a.parquet", TEXTS), TEXT)
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere/b.parquet").write_bytes(Path(one.source.path).read_bytes())
        os.utime(tmp_path / "elsewhere/b.parquet", (1, 1))
        assert inspect(source_of(tmp_path / "elsewhere/b.parquet"), TEXT).fingerprint == one.fingerprint
        others = [TEXTS[::-1], TEXTS[:-1], [*TEXTS[:500], "改了", *TEXTS[501:]], [*TEXTS[:500], None, *TEXTS[501:]]]
        prints = {inspect(write(tmp_path / f"{i}.parquet", each), TEXT).fingerprint for i, each in enumerate(others)}
        assert len(prints | {one.fingerprint}) == len(others) + 1

    def test_no_rows(self, tmp_path: Path) -> None:
        for name, texts in (("a", pa.array([], pa.string())), ("b", pa.nulls(0))):
            source = write(tmp_path / f"{name}.parquet", texts)
            assert inspect(source, TEXT).rows == 0
            assert units_of(source, 10) == ()

    def test_a_missing_column(self, tmp_path: Path) -> None:
        source = write(tmp_path / "a.parquet", TEXTS)
        mapping = ColumnMapping("body", doc_id="id", slices=("text",))
        with pytest.raises(MissingColumn, match="no column body, id") as caught:
            inspect(source, mapping)
        assert caught.value.facts == {"missing": ["body", "id"], "columns": ["text"]}
        assert "the file has text" in str(caught.value)

    @pytest.mark.parametrize("column", [[["好"], None], [{"text": "好"}, None]], ids=["list", "struct"])
    def test_a_nested_column(self, tmp_path: Path, column: list[object]) -> None:
        source = write(tmp_path / "a.parquet", column)
        with pytest.raises(UnreadableFile, match=r"column text is (list|struct)"):
            inspect(source, TEXT)

    def test_a_column_that_is_there_twice(self, tmp_path: Path) -> None:
        table = pa.Table.from_arrays([pa.array(["甲"]), pa.array(["乙"])], names=["text", "text"])
        pq.write_table(table, tmp_path / "a.parquet")
        with pytest.raises(UnreadableFile, match="column text is string and "):
            inspect(source_of(tmp_path / "a.parquet"), TEXT)


class TestFilesThatAreNoParquet:
    @pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1PAR1", b"id,text\n1,\xe5\xa5\xbd\n", b"\0" * 5000])
    def test_other_content(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.parquet").write_bytes(content)
        with pytest.raises(UnreadableFile, match=r"a\.parquet cannot be read as Parquet") as caught:
            inspect(source_of(tmp_path / "a.parquet"), TEXT)
        assert caught.value.facts == {"path": "a.parquet"}

    @pytest.mark.parametrize("kept", [0.1, 0.5, 0.999])
    def test_truncated(self, tmp_path: Path, kept: float) -> None:
        source = write(tmp_path / "a.parquet", TEXTS)
        whole = Path(source.path).read_bytes()
        Path(source.path).write_bytes(whole[: int(len(whole) * kept)])
        with pytest.raises(UnreadableFile):
            inspect(source, TEXT)

    def test_gone_since_it_was_listed(self, tmp_path: Path) -> None:
        source = write(tmp_path / "a.parquet", TEXTS)
        units = units_of(source, 100)
        Path(source.path).unlink()
        with pytest.raises(UnreadableFile):
            inspect(source, TEXT)
        with pytest.raises(UnreadableFile):
            list(read_units(source, units, TEXT, "UTC"))

    @pytest.mark.parametrize("texts", [TEXTS[:700], TEXTS[::-1]], ids=["shorter", "as long"])
    def test_replaced_since_it_was_planned(self, tmp_path: Path, texts: list[str]) -> None:
        source = write(tmp_path / "a.parquet", TEXTS)
        units = units_of(source, 300)
        write(tmp_path / "a.parquet", texts)
        with pytest.raises(FileChanged, match=r"a\.parquet was replaced after it was planned"):
            list(read_back(source, units))

    def test_replaced_while_it_is_read(self, tmp_path: Path) -> None:
        source = write(tmp_path / "a.parquet", TEXTS, row_group_size=100)
        reading = iter(read_back(source, units_of(source, 100)))
        first = next(reading)[1]
        write(tmp_path / "b.parquet", TEXTS[::-1])
        (tmp_path / "b.parquet").replace(tmp_path / "a.parquet")
        assert [*first, *(text for _, texts in reading for text in texts)] == TEXTS


class TestFootersThatPromiseTooMuch:
    """50 rows in two row groups, and a footer that says 51: in the file, and in its first row group."""

    def _promise(self, tmp_path: Path, *, group: bool) -> SourceFile:
        source = write(tmp_path / "a.parquet", TEXTS[:50], row_group_size=25)
        data = bytearray(Path(source.path).read_bytes())
        footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        data[data.index(b"\x16\x64", footer) + 1] += 2  # an i64 of thrift's compact form: zigzag, so doubled
        if group:
            values = data.index(b"\x16\x32", footer)  # of the column; then come the rows of its row group
            data[data.index(b"\x16\x32", values + 1) + 1] += 2
        Path(source.path).write_bytes(data)
        return source

    def test_rows_that_no_row_group_has(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFile, match="it has 51 rows, but its row groups have 50"):
            inspect(self._promise(tmp_path, group=False), TEXT)

    @pytest.mark.parametrize("size", [1, 10, 17, 25, 50, 100])
    def test_rows_that_no_page_has(self, tmp_path: Path, size: int) -> None:
        source = self._promise(tmp_path, group=True)
        units, seen = units_of(source, size), []
        assert sum(unit.rows for unit in units) == 51

        def read_on() -> None:
            seen.extend((unit, raw.rows) for unit, raw in read_units(source, units, TEXT, "UTC"))

        with pytest.raises(UnreadableFile, match=r"a\.parquet cannot be read as Parquet: .*only \d+ are there"):
            read_on()
        assert seen == [(unit, unit.rows) for unit in units if unit.row_stop <= 25]


class TestCorruptPages:
    """A page in the middle of the last of three row groups is not what was written."""

    def _break(self, source: SourceFile) -> None:
        chunk = pq.read_metadata(source.path).row_group(2).column(0)
        data = bytearray(Path(source.path).read_bytes())
        middle = chunk.data_page_offset + chunk.total_compressed_size // 2
        data[middle : middle + 40] = bytes(40)
        Path(source.path).write_bytes(data)

    @pytest.mark.parametrize("options", [{"compression": "zstd"}, {"compression": "none", "write_page_checksum": True}])
    def test_units_before_it_are_delivered(self, tmp_path: Path, options: dict[str, object]) -> None:
        random = np.random.default_rng(1)
        texts = ["".join(map(chr, random.integers(0x4E00, 0x9FA5, 50))) for _ in range(3000)]
        source = write(tmp_path / "a.parquet", texts, row_group_size=1000, use_dictionary=False, **options)
        units = units_of(source, 250)
        self._break(source)
        delivered: list[int] = []

        def read_on() -> None:
            for unit, read in read_back(source, units):
                assert read == texts[unit.row_start : unit.row_stop]
                delivered.append(unit.row_start)

        with pytest.raises(UnreadableFile, match=r"a\.parquet cannot be read"):
            read_on()
        assert delivered[:8] == list(range(0, 2000, 250))
        assert len(delivered) < len(units)

    def test_other_row_groups_are_read_without_it(self, tmp_path: Path) -> None:
        source = write(tmp_path / "a.parquet", TEXTS, row_group_size=400, compression="zstd", use_dictionary=False)
        units = units_of(source, 400)
        self._break(source)
        assert [texts for _, texts in read_back(source, units[:2])] == [TEXTS[:400], TEXTS[400:800]]


class TestReadUnits:
    def test_every_mapped_column(self, tmp_path: Path) -> None:
        columns = {"text": TEXTS, "id": range(1000), "city": ["上海", None] * 500, "not mapped": [1.0] * 1000}
        pq.write_table(pa.table({k: list(v) for k, v in columns.items()}), tmp_path / "a.parquet", row_group_size=90)
        source = source_of(tmp_path / "a.parquet")
        mapping = ColumnMapping("text", doc_id="id", slices=("city",))
        units = units_of(source, 256, mapping)
        seen = list(read_units(source, units, mapping, "UTC"))
        assert [text for _, raw in seen for text in texts_of(raw)] == TEXTS
        assert [each for _, raw in seen for each in raw.doc_id.to_pylist()] == [str(row) for row in range(1000)]
        assert [each for _, raw in seen for each in raw.slices.to_pylist()][:2] == [
            [("city", "上海")],
            [("city", None)],
        ]
        assert [raw.rows for _, raw in seen] == [256, 256, 256, 232]

    def test_in_row_order_whatever_order_was_asked(self, tmp_path: Path) -> None:
        source = write(tmp_path / "a.parquet", TEXTS)
        units = units_of(source, 100)
        assert [unit for unit, _ in read_back(source, units[::-1])] == list(units)

    def test_no_units_open_nothing(self, tmp_path: Path) -> None:
        absent = SourceFile(fs.LocalFileSystem(), str(tmp_path / "nowhere"), "nowhere", 0)
        assert list(read_units(absent, [], TEXT, "UTC")) == []

    def test_empty_row_groups(self, tmp_path: Path) -> None:
        schema = pa.schema({"text": pa.string()})
        with pq.ParquetWriter(tmp_path / "a.parquet", schema) as writer:
            for texts in ([], TEXTS[:5], [], [], TEXTS[5:9], []):
                writer.write_table(pa.table({"text": texts}, schema=schema))
        source = source_of(tmp_path / "a.parquet")
        assert [text for _, texts in read_back(source, units_of(source, 3)) for text in texts] == TEXTS[:9]

    def test_any_pyarrow_filesystem(self, tmp_path: Path) -> None:
        write(tmp_path / "a.parquet", TEXTS)
        below = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
        source = SourceFile(below, "a.parquet", "a.parquet", (tmp_path / "a.parquet").stat().st_size)
        assert [text for _, texts in read_back(source, units_of(source, 300)) for text in texts] == TEXTS
        here = inspect(source_of(tmp_path / "a.parquet"), TEXT)
        assert inspect(source, TEXT).fingerprint == here.fingerprint

    def test_a_million_equal_long_texts_stay_one(self, tmp_path: Path) -> None:
        long = "长" * 300_000
        column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(20_000, np.int32)), pa.array([long]))
        source = write(tmp_path / "a.parquet", column)  # 18 GB if anybody wrote it out
        [(_, raw)] = read_units(source, units_of(source, 20_000), TEXT, "UTC")
        assert raw.texts.to_list() == [long]
        assert raw.rows == 20_000


_READ = """
import sys
from pathlib import Path
from tests.support.dumps import TEXT, source_of, units_of
from batch.input.reader import read_units

def peak_kb():  # ru_maxrss would begin with the peak of the process that started this one
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

source = source_of(Path(sys.argv[1]))
units = units_of(source, 2000)
before = peak_kb()
rows = sum(raw.rows for _, raw in read_units(source, units, TEXT, "UTC"))
print(rows, peak_kb() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("distinct", [True, False])
def test_memory_follows_the_unit_and_not_the_file(tmp_path: Path, distinct: bool) -> None:
    growth = []
    for rows in (30_000, 120_000):
        numbers = pc.cast(pa.array(np.arange(rows) % (rows if distinct else 50)), pa.string())
        texts = pc.binary_join_element_wise(numbers, "好评" * 60, "")
        file = write(tmp_path / f"{rows}.parquet", texts, row_group_size=rows)
        command = [sys.executable, "-c", _READ, file.path]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
        read, kilobytes = map(int, ran.stdout.split())
        assert read == rows
        growth.append(kilobytes / 1024)
    small, large = growth
    assert large < 1.3 * small + 30, f"{small:.0f} MB for 30,000 rows, {large:.0f} MB for four times as many"


@pytest.mark.parametrize("group_rows", [3, 7, 100])
def test_texts_at_some_rows(tmp_path: Path, group_rows: int) -> None:
    texts = [None if row == 4 else f"第{row}行" for row in range(20)]
    source = write(tmp_path / "a.parquet", texts, row_group_size=group_rows)
    rows = np.array([0, 2, 3, 4, 11, 19, 20, 500])
    assert read_texts(source, rows, "text").to_list() == [*(texts[row] for row in rows[:6]), None, None]
    assert read_texts(source, np.array([], np.int64), "text").to_list() == []


def test_texts_of_row_groups_that_nobody_asks_for_are_not_read(tmp_path: Path) -> None:
    """The pages of the first row group are ruined: the rows of the second come all the same."""
    file = tmp_path / "a.parquet"
    source = write(file, [f"第{row}行" for row in range(20)], row_group_size=10, write_page_checksum=True)
    column = pq.read_metadata(file).row_group(0).column(0)
    data = bytearray(file.read_bytes())
    for place in range(column.data_page_offset, column.data_page_offset + 20):
        data[place] ^= 0xFF
    file.write_bytes(data)
    assert read_texts(source, np.array([10, 19]), "text").to_list() == ["第10行", "第19行"]
    with pytest.raises(UnreadableFile):
        read_texts(source, np.array([3]), "text")


def test_texts_of_a_file_without_the_column_or_without_a_file(tmp_path: Path) -> None:
    source = write(tmp_path / "a.parquet", ["一"])
    with pytest.raises(MissingColumn):
        read_texts(source, np.array([0]), "content")
    (tmp_path / "a.parquet").unlink()
    with pytest.raises(UnreadableFile):
        read_texts(source, np.array([0]), "text")
