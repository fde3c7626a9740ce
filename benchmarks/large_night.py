"""What does it cost to monitor a large day?

Makes the profiles and samples of a day of made-up units in a temporary home (no predictions: monitoring reads none),
and of a small day before it, which is frozen to be the reference. Then runs `yeban monitor` in a process of its own,
from the units and again from the summary that was kept, and draws the morning's page:

    python benchmarks/large_night.py --units 5000 --unit-rows 20000
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from jobs.config.file import find_home
from jobs.monitor.report import stored_morning
from models.bundle import Bundle, open_bundle
from monitoring.page.render import render_morning
from storage.files.checksums import bytes_digest, make_checksums
from storage.lake.journal.slot_journal import SlotJournal
from storage.lake.plan import Plan
from storage.profiles.counts import CONFIDENCE_BINS, LENGTH_EDGES, MARKS, Counts
from storage.profiles.profile import Profile
from storage.profiles.sample import SAMPLE_ROWS, SAMPLE_SCHEMA, sample_to_bytes
from storage.profiles.tokens import TokenCounts
from storage.records import Slot, Unit

DAY, DAY_BEFORE = date(2026, 1, 5), date(2026, 1, 4)
REFERENCE_UNITS = 50
SLICES = {"source": ("京东", "淘宝", "拼多多"), "city": ("上海", "北京", "广州", "深圳", "成都")}
VARIANTS = 20
"""Profiles that differ; the units take turns with them."""
CHARACTERS = 40


def main() -> None:
    options = _options()
    bundle = open_bundle(options.bundle)
    task = bundle.manifest.task
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = f'[tasks.{task}]\nbundle = "{options.bundle.absolute()}"\n'
        (home / "yeban.toml").write_text(settings, "utf-8")
        started = time.perf_counter()
        make_day(home, Slot(task, DAY_BEFORE, bundle.version), REFERENCE_UNITS, options.unit_rows, bundle)
        make_day(home, Slot(task, DAY, bundle.version), options.units, options.unit_rows, bundle)
        size_mb = sum(file.stat().st_size for file in (home / "parts").rglob("*.*")) / 1e6
        print(
            f"{options.units * options.unit_rows:,} rows, {options.units:,} units, {size_mb:,.0f} MB, "
            f"made in {time.perf_counter() - started:,.0f} s"
        )
        reference = ("--freeze-reference", "--from", str(DAY_BEFORE), "--to", str(DAY_BEFORE))
        _time("freeze the reference", home, task, *reference)
        _time("from the units", home, task, "--date", str(DAY))
        _time("from what was kept", home, task, "--date", str(DAY))
        _draw(home, Slot(task, DAY, bundle.version))


def _time(what: str, home: Path, task: str, *arguments: str) -> None:
    """Run `yeban monitor` and print its time and its own peak memory."""
    started = time.perf_counter()
    command = [str(Path(sys.executable).with_name("yeban")), "monitor", task, *arguments, "--home", str(home)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    code = process.returncode = os.waitstatus_to_exitcode(status)
    if code not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    print(
        f"  {what:<22}{time.perf_counter() - started:7.2f} s  {used.ru_utime + used.ru_stime:7.2f} CPU s  "
        f"peak {used.ru_maxrss / 1024:,.0f} MB  load average {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def _draw(home: Path, slot: Slot) -> None:
    morning = stored_morning(find_home(home, home), slot)
    started = time.perf_counter()
    page = render_morning(morning)
    print(f"  the morning's page    {time.perf_counter() - started:7.2f} s  {len(page.encode()) / 1000:,.0f} kB")


def make_day(home: Path, slot: Slot, units: int, rows: int, bundle: Bundle) -> None:
    """Write what monitoring reads of a day: a plan, and of each unit profile, sample, checksums and an empty part."""
    journal = SlotJournal(home / "parts", home / "retired")
    store = journal.parts
    planned = tuple(Unit(slot, "day.parquet", "f1", start, start + rows) for start in range(0, units * rows, rows))
    journal.adopt(Plan(slot, {"day.parquet": planned}), list)
    random = np.random.default_rng(1)
    vocabulary = bundle.tokenizer().largest_id + 1
    profiles = [_profile(bundle.labels, rows, vocabulary, random).to_json_bytes() for _ in range(VARIANTS)]
    rest = _sampled_rows(bundle.labels, random)
    for number, unit in enumerate(planned):
        files = store.files(unit)
        data = {files.profile: profiles[number % VARIANTS], files.sample: _sample(unit, rest, random)}
        for path, content in data.items():
            path.write_bytes(content)
        files.checksums.write_bytes(
            make_checksums({path.name: bytes_digest(content) for path, content in data.items()})
        )
        files.part.touch()


def _profile(labels: tuple[str, ...], rows: int, vocabulary: int, random: np.random.Generator) -> Profile:
    slices = {
        column: {value: _counts(rows // len(values), len(labels), random) for value in values}
        for column, values in SLICES.items()
    }
    ids = np.arange(vocabulary, dtype=np.int32)
    tokens = TokenCounts(ids, random.zipf(1.5, vocabulary).clip(1, 10**6), rows)
    return Profile(labels, _counts(rows, len(labels), random), slices, tokens)


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


def _sampled_rows(labels: tuple[str, ...], random: np.random.Generator) -> pa.Table:
    """Rows without a key of their own."""
    rows = SAMPLE_ROWS
    texts = ["".join(map(chr, each)) for each in random.integers(0x4E00, 0x6E00, (rows, CHARACTERS))]
    probs = random.dirichlet(np.ones(len(labels)), rows)
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
        "label": [labels[number] for number in probs.argmax(axis=1)],
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
    parser.add_argument("--bundle", type=Path, default=Path("models/pretrained/comment"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
