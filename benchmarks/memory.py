"""Does the memory of `yeban score` grow with the dump?

Scores dumps of made-up texts from end to end, each in a process of its own, and prints the peaks. Texts repeat within a
unit, so that the network has little to do; every row is read, fanned out, staged and loaded all the same:

    python benchmarks/memory.py --rows 1000000 5000000
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DAY = "2026-01-05"
ROW_GROUP = 100_000
TEXTS = 1_000
CHARACTERS = 30

_CONFIG = """
[tasks.comment]
input = "dump.parquet"
[tasks.comment.columns]
id = "id"
"""
_CHILD = """
import resource, sys
from jobs.cli.app import app
try:
    app(sys.argv[1:], standalone_mode=False)
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000])
    peaks = [_measure(rows) for rows in parser.parse_args().rows]
    print(f"largest peak {max(peaks) / peaks[0]:.2f} times that of the first dump")


def _measure(rows: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "yeban.toml").write_text(
            '[tasks.comment]\ninput = "dump.parquet"\n[tasks.comment.columns]\nid = "id"\n'
        )
        _write_dump(home / "dump.parquet", rows)
        command = [sys.executable, "-c", _CHILD, "score", "comment", "--date", DAY, "--home", folder]
        started = time.perf_counter()
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - started
    peak = float(ran.stdout.rsplit("peak", 1)[1])
    print(f"{rows:>12,} rows: peak {peak:,.0f} MB, {seconds:,.0f} s")
    return peak


def _write_dump(file: Path, rows: int) -> None:
    random = np.random.default_rng(1)
    texts = pa.array(["".join(map(chr, each)) for each in random.integers(0x4E00, 0x6E00, (TEXTS, CHARACTERS))])
    schema = pa.schema({"id": pa.string(), "text": pa.string()})
    with pq.ParquetWriter(file, schema) as writer:
        for start in range(0, rows, ROW_GROUP):
            stop = min(start + ROW_GROUP, rows)
            chosen = texts.take(pa.array(random.integers(0, TEXTS, stop - start)))
            ids = pa.array(np.char.add("c", np.arange(start, stop).astype(str)))
            writer.write_table(pa.table({"id": ids, "text": chosen}, schema=schema))


if __name__ == "__main__":
    main()
