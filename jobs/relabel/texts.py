"""Texts of picked rows, fetched from the dump by their recorded places and checked by their hashes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import fs

from batch.input.reader import read_texts
from batch.input.sources import SourceFile, find_sources
from jobs.config.home import Home
from jobs.runs.progress import Progress
from models.cleaning.cleaner import Cleaner
from storage.errors import ConfigError, InputError
from storage.files.atomic import resolve
from storage.profiles.digests import digest_numbers


@dataclass(frozen=True, slots=True)
class FetchedTexts:
    """The texts of N rows.

    Attributes:
        raw: String[N], as the dump has them; empty where they are lost.
        cleaned: String[N], as the model saw them.
        there: bool[N], the text is the one that was scored.
        notes: Which files rows can no longer be found in, and why.
    """

    raw: pl.Series
    cleaned: pl.Series
    there: NDArray[np.bool_]
    notes: tuple[str, ...]


def fetch_texts(home: Home, task: str, rows: pa.Table, cleaner: Cleaner, progress: Progress) -> FetchedTexts:
    """Fetch the texts of rows; one that is gone, or is another now, is noted and does not fail the pick.

    Args:
        home: The home.
        task: The task; its section has the column of the text, and where dumps are.
        rows: N rows with `logical_date`, `source_path`, `source_row` and `text_hash`.
        cleaner: That of the bundle which scored them.
        progress: Where to report to.
    """
    raw, notes = _read(home, task, rows, progress)
    cleaned = cleaner.clean(raw)
    hashes, _ = digest_numbers(cleaned)
    there = (hashes == rows["text_hash"].to_numpy()) & raw.is_not_null().to_numpy()
    changed = rows.filter(pa.array(~there & raw.is_not_null().to_numpy()))
    if changed.num_rows:
        files = Counter(changed["source_path"].to_pylist())
        (first, _), *_ = files.most_common(1)
        notes.append(
            f"{changed.num_rows} rows of {len(files)} files have another text now than when they were scored, most of "
            f"them in {first}"
        )
    return FetchedTexts(raw.fill_null(""), cleaned, there, tuple(notes))


def _read(home: Home, task: str, rows: pa.Table, progress: Progress) -> tuple[pl.Series, list[str]]:
    """Raw texts, String[N], null where they can't be had, and why."""
    places = pl.DataFrame(
        {name: pl.from_arrow(rows[name]) for name in ("logical_date", "source_path", "source_row")}
    ).with_row_index("row")
    found: list[pl.DataFrame] = []
    lost: list[tuple[int, str]] = []
    progress.begin("texts", len(places))
    for (day, path), wanted in places.group_by(["logical_date", "source_path"], maintain_order=True):
        ordered = wanted.unique("source_row").sort("source_row")
        try:
            source = _source(home, task, str(path), day)
            texts = read_texts(source, ordered["source_row"].to_numpy(), home.task(task).columns.text)
        except InputError as error:
            lost.append((len(wanted), error.got))
            texts = pl.Series("text", [None] * len(ordered), dtype=pl.String)
        read = pl.DataFrame({"source_row": ordered["source_row"], "text": texts})
        found.append(wanted.join(read, on="source_row", how="left").select("row", "text"))
        progress.advance(len(wanted))
    notes = []
    if lost:
        rows_lost, why = sum(count for count, _ in lost), max(lost)[1]
        notes.append(f"{rows_lost} rows of {len(lost)} files can't be found any more: {why}")
    if not found:
        return pl.Series("text", [], dtype=pl.String), notes
    return pl.concat(found).sort("row")["text"], notes


def _source(home: Home, task: str, path: str, day: object) -> SourceFile:
    """A file by the name that scoring gave it.

    Raises:
        InputError: It is not there.
    """
    if "://" in path:  # its name lacks what is needed to reach it, such as an endpoint; the task's input has it
        return _listed(home, task, path, day) or _resolved(path, path)
    return _resolved(str(home.root / path), path)


def _listed(home: Home, task: str, path: str, day: object) -> SourceFile | None:
    patterns = home.task(task).input
    if not patterns or not isinstance(day, date):
        return None
    try:
        sources, _ = find_sources(patterns, day, home.root)
    except (InputError, ConfigError):
        return None
    return next((source for source in sources if source.name == path), None)


def _resolved(where: str, name: str) -> SourceFile:
    filesystem, path = resolve(where)
    info = filesystem.get_file_info(path)
    if info.type != fs.FileType.File:
        raise InputError(
            f"{name} is gone",
            expected="the dump that was scored",
            action="restore it, or pick from dates whose dumps are kept",
            path=str(Path(where)),
        )
    return SourceFile(filesystem, path, name, info.size)
