"""Labelled rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.training.data import LabelledRows, LabelledSource, hold_out, read_labelled
from storage.errors import InputError, MissingColumn, NoInput, TrainingError

LABELS = ("差", "好")


def put(path: Path, **columns: Any) -> str:
    pq.write_table(pa.table(columns), path)
    return str(path)


class TestRead:
    def test_names_of_classes(self, tmp_path: Path) -> None:
        file = put(tmp_path / "a.parquet", text=["一", "二", "三"], label=["好", "差", "好"])
        rows = read_labelled(LabelledSource(file), LABELS)
        assert rows.texts.to_list() == ["一", "二", "三"]
        assert rows.gold.tolist() == [1, 0, 1]
        assert rows.gold.dtype == np.int64
        assert rows.groups is None

    def test_indices_of_classes(self, tmp_path: Path) -> None:
        for kind in (pa.int8(), pa.uint64()):
            file = put(tmp_path / "a.parquet", text=["一", "二"], label=pa.array([1, 0], kind))
            assert read_labelled(LabelledSource(file), LABELS).gold.tolist() == [1, 0]

    def test_integers_that_are_names_are_names(self, tmp_path: Path) -> None:
        file = put(tmp_path / "a.parquet", text=["一", "二", "三"], label=[1, 2, 5])
        assert read_labelled(LabelledSource(file), ("1", "2", "3", "4", "5")).gold.tolist() == [0, 1, 4]

    def test_a_condition_columns_and_groups(self, tmp_path: Path) -> None:
        file = put(
            tmp_path / "a.parquet",
            **{
                "正文": ["一", "二", "三"],
                'a "label"': ["好", "差", "好"],
                "city": ["上海", None, "北京"],
                "split": [1, 1, 2],
            },
        )
        source = LabelledSource(file, "split = 1", "正文", 'a "label"', "city")
        rows = read_labelled(source, LABELS)
        assert rows.texts.to_list() == ["一", "二"]
        assert rows.groups is not None
        assert rows.groups.to_list() == ["上海", "-"]

    def test_rows_without_text_or_label_are_left_out(self, tmp_path: Path) -> None:
        file = put(tmp_path / "a.parquet", text=["一", None, "三", ""], label=["好", "差", None, "差"])
        assert read_labelled(LabelledSource(file), LABELS).texts.to_list() == ["一", ""]

    def test_other_columns_may_have_any_name(self, tmp_path: Path) -> None:
        file = put(
            tmp_path / "a.parquet",
            text=["一", "二"], label=["好", "差"],
            content=[None, "x"], gold=["x", None], grouping=[None, None],
        )  # fmt: skip
        assert read_labelled(LabelledSource(file), LABELS).texts.to_list() == ["一", "二"]

    @pytest.mark.parametrize(
        ("column", "texts"),
        [
            (pa.array([12, 7]), ["12", "7"]),
            (pa.array([1.5, 2.0]), ["1.5", "2.0"]),
            (pa.array(["好书".encode(), "烂".encode()]), ["好书", "烂"]),
            (pa.array(["好书", "烂"]).dictionary_encode(), ["好书", "烂"]),
        ],
        ids=["integers", "floats", "binary", "dictionary"],
    )
    def test_texts_of_other_types(self, tmp_path: Path, column: pa.Array, texts: list[str]) -> None:
        rows = read_labelled(LabelledSource(put(tmp_path / "a.parquet", text=column, label=["好", "差"])), LABELS)
        assert rows.texts.dtype == pl.String
        assert rows.texts.to_list() == texts

    def test_a_csv_with_numbers_for_texts(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("text,label\n12,好\n7,差\n", "utf-8")
        assert read_labelled(LabelledSource(str(tmp_path / "a.csv")), LABELS).texts.to_list() == ["12", "7"]

    def test_csv_and_globs(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("text,label\n一,好\n123,差\n", "utf-8")
        rows = read_labelled(LabelledSource(str(tmp_path / "a.csv")), LABELS)
        assert (rows.texts.to_list(), rows.gold.tolist()) == (["一", "123"], [1, 0])
        put(tmp_path / "1.parquet", text=["一"], label=["好"])
        put(tmp_path / "2.parquet", text=["二"], label=["差"])
        assert read_labelled(LabelledSource(str(tmp_path / "*.parquet")), LABELS).gold.tolist() == [1, 0]

    def test_in_the_order_of_the_file(self, tmp_path: Path) -> None:
        file = put(tmp_path / "a.parquet", text=[str(row) for row in range(300_000)], label=[0] * 300_000)
        assert read_labelled(LabelledSource(file), LABELS).texts.cast(pl.Int64).is_sorted()


class TestRefuses:
    def test_unknown_labels(self, tmp_path: Path) -> None:
        file = put(tmp_path / "a.parquet", text=["一", "二", "三"], label=["好", "中", "中"])
        with pytest.raises(TrainingError, match="2 rows have a label that the task does not know: 中"):
            read_labelled(LabelledSource(file), LABELS)

    @pytest.mark.parametrize("label", [[0, 2], [-1, 0], [0.0, 1.0]])
    def test_indices_that_are_no_class(self, tmp_path: Path, label: list[float]) -> None:
        file = put(tmp_path / "a.parquet", text=["一", "二"], label=label)
        with pytest.raises(TrainingError, match="does not know"):
            read_labelled(LabelledSource(file), LABELS)

    @pytest.mark.parametrize(
        "source", [{"text_column": "body"}, {"label_column": "body"}, {"group_column": "body"}, {"where": "body = 1"}]
    )
    def test_missing_columns(self, tmp_path: Path, source: dict[str, str]) -> None:
        file = put(tmp_path / "a.parquet", text=["一"], label=["好"])
        with pytest.raises(MissingColumn, match="body") as caught:
            read_labelled(LabelledSource(file, **source), LABELS)
        assert caught.value.facts["columns"] == ["text", "label"]

    def test_a_missing_column_of_a_csv(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("body,label\n一,好\n", "utf-8")
        with pytest.raises(MissingColumn, match="text") as caught:
            read_labelled(LabelledSource(str(tmp_path / "a.csv")), LABELS)
        assert caught.value.facts["columns"] == ["body", "label"]

    @pytest.mark.parametrize("where", ["label = '无'", "text IS NULL", "false"])
    def test_no_rows(self, tmp_path: Path, where: str) -> None:
        file = put(tmp_path / "a.parquet", text=["一"], label=["好"])
        with pytest.raises(NoInput, match="no row with a text and a label where"):
            read_labelled(LabelledSource(file, where), LABELS)

    @pytest.mark.parametrize("where", ["split ==== 1", "label = ", "(", "text = 1 +", "no_such_function(text)"])
    def test_bad_sql(self, tmp_path: Path, where: str) -> None:
        file = put(tmp_path / "a.parquet", text=["一"], label=["好"])
        with pytest.raises(InputError):
            read_labelled(LabelledSource(file, where), LABELS)

    def test_no_file(self, tmp_path: Path) -> None:
        for name in ("gone.parquet", "gone.csv", "gone/*.parquet"):
            with pytest.raises(NoInput, match="gone"):
                read_labelled(LabelledSource(str(tmp_path / name)), LABELS)

    def test_no_parquet(self, tmp_path: Path) -> None:
        (tmp_path / "a.parquet").write_bytes(b"id,text")
        with pytest.raises(NoInput, match="cannot be read"):
            read_labelled(LabelledSource(str(tmp_path / "a.parquet")), LABELS)


class TestHoldOut:
    def rows(self, *counts: int) -> LabelledRows:
        gold = np.repeat(np.arange(len(counts)), counts)
        np.random.default_rng(0).shuffle(gold)
        texts = pl.Series([f"{row}" for row in range(len(gold))], dtype=pl.String)
        return LabelledRows(texts, gold, texts)

    @pytest.mark.parametrize(
        ("counts", "share", "held"),
        [
            ((100, 50), 0.1, [10, 5]),
            ((100, 4), 0.1, [10, 1]),  # at least one
            ((10, 2), 0.9, [9, 1]),  # but never the last one
            ((10, 1), 0.2, [2, 0]),
            ((10, 0, 10), 0.2, [2, 0, 2]),
        ],
    )
    def test_class_by_class(self, counts: tuple[int, ...], share: float, held: list[int]) -> None:
        rows = self.rows(*counts)
        train, dev = hold_out(rows, share, np.random.default_rng(1))
        assert np.bincount(dev.gold, minlength=len(counts)).tolist() == held
        assert sorted([*train.texts, *dev.texts], key=int) == rows.texts.to_list()
        for part in (train, dev):
            assert part.texts.cast(pl.Int64).is_sorted()  # in file order
            assert part.gold.tolist() == [rows.gold[int(row)] for row in part.texts]
            assert part.groups is not None
            assert part.groups.to_list() == part.texts.to_list()

    def test_the_seed_decides(self) -> None:
        rows = self.rows(50, 50)
        one, again, other = (hold_out(rows, 0.2, np.random.default_rng(seed))[1].texts.to_list() for seed in (1, 1, 2))
        assert one == again != other

    def test_a_single_row(self) -> None:
        train, dev = hold_out(self.rows(1), 0.5, np.random.default_rng(0))
        assert (len(train), len(dev)) == (1, 0)
