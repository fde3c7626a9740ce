"""Whatever the row groups, unit sizes and units that are left to do: rows are those that pyarrow reads."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from batch.input.columns import ColumnMapping
from batch.input.reader import read_units
from tests.support.dumps import source_of, texts_of, units_of

MAPPING = ColumnMapping("text", doc_id="id")

texts = st.lists(st.one_of(st.none(), st.sampled_from(["好", "", "坏"]), st.text(max_size=8)), min_size=1, max_size=60)
groups = st.lists(st.integers(0, 25), min_size=1, max_size=6)


@settings(max_examples=120, deadline=None)
@given(
    texts=texts,
    groups=groups,
    unit_rows=st.integers(1, 70),
    wanted=st.sets(st.integers(0, 60)),
    options=st.fixed_dictionaries(
        {"use_dictionary": st.booleans(), "data_page_size": st.sampled_from([1, 100, 1 << 20])}
    ),
    kind=st.sampled_from([pa.string(), pa.large_string(), pa.binary(), pa.string_view()]),
)
def test_rows_of_any_subset_of_units(
    texts: list[str | None],
    groups: list[int],
    unit_rows: int,
    wanted: set[int],
    options: dict[str, object],
    kind: pa.DataType,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.parquet"
        table = pa.table({"text": pa.array(texts, pa.string()).cast(kind), "id": range(len(texts))})
        with pq.ParquetWriter(path, table.schema, **options) as writer:
            start = 0
            for rows in [*groups, len(texts)]:
                writer.write_table(table.slice(start, rows), row_group_size=max(1, rows))
                start += rows
        units = units_of(source_of(path), unit_rows, MAPPING)
        assert sum(unit.rows for unit in units) == len(texts)
        left = [unit for index, unit in enumerate(units) if index in wanted]
        seen = list(read_units(source_of(path), left, MAPPING, "UTC"))
        plain = pq.read_table(path)["text"].cast(pa.string()).to_pylist()
    assert [unit for unit, _ in seen] == left
    for unit, raw in seen:
        assert texts_of(raw) == plain[unit.row_start : unit.row_stop] == texts[unit.row_start : unit.row_stop]
        assert raw.doc_id.to_pylist() == [str(row) for row in range(unit.row_start, unit.row_stop)]
        assert raw.texts.n_unique() == len(raw.texts)
