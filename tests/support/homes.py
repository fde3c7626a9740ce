"""A home as a user has it: yeban.toml, dumps on disk, a warehouse to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.command import CommandResult, yeban

DAY = "2026-01-05"
NEXT_DAY = "2026-01-06"
EMPTY_OR_FAILED = ("empty", "failed")

_CONFIG = """\
[engine]
device = "cpu"
precision = "fp32"

[units]
rows = {rows}

[warehouse]
path = "{warehouse}"
patience_s = {patience_s}

[tasks.{task}]
input = "dumps/{task}/dt={{date}}"
bundle = "{bundle}"

[tasks.{task}.columns]
text = "text"
id = "id"
"""


@dataclass(frozen=True, slots=True)
class Home:
    """A home with one task.

    Attributes:
        root: The folder.
        task: The task that is configured.
        bundle: The bundle it uses.
        warehouse_name: The DuckDB file, from the root or whole.
    """

    root: Path
    task: str
    bundle: Path
    warehouse_name: str = "yeban.duckdb"

    @property
    def warehouse(self) -> Path:
        return self.root / self.warehouse_name

    @property
    def config(self) -> Path:
        return self.root / "yeban.toml"

    def configure(self, *, rows: int = 1000, patience_s: float = 0.3, more: str = "") -> None:
        """Write yeban.toml; `more` is added at the end, where the open section is the task's columns."""
        told = {"rows": rows, "patience_s": patience_s, "warehouse": self.warehouse_name, "task": self.task}
        self.config.write_text(_CONFIG.format(**told, bundle=self.bundle) + more, "utf-8")

    def change(self, old: str, new: str) -> None:
        """Replace a line of yeban.toml."""
        text = self.config.read_text("utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), "utf-8")

    def folder(self, day: str = DAY) -> Path:
        """Where the dump of a date lies."""
        folder = self.root / "dumps" / self.task / f"dt={day}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def dump(self, name: str, texts: Sequence[str | bytes | None], day: str = DAY, **columns: Sequence[Any]) -> Path:
        """Write a file of a dump; without an `id` column ids are `<name>:<row>`."""
        ids = columns.pop("id", None) or [f"{name}:{row}" for row in range(len(texts))]
        file = self.folder(day) / name
        pq.write_table(pa.table({"id": list(ids), "text": text_column(texts), **columns}), file)
        return file

    def score(self, *args: object, day: str = DAY) -> CommandResult:
        """`yeban score` of the home's task, in this process."""
        return yeban("score", self.task, "--date", day, "--home", self.root, *args)

    def load(self) -> CommandResult:
        return yeban("load", "--home", self.root)

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as con:
            return con.execute(sql, [*values]).fetchall()

    def predictions(self) -> pa.Table:
        """All that was predicted, in the order of the input, without the time of loading."""
        with duckdb.connect(str(self.warehouse), read_only=True) as con:
            sql = (
                "SELECT * EXCLUDE (created_at) FROM predictions ORDER BY task, logical_date, source_path, source_row, "
                "bundle"
            )
            return con.sql(sql).to_arrow_table()

    def count(self) -> int:
        """Rows of the warehouse."""
        return int(self.query("SELECT count(*) FROM predictions")[0][0]) if self.warehouse.exists() else 0

    def parts(self) -> dict[str, bytes]:
        """Staged parts by name."""
        return {file.name: file.read_bytes() for file in sorted((self.root / "parts").rglob("part-*.parquet"))}


def text_column(texts: Sequence[str | bytes | None]) -> pa.Array:
    """A string column; bytes go in as they are, so that it may be invalid UTF-8, as other writers make it."""
    raw = pa.array([text.encode() if isinstance(text, str) else text for text in texts], pa.binary())
    return pa.Array.from_buffers(pa.string(), len(raw), raw.buffers(), raw.null_count)


def covered_once(home: Home, rows_by_file: dict[str, int], day: str = DAY) -> bool:
    """Whether the warehouse holds each row of each file of a date once, and nothing else of that date."""
    found = home.query("SELECT source_path, source_row FROM predictions WHERE logical_date = ? ORDER BY ALL", day)
    prefix = f"dumps/{home.task}/dt={day}"
    return found == sorted((f"{prefix}/{name}", row) for name, rows in rows_by_file.items() for row in range(rows))


_OPENINGS = ("物流", "包装", "客服", "质量", "价格", "房间", "早餐", "这本书", "屏幕", "手感")
_GOOD = ("很好", "非常满意", "挺不错", "让人惊喜", "值得推荐")
_BAD = ("太差", "非常失望", "不值这个价", "让人生气", "再也不买")
_CLOSINGS = ("。", "！", "，下次再说。", "，给朋友看过了。", "～")


def comments(count: int, seed: int = 1) -> tuple[list[str], list[str]]:
    """Generated comments and their labels, `negative` or `positive`; some repeat."""
    random = np.random.default_rng(seed)
    good = random.random(count) < 0.5
    picks = random.integers(0, [10, 5, 5, 500], (count, 4))
    texts = [
        f"{_OPENINGS[a]}{(_GOOD if g else _BAD)[b]}{_CLOSINGS[c]}第{d}单"
        for g, (a, b, c, d) in zip(good, picks.tolist(), strict=True)
    ]
    return texts, ["positive" if g else "negative" for g in good]
