"""What does it cost to monitor a large day?

Makes the profiles and samples of a day of made-up units in a temporary folder (no predictions: monitoring reads none),
then summarises them in a process of its own, first from the units and then from what was kept:

    python benchmarks/monitoring.py --units 5000 --unit-rows 20000
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from storage.parts import PartStore
from storage.plan import Plan
from storage.profiles.counts import CONFIDENCE_BINS, LENGTH_EDGES, MARKS, Counts
from storage.profiles.profile import Profile
from storage.profiles.sample import SAMPLE_ROWS, SAMPLE_SCHEMA, sample_to_bytes
from storage.profiles.tokens import TokenCounts
from storage.records import Slot, Unit
from storage.seals import bytes_digest, make_seal
from storage.summaries import SummaryStore, summarise

SLOT = Slot("benchmark", date(2026, 1, 5), "0123456789ab")
SLICES = {"source": ("京东", "淘宝", "拼多多"), "city": ("上海", "北京", "广州", "深圳", "成都")}
VARIANTS = 20
"""Profiles that differ; the units take turns with them."""
CHARACTERS = 40


def main() -> None:
    options = _options()
    if options.summarise_only:
        _summarise(options.summarise_only)
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        started = time.perf_counter()
        make_day(home, options)
        size_mb = sum(file.stat().st_size for file in home.rglob("*.*")) / 1e6
        print(
            f"{options.units * options.unit_rows:,} rows, {options.units:,} units, {options.classes} classes, "
            f"{options.tokens:,} tokens, {size_mb:,.0f} MB, made in {time.perf_counter() - started:,.0f} s"
        )
        for what in ("from the units", "from what was kept"):
            print(f"  {what:<20}", end="", flush=True)
            subprocess.run([sys.executable, __file__, "--summarise-only", folder], check=True)


def _summarise(home: Path) -> None:
    parts = PartStore(home / "parts")
    plan = parts.load_plan(SLOT)
    assert plan
    started, cpu_started = time.perf_counter(), time.process_time()
    summary, failures = summarise(parts, SummaryStore(home / "summaries"), plan)
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
    assert summary
    assert not failures
    assert summary.profile.total.rows == plan.rows
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{seconds:7.2f} s  {cpu_s:7.2f} CPU s  peak {peak_mb:,.0f} MB  load average {os.getloadavg()[0]:.1f}")


def make_day(home: Path, options: argparse.Namespace) -> None:
    """Write what monitoring reads of a day: a plan, and of each unit profile, sample and seal beside an empty part."""
    store, rows = PartStore(home / "parts"), options.unit_rows
    starts = range(0, options.units * rows, rows)
    units = tuple(Unit(SLOT, "day.parquet", "f1", start, start + rows) for start in starts)
    store.save_plan(Plan(SLOT, {"day.parquet": units}))
    random = np.random.default_rng(1)
    profiles = [_profile(options, random).to_json_bytes() for _ in range(VARIANTS)]
    rest = _sampled_rows(options.classes, random)
    for number, unit in enumerate(units):
        files = store.files(unit)
        data = {files.profile: profiles[number % VARIANTS], files.sample: _sample(unit, rest, random)}
        for path, content in data.items():
            path.write_bytes(content)
        files.seal.write_bytes(make_seal({path.name: bytes_digest(content) for path, content in data.items()}))
        files.part.touch()


def _profile(options: argparse.Namespace, random: np.random.Generator) -> Profile:
    labels = tuple(f"类别{number}" for number in range(options.classes))
    slices = {
        column: {value: _counts(options.unit_rows // len(values), options.classes, random) for value in values}
        for column, values in SLICES.items()
    }
    ids = np.arange(options.tokens, dtype=np.int32)
    tokens = TokenCounts(ids, random.zipf(1.5, options.tokens).clip(1, 10**6), options.unit_rows)
    return Profile(labels, _counts(options.unit_rows, options.classes, random), slices, tokens)


def _counts(rows: int, classes: int, random: np.random.Generator) -> Counts:
    def share(parts: int) -> tuple[int, ...]:
        return tuple(random.multinomial(rows, np.full(parts, 1 / parts)).tolist())

    cells = np.asarray(share(classes * CONFIDENCE_BINS)).reshape(classes, -1)
    return Counts(
        rows=rows,
        statuses=(rows, 0, 0, 0),
        **dict.fromkeys(("duplicates", "invalid_utf8", "truncated", "n_windows", "unk_tokens"), rows // 10),
        **dict.fromkeys(("n_tokens", "n_tokens_squared"), rows * 40),
        marks=share(len(MARKS)),
        lengths=share(len(LENGTH_EDGES)),
        class_counts=tuple(cells.sum(axis=1).tolist()),
        confidences=tuple(map(tuple, cells.tolist())),
        probability_sums=tuple(random.integers(0, rows << 32, classes).tolist()),
        **dict.fromkeys(("confidence", "confidence_squared", "entropy", "entropy_squared"), rows << 31),
    )


def _sampled_rows(classes: int, random: np.random.Generator) -> pa.Table:
    """Rows without a key of their own."""
    rows = SAMPLE_ROWS
    texts = ["".join(map(chr, each)) for each in random.integers(0x4E00, 0x6E00, (rows, CHARACTERS))]
    probs = random.dirichlet(np.ones(classes), rows)
    names, values = list(SLICES), [[str(random.choice(SLICES[name])) for name in SLICES] for _ in range(rows)]
    columns = {
        "key": np.zeros(rows, np.uint64),
        "doc_id": [str(each) for each in random.integers(10**15, 10**16, rows)],
        "source_path": ["day.parquet"] * rows,
        "source_row": np.zeros(rows, np.int64),
        "text": texts,
        "text_hash": random.integers(0, 2**64, rows, dtype=np.uint64),
        "slices": [list(zip(names, each, strict=True)) for each in values],
        "status": ["scored"] * rows,
        "label": [f"类别{number}" for number in probs.argmax(axis=1)],
        "confidence": probs.max(axis=1),
        "probs": list(probs),
        "n_tokens": random.integers(3, 128, rows),
    }
    arrays = [pa.array(columns[field.name], field.type) for field in SAMPLE_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SAMPLE_SCHEMA)


def _sample(unit: Unit, rest: pa.Table, random: np.random.Generator) -> bytes:
    """The smallest keys of a unit."""
    keys = np.sort(random.integers(0, 2**64, unit.rows, dtype=np.uint64))[: rest.num_rows]
    rows = unit.row_start + random.permutation(unit.rows)[: rest.num_rows]
    table = rest.set_column(0, SAMPLE_SCHEMA.field("key"), pa.array(keys))
    return sample_to_bytes(table.set_column(3, SAMPLE_SCHEMA.field("source_row"), pa.array(rows)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=5_000)
    parser.add_argument("--unit-rows", type=int, default=20_000)
    parser.add_argument("--classes", type=int, default=6)
    parser.add_argument("--tokens", type=int, default=21_128, help="of the vocabulary, all of them seen in every unit")
    parser.add_argument("--summarise-only", type=Path, metavar="HOME", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
