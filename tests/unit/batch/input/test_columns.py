"""Raw columns, whatever their type."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from batch.input.columns import ColumnMapping, RawRows, read_columns
from tests.support.dumps import string_array, texts_of

ZONE = "Asia/Shanghai"
NOON = datetime(2026, 1, 5, 12, 30)
NOON_UTC = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)
"""Half past twelve in Shanghai."""
EPOCH = 1_767_587_400


def read(column: Any, mapping: ColumnMapping | None = None, **more: Any) -> RawRows:
    table = pa.table({"text": column, **more})
    return read_columns(table, mapping or ColumnMapping("text"), ZONE)


def md5_id(text: str) -> str:
    return "md5:" + hashlib.md5(text.encode()).hexdigest()


def times(column: pa.Array, zone: str = ZONE) -> list[datetime | None]:
    table = pa.table({"text": pa.array(["字"] * len(column), pa.string()), "at": column})
    moments = read_columns(table, ColumnMapping("text", created_at="at"), zone).created_at
    assert moments.type == pa.timestamp("us", tz="UTC")
    return moments.to_pylist()  # type: ignore[no-any-return]


class TestText:
    VALUES = ("好", None, "", "好", "a longer text, not inlined 长文本")

    @pytest.mark.parametrize(
        "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())], ids=str
    )
    def test_string_types(self, kind: pa.DataType) -> None:
        raw = read(pa.array(self.VALUES, kind))
        assert texts_of(raw) == list(self.VALUES)
        assert raw.texts.to_list() == ["好", None, "", self.VALUES[-1]]
        assert raw.invalid_utf8.sum() == 0
        assert raw.rows == 5

    @pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary_view()], ids=str)
    def test_binary_types(self, kind: pa.DataType) -> None:
        values = [None if value is None else value.encode() for value in self.VALUES]
        assert texts_of(read(pa.array(values, kind))) == list(self.VALUES)

    def test_fixed_size_binary(self) -> None:
        raw = read(pa.array(["好".encode(), b"abc", None, b"\xff\xffx"], pa.binary(3)))
        assert texts_of(raw) == ["好", "abc", None, "\ufffd\ufffdx"]
        assert raw.invalid_utf8.sum() == 1

    @pytest.mark.parametrize(
        ("column", "texts"),
        [
            (pa.array([1, None, -7]), ["1", None, "-7"]),
            (pa.array([True, False]), ["true", "false"]),
            (pa.array([1.5]), ["1.5"]),
            (pa.array([date(2026, 1, 5)]), ["2026-01-05"]),
            (pa.nulls(2), [None, None]),
            (pa.array([], pa.string()), []),
        ],
        ids=["ints", "bools", "floats", "dates", "nulls", "no rows"],
    )
    def test_other_types_as_text(self, column: pa.Array, texts: list[str | None]) -> None:
        raw = read(column)
        assert texts_of(raw) == texts
        assert len(raw.doc_id) == len(raw.created_at) == len(raw.slices) == len(texts)

    def test_a_dictionary_holds_values_of_other_rows(self) -> None:
        values = pa.array(["不在", "乙", "甲", None, "不在"])
        raw = read(pa.DictionaryArray.from_arrays(pa.array([2, 1, None, 2, 3]), values))
        assert texts_of(raw) == ["甲", "乙", None, "甲", None]
        assert "不在" not in raw.texts.to_list()

    def test_chunks_with_different_dictionaries(self) -> None:
        chunks = [pa.array(["甲", "乙"]).dictionary_encode(), pa.array(["乙", "丙"]).dictionary_encode()]
        raw = read(pa.chunked_array(chunks))
        assert texts_of(raw) == ["甲", "乙", "乙", "丙"]
        assert raw.texts.to_list() == ["甲", "乙", "丙"]

    def test_a_slice_of_a_table(self) -> None:
        table = pa.table({"text": string_array([b"\xff", "甲".encode(), b"\xfe", None, "乙".encode()])}).slice(1, 3)
        raw = read_columns(table, ColumnMapping("text"), ZONE)
        assert texts_of(raw) == ["甲", "\ufffd", None]
        assert raw.invalid_utf8.sum() == 1


class TestInvalidUtf8:
    BAD = (b"\xff", b"\xe5\xa5", "好".encode("gbk"), b"ok\xc0\x80", b"\xed\xa0\x80")

    @pytest.mark.parametrize("kind", [pa.string(), pa.binary()], ids=str)
    def test_mended_and_counted_among_many(self, kind: pa.DataType) -> None:
        values: list[bytes | None] = [f"第{row}条，好 \ufffd".encode() for row in range(1000)]
        for row, bad in zip((0, 63, 64, 500, 999), self.BAD, strict=True):
            values[row] = bad
        values[7] = None
        column = string_array(values) if kind == pa.string() else pa.array(values, kind)
        raw = read(column)
        expected = [None if value is None else value.decode("utf-8", "replace") for value in values]
        assert texts_of(raw) == expected
        assert raw.invalid_utf8.sum() == len(self.BAD)

    def test_every_row_counts_though_a_text_is_mended_once(self) -> None:
        raw = read(string_array([b"\xff", b"ok", b"\xff", b"\xff"]))
        assert raw.invalid_utf8.sum() == 3
        assert len(raw.texts) == 2

    def test_only_the_bad(self) -> None:
        assert read(string_array([b"\xff"] * 3)).invalid_utf8.sum() == 3

    def test_in_a_dictionary(self) -> None:
        dictionary = string_array([b"\xff unused", b"good", b"\xfe"])
        raw = read(pa.DictionaryArray.from_arrays(pa.array([1, 2, 2, 1]), dictionary))
        assert texts_of(raw) == ["good", "\ufffd", "\ufffd", "good"]
        assert raw.invalid_utf8.sum() == 2

    def test_in_ids_and_slices(self) -> None:
        mapping = ColumnMapping("text", doc_id="id", slices=("s",))
        raw = read(["甲", "乙"], mapping, id=string_array([b"\xff1", b"2"]), s=string_array([b"\xfe", b"x"]))
        assert raw.doc_id.to_pylist() == ["\ufffd1", "2"]
        assert raw.slices.to_pylist() == [[("s", "\ufffd")], [("s", "x")]]
        assert raw.invalid_utf8.sum() == 0  # it counts texts


class TestDocIds:
    def test_from_the_text_where_there_are_none(self) -> None:
        ids = read(["好", "坏", "好", None, ""]).doc_id.to_pylist()
        assert ids == [md5_id("好"), md5_id("坏"), md5_id("好"), md5_id(""), md5_id("")]

    def test_they_don_t_depend_on_the_neighbours(self) -> None:
        assert read(["坏", "好"]).doc_id[1] == read(["好"]).doc_id[0]

    @pytest.mark.parametrize(
        ("column", "ids"),
        [
            (pa.array([7, 8]), ["7", "8"]),
            (pa.array(["a", "b"]), ["a", "b"]),
            (pa.array([b"a", b"b"]), ["a", "b"]),
            (pa.array(["a", "b"], pa.dictionary(pa.int32(), pa.string())), ["a", "b"]),
            (pa.array(["a", None]), ["a", md5_id("坏")]),
            (pa.array([None, 8]), [md5_id("好"), "8"]),
            (pa.nulls(2), [md5_id("好"), md5_id("坏")]),
            (pa.array([2**63, 2**64 - 1], pa.uint64()), [str(2**63), str(2**64 - 1)]),
        ],
        ids=["ints", "strings", "binary", "dictionary", "string or null", "int or null", "all null", "uint64"],
    )
    def test_from_a_column(self, column: pa.Array, ids: list[str]) -> None:
        raw = read(["好", "坏"], ColumnMapping("text", doc_id="id"), id=column)
        assert raw.doc_id.to_pylist() == ids
        assert raw.doc_id.type == pa.string()

    def test_the_text_column_may_be_the_id(self) -> None:
        assert read(["好", "坏"], ColumnMapping("text", doc_id="text")).doc_id.to_pylist() == ["好", "坏"]


class TestCreatedAt:
    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    def test_timestamps_without_a_zone_are_the_tasks(self, unit: str) -> None:
        assert times(pa.array([NOON, None], pa.timestamp(unit))) == [NOON_UTC, None]
        assert times(pa.array([NOON], pa.timestamp(unit)), "UTC") == [NOON.replace(tzinfo=UTC)]

    @pytest.mark.parametrize("zone", ["UTC", ZONE, "America/New_York", "+08:00"])
    def test_timestamps_with_a_zone(self, zone: str) -> None:
        assert times(pa.array([NOON_UTC], pa.timestamp("ms", tz=zone))) == [NOON_UTC]

    @pytest.mark.parametrize("zone", ["Mars/Olympus", "GMT+8", "+08:30", "Z"])
    def test_a_zone_that_nobody_knows_changes_no_moment(self, zone: str) -> None:
        moments = pa.array([NOON_UTC, None], pa.timestamp("us", tz="UTC"))
        assert times(moments.cast(pa.timestamp("us", tz=zone))) == [NOON_UTC, None]

    @pytest.mark.parametrize("kind", [pa.date32(), pa.date64()], ids=str)
    def test_a_date_is_its_midnight(self, kind: pa.DataType) -> None:
        assert times(pa.array([date(2026, 1, 5)], kind)) == [datetime(2026, 1, 4, 16, tzinfo=UTC)]

    @pytest.mark.parametrize("kind", [pa.int32(), pa.uint32(), pa.int64(), pa.uint64(), pa.float64()], ids=str)
    def test_seconds_since_1970(self, kind: pa.DataType) -> None:
        assert times(pa.array([EPOCH, None, 0], kind)) == [NOON_UTC, None, datetime(1970, 1, 1, tzinfo=UTC)]

    @pytest.mark.parametrize("kind", [pa.decimal128(38, 3), pa.decimal256(60, 3)], ids=str)
    def test_decimals_are_numbers(self, kind: pa.DataType) -> None:
        assert times(pa.array([Decimal(EPOCH), None, Decimal(10**30)], kind)) == [NOON_UTC, None, None]

    @pytest.mark.parametrize("per_second", [10**3, 10**6, 10**9])
    def test_finer_units_are_told_by_their_size(self, per_second: int) -> None:
        assert times(pa.array([EPOCH * per_second])) == [NOON_UTC]

    def test_fractions_and_times_before_1970(self) -> None:
        assert times(pa.array([EPOCH + 0.25, -1.0, float("nan"), float("inf")])) == [
            NOON_UTC + timedelta(milliseconds=250),
            datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
            None,
            None,
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "2026-01-05 12:30:00",
            "2026-01-05T12:30:00",
            "2026-01-05T12:30:00.000",
            "2026-01-05 12:30",
            "2026/01/05 12:30:00",
            "2026/1/5 12:30",
            "  2026-01-05 12:30:00\n",
            "2026-01-05T04:30:00Z",
            "2026-01-05T04:30:00.000000Z",
            "2026-01-05 04:30:00+00:00",
            "2026-01-05T12:30:00+08:00",
            "2026-01-05T12:30:00.000+0800",
            "2026-01-05 12:30+08:00",
            "2026-01-04T23:30:00-05:00",
            "Mon Jan 05 12:30:00 +0800 2026",
        ],
    )
    def test_strings(self, text: str) -> None:
        assert times(pa.array([text])) == [NOON_UTC]

    def test_a_string_with_a_date_only(self) -> None:
        assert times(pa.array(["2026-01-05", "2026/1/5"])) == [datetime(2026, 1, 4, 16, tzinfo=UTC)] * 2

    def test_forms_may_differ_from_row_to_row(self) -> None:
        column = pa.array(["2026-01-05T04:30:00Z", None, "2026-01-05 12:30", "Mon Jan 05 12:30:00 +0800 2026", "?"])
        assert times(column.dictionary_encode()) == [NOON_UTC, None, NOON_UTC, NOON_UTC, None]

    @pytest.mark.parametrize(
        "text", ["", "rubbish", "昨天", "2026-13-01", "2026-02-30", "12:30", "99999-01-01", "T", "Z"]
    )
    def test_rubbish(self, text: str) -> None:
        assert times(pa.array([text, "2026-01-05 12:30"])) == [None, NOON_UTC]

    @pytest.mark.parametrize(
        "column",
        [
            pa.array([2**62, None], pa.timestamp("us")),
            pa.array([-(2**62), None], pa.timestamp("us", tz="UTC")),
            pa.array([10**15, None], pa.timestamp("s")),
            pa.array([2**31 - 1, None], pa.date32()),
            pa.array([1e30, None]),
            pa.array([time(12, 30), None]),
            pa.array([timedelta(1), None]),
            pa.array([True, None]),
            pa.array([(1, 2, 3), None], pa.month_day_nano_interval()),
            pa.nulls(2),
        ],
        ids=["us", "us before", "s", "date", "number", "time of day", "duration", "bool", "interval", "null"],
    )
    def test_what_is_no_time(self, column: pa.Array) -> None:
        assert times(column) == [None, None]

    def test_an_hour_that_the_zone_skips_or_repeats(self) -> None:
        skipped, repeated = datetime(2026, 3, 8, 2, 30), datetime(2026, 11, 1, 1, 30)
        moments = times(pa.array([skipped, repeated], pa.timestamp("us")), "America/New_York")
        assert moments == [None, datetime(2026, 11, 1, 5, 30, tzinfo=UTC)]

    def test_where_the_dump_does_not_say(self) -> None:
        assert read(["好", "坏"]).created_at.to_pylist() == [None, None]

    def test_no_rows(self) -> None:
        for kind in (pa.string(), pa.int64(), pa.timestamp("us"), pa.date32()):
            assert times(pa.array([], kind)) == []


class TestSlices:
    def test_none(self) -> None:
        raw = read(["好", "坏"])
        assert raw.slices.to_pylist() == [[], []]
        assert raw.slices.type == pa.map_(pa.string(), pa.string())

    def test_several_with_nulls_and_other_types(self) -> None:
        mapping = ColumnMapping("text", slices=("渠道", "age"))
        raw = read(["甲", "乙", "丙"], mapping, 渠道=["网页", None, "APP"], age=[30, 31, None])
        assert raw.slices.to_pylist() == [
            [("渠道", "网页"), ("age", "30")],
            [("渠道", None), ("age", "31")],
            [("渠道", "APP"), ("age", None)],
        ]

    @pytest.mark.parametrize(
        "column", [["x", None], [None, None], pa.nulls(2), pa.array(["x", None]).dictionary_encode()]
    )
    def test_one(self, column: Any) -> None:
        raw = read(["甲", "乙"], ColumnMapping("text", slices=("s",)), s=column)
        values = column.to_pylist() if isinstance(column, pa.Array) else column
        assert raw.slices.to_pylist() == [[("s", value)] for value in values]

    def test_no_rows(self) -> None:
        raw = read(pa.array([], pa.string()), ColumnMapping("text", slices=("s",)), s=pa.array([], pa.string()))
        assert raw.slices.to_pylist() == []


def test_wanted_columns_are_named_once() -> None:
    mapping = ColumnMapping("text", doc_id="id", created_at=None, slices=("id", "city", "text"))
    assert mapping.wanted == ["text", "id", "city"]
