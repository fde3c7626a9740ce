"""Labelled rows for training and evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from storage.errors import MissingColumn, NoInput, TrainingError
from storage.warehouse.interrupts import stops_kept


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """N labelled texts.

    Attributes:
        texts: String[N], raw.
        gold: int64[N], class indices.
        groups: String[N], a slice column for per-group figures, or None.
    """

    texts: pl.Series
    gold: NDArray[np.int64]
    groups: pl.Series | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[np.int64]) -> LabelledRows:
        """Choose some rows."""
        groups = None if self.groups is None else self.groups[rows]
        return LabelledRows(self.texts[rows], self.gold[rows], groups)


@dataclass(frozen=True, slots=True)
class LabelledSource:
    """Where labelled rows come from.

    Attributes:
        file: A Parquet or CSV file, or a glob.
        where: An SQL condition on its rows, such as `split = 'train'`.
        text_column: The column with the text.
        label_column: The column with class names, or with class indices; integers that are all names are names.
        group_column: A column to break figures down by, or None.
    """

    file: str
    where: str | None = None
    text_column: str = "text"
    label_column: str = "label"
    group_column: str | None = None


def no_rows() -> LabelledRows:
    """No row."""
    return LabelledRows(pl.Series("content", [], dtype=pl.String), np.empty(0, np.int64))


def join_rows(first: LabelledRows, second: LabelledRows) -> LabelledRows:
    """Rows of two sets, one after the other; groups are left behind."""
    return LabelledRows(
        pl.concat([first.texts, second.texts.alias(first.texts.name)]), np.concatenate([first.gold, second.gold])
    )


def read_labelled(source: LabelledSource, labels: Sequence[str]) -> LabelledRows:
    """Read labelled rows, in the order of the file.

    Raises:
        NoInput: No such file, or no row meets the condition.
        MissingColumn: A named column is not there.
        TrainingError: A label is not one of the task's.
    """
    frame = _query(source)
    if frame.is_empty():
        raise NoInput(
            f"{source.file}: no row with a text and a label" + (f" where {source.where}" if source.where else ""),
            expected="at least one labelled row",
            action="check the file and the condition",
        )
    groups = frame["grouping"].cast(pl.String).fill_null("-") if source.group_column else None
    return LabelledRows(frame["content"], class_indices(frame["gold"], labels, source.file), groups)


def read_texts(source: LabelledSource) -> pl.Series:
    """Read texts alone, String[N] in the order of the file: its label column need not be there.

    Raises:
        NoInput: No such file, or no row meets the condition.
        MissingColumn: A named column is not there.
    """
    text = _quoted(source.text_column)
    texts = _ask(source, f"CAST({text} AS VARCHAR) AS content", f"{text} IS NOT NULL")["content"]
    if texts.is_empty():
        raise NoInput(
            f"{source.file}: no row with a text" + (f" where {source.where}" if source.where else ""),
            expected="at least one text",
            action="check the file and the condition",
        )
    return texts


def class_indices(gold: pl.Series, labels: Sequence[str], origin: str) -> NDArray[np.int64]:
    """Class indices, int64[N], of class names; integers that are no names are indices already.

    Args:
        gold: N names or indices.
        labels: The classes.
        origin: Where they come from, for the message.

    Raises:
        TrainingError: One of them is no class of the task.
    """
    names = gold.cast(pl.String)
    if gold.dtype.is_integer() and not names.is_in(list(labels)).all():
        indices = gold.cast(pl.Int64)
        unknown = gold.filter((indices < 0) | (indices >= len(labels)))
    else:
        indices = names.replace_strict(list(labels), list(range(len(labels))), default=None, return_dtype=pl.Int64)
        unknown = names.filter(indices.is_null())
    if len(unknown):
        shown = ", ".join(map(str, unknown.unique().sort().head(5)))
        raise TrainingError(
            f"{origin}: {len(unknown)} rows have a label that the task does not know: {shown}",
            expected=f"{', '.join(labels)}, or their indices from 0",
            action="mend the rows, or the labels of the recipe",
            unknown=shown,
        )
    return indices.to_numpy().astype(np.int64)


def _query(source: LabelledSource) -> pl.DataFrame:
    group = _quoted(source.group_column) if source.group_column else "NULL"
    text, label = _quoted(source.text_column), _quoted(source.label_column)
    columns = f"CAST({text} AS VARCHAR) AS content, {label} AS gold, {group} AS grouping"
    return _ask(source, columns, f"{text} IS NOT NULL AND {label} IS NOT NULL")


def _ask(source: LabelledSource, columns: str, usable: str) -> pl.DataFrame:
    """Columns of the usable rows that meet the condition; a file that can't be asked is an error of ours."""
    reader = "read_csv_auto(?)" if source.file.endswith(".csv") else "read_parquet(?, binary_as_string = true)"
    condition = f"({source.where})" if source.where else "true"
    sql = f"SELECT {columns} FROM {reader} WHERE {condition} AND {usable}"
    with stops_kept(), duckdb.connect() as connection:
        try:
            return pl.from_arrow(connection.sql(sql, params=[source.file]).to_arrow_table())  # type: ignore[return-value]
        except duckdb.BinderException as error:
            there = [row[0] for row in connection.execute(f"DESCRIBE FROM {reader}", [source.file]).fetchall()]
            raise MissingColumn(
                f"{source.file}: {str(error).splitlines()[0]}",
                expected=f"columns of the file: {', '.join(there)}",
                action="name the columns with --text-column, --label-column and --group-column",
                columns=there,
            ) from error
        except duckdb.Error as error:
            raise NoInput(
                f"{source.file} cannot be read: {str(error).splitlines()[0]}",
                expected="a Parquet or CSV file and a valid condition",
                action="check the path and the --where condition",
            ) from error


def _quoted(column: str | None) -> str:
    return '"' + str(column).replace('"', '""') + '"'


def hold_out(rows: LabelledRows, share: float, generator: np.random.Generator) -> tuple[LabelledRows, LabelledRows]:
    """Split off a dev set, class by class.

    Args:
        rows: All labelled rows.
        share: Share of each class that is held out: at least one row, but never the last one.
        generator: Decides which.

    Returns:
        The rows to train on and the rows held out, each in file order.
    """
    shuffled = generator.permutation(len(rows))
    by_class = shuffled[np.argsort(rows.gold[shuffled], kind="stable")]
    counts = np.bincount(rows.gold)
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    held = rank < np.repeat(np.clip(np.round(counts * share), 1, counts - 1), counts)
    return rows.take(np.sort(by_class[~held])), rows.take(np.sort(by_class[held]))
