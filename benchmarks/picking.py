"""How long does a pick take, and how much memory, when the warehouse is large?

Makes a dump of random comments and a warehouse of random predictions in a temporary folder (a third of the texts come
twice, as in real nights), then picks a batch in a process of its own and prints seconds and peak memory:

    python benchmarks/picking.py --rows 5000000 --days 5 --budget 500

The bundle is the embedded one of `comment`: it embeds the candidates for real.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from models.bundle import Bundle, open_bundle
from storage.prediction_columns import PART_SCHEMA
from storage.profiles.digests import digest_numbers
from storage.records import Slot, Unit
from storage.warehouse.connection import Warehouse
from storage.warehouse.ledger import record_units

FIRST = date(2026, 1, 1)
BUNDLE = Path("models/pretrained/comment")
CITIES = ("上海", "北京", "广州", "深圳", "成都")
WORDS = ("物流", "包装", "客服", "质量", "价格", "房间", "早餐", "屏幕", "手感", "很好", "太差", "满意", "失望", "一般")
UNIT_ROWS = 250_000
CONFIG = """
[relabel]
strata = ["city"]
{more}
[tasks.comment]
input = "dumps/dt={{date}}"
bundle = "{bundle}"
[tasks.comment.columns]
id = "id"
slices = ["city"]
"""


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        bundle = open_bundle(BUNDLE)
        started = time.monotonic()
        for number in range(options.days):
            _make_day(home, bundle, FIRST + timedelta(days=number), options.rows // options.days, number)
        size_mb = (home / "yeban.duckdb").stat().st_size >> 20
        print(f"made {options.rows:,} predictions in {time.monotonic() - started:.0f} s; warehouse {size_mb:,} MB")
        for more in ("", "embed = false"):
            (home / "yeban.toml").write_text(CONFIG.format(bundle=BUNDLE.resolve(), more=more), "utf-8")
            _pick(home, options.budget, more)


def _pick(home: Path, budget: int, more: str) -> None:
    yeban = Path(sys.executable).with_name("yeban")
    started = time.monotonic()
    child = subprocess.Popen(
        [yeban, "relabel", "pick", "comment", "--budget", str(budget), "--home", home, "--json"], stdout=subprocess.PIPE
    )
    out = child.stdout.read()  # type: ignore[union-attr]
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(out)
    picked = json.loads(out)
    print(
        f"{more or 'spread over clusters'}: {time.monotonic() - started:.1f} s, {used.ru_utime + used.ru_stime:.1f} "
        f"CPU seconds, peak {used.ru_maxrss >> 10:,} MB, exit {os.waitstatus_to_exitcode(status)}, {picked['arms']} of "
        f"{picked['population']:,} texts; {picked['notes']}"
    )


def _make_day(home: Path, bundle: Bundle, day: date, rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    slot, cleaner = Slot("comment", day, bundle.version), bundle.cleaner()
    for start in range(0, rows, UNIT_ROWS):
        count = min(UNIT_ROWS, rows - start)
        texts = _texts(rng, count)
        name = f"dumps/dt={day}/{start:09}.parquet"
        table = pa.table(
            {
                "id": [f"{day}-{start + row}" for row in range(count)],
                "text": texts.to_arrow(),
                "city": pa.array([CITIES[each] for each in rng.integers(0, len(CITIES), count)]),
            }
        )
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, home / name)
        unit = Unit(slot, name, f"{day}-{start}", 0, count)
        with Warehouse(home / "yeban.duckdb").writing() as con:
            con.register("arriving", _predictions(unit, table, cleaner.clean(texts), rng))
            con.execute("INSERT INTO predictions BY NAME SELECT *, ? AS created_at FROM arriving", [datetime.now(UTC)])
            con.unregister("arriving")
            record_units(con, [unit], datetime.now(UTC))


def _texts(rng: np.random.Generator, rows: int) -> pl.Series:
    """Texts of about forty characters; a third of them come twice or more."""
    words = np.array(WORDS)[rng.integers(0, len(WORDS), (rows, 18))]
    texts = pl.Series("text", ["".join(each) for each in words])
    repeated = rng.random(rows) < 1 / 3
    return texts.gather(np.where(repeated, rng.integers(0, rows, rows), np.arange(rows)))


def _predictions(unit: Unit, table: pa.Table, texts: pl.Series, rng: np.random.Generator) -> pa.Table:
    rows = unit.rows
    hashes, _ = digest_numbers(texts)
    good = (hashes >> np.uint64(11)).astype(np.float64) / 2**53  # equal texts get equal answers
    probs = np.stack([1 - good, good], axis=1).astype(np.float32)
    top = np.sort(probs, axis=1)
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32))
    keys = pa.array(["city"] * rows)
    columns = {
        "task": pa.repeat("comment", rows),
        "logical_date": pa.repeat(pa.scalar(unit.slot.logical_date, pa.date32()), rows),
        "bundle": pa.repeat(unit.slot.bundle, rows),
        "unit": pa.repeat(unit.unit_id, rows),
        "source_path": pa.repeat(unit.source_path, rows),
        "source_row": pa.array(np.arange(rows)),
        "doc_id": table["id"].combine_chunks(),
        "text_created_at": pa.nulls(rows, pa.timestamp("us", tz="UTC")),
        "slices": pa.MapArray.from_arrays(offsets, keys, table["city"].combine_chunks()),
        "status": pa.repeat("scored", rows),
        "label": pa.array(np.array(["negative", "positive"])[probs.argmax(axis=1)]),
        "confidence": pa.array(top[:, 1]),
        "margin": pa.array(top[:, 1] - top[:, 0]),
        "entropy": pa.array(-(probs * np.log(np.maximum(probs, 1e-9))).sum(axis=1)),
        "probs": pa.ListArray.from_arrays(pa.array(np.arange(rows + 1, dtype=np.int32) * 2), pa.array(probs.ravel())),
        "n_tokens": pa.array(rng.integers(2, 128, rows).astype(np.int32)),
        "n_windows": pa.array(np.ones(rows, np.int32)),
        "top_windows": pa.ListArray.from_arrays(offsets, pa.array(np.zeros(rows, np.int32))),
        "truncated": pa.array(np.zeros(rows, bool)),
        "text_hash": pa.array(hashes),
    }
    return pa.table({field.name: columns[field.name].cast(field.type) for field in PART_SCHEMA}, PART_SCHEMA)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--budget", type=int, default=500)
    return parser.parse_args()


if __name__ == "__main__":
    main()
