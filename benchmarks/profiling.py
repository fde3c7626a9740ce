"""What share of the scoring time goes into profiles and samples?

Scores the same comments again and again, and after each time makes the profile and the sample of what came out:

    python benchmarks/profiling.py --data comments.parquet --bundle models/pretrained/comment --rows 20000
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
import pyarrow as pa

from batch.engine.settings import EngineSettings
from batch.input.columns import ColumnMapping, read_columns
from batch.predictions import to_table
from batch.results import finish_unit
from batch.scorer import Prepared, Scorer
from models.bundle import open_bundle
from models.cleaning.marks import find_marks
from storage.profiles.sample import sample_to_bytes
from storage.profiles.tokens import TokenCounts, count_tokens
from storage.records import Slot, Unit

T = TypeVar("T")


def main() -> None:
    options = _options()
    bundle = open_bundle(options.bundle)
    scorer = Scorer(bundle, EngineSettings(precision=options.precision))
    texts = pl.read_parquet(options.data)[options.text].head(options.rows)
    ids = [f"comment-{row:08}" for row in range(len(texts))]
    slices = np.array(["京东", "淘宝", "拼多多"])[np.arange(len(texts)) % 3].tolist()
    dump = pa.table({"text": texts.to_arrow(), "id": ids, "source": slices})
    unit = Unit(Slot(bundle.manifest.task, date(2026, 1, 5), bundle.version), "dump.parquet", "f1", 0, len(texts))
    spent: dict[str, list[float]] = {step: [] for step in ("score", "marks", "finish", "answers", "files")}
    scorer.score(pl.Series("text", ["预热", "再来一次"]))
    for _ in range(options.repeat):
        _once(scorer, unit, dump, spent)
    medians = {step: statistics.median(each) for step, each in spent.items()}
    extra = medians["marks"] + medians["finish"] - medians["answers"] + medians["files"]
    print(", ".join(f"{step} {seconds:.3f}" for step, seconds in medians.items()) + " CPU s (medians)")
    print(
        f"profile and sample: {extra:.3f} CPU s, {extra / (medians['score'] + medians['answers']):.2%} of scoring; "
        f"{len(texts):,} rows, {options.repeat} times, load average {os.getloadavg()[0]:.1f}"
    )


def _once(scorer: Scorer, unit: Unit, dump: pa.Table, spent: dict[str, list[float]]) -> None:
    """`marks`: what preparing notes for the profile alone; `answers`: what finishing would do without profile."""
    raw = read_columns(dump, ColumnMapping("text", "id", None, ("source",)), "UTC")
    started = time.process_time()
    prepared = scorer.prepare(raw.texts)
    logits = scorer.engine.logits(prepared)
    spent["score"].append(time.process_time() - started)
    _timed(spent["marks"], lambda: (find_marks(raw.texts, prepared.cleaned), _count(prepared)))
    result = _timed(spent["finish"], lambda: finish_unit(scorer, unit, raw, prepared, logits))
    which = raw.which.to_numpy().astype(np.int64)
    _timed(
        spent["answers"],
        lambda: to_table(unit, raw, scorer.finish(prepared, logits).take(which), scorer.bundle.labels),
    )
    _timed(spent["files"], lambda: (result.profile.to_json_bytes(), sample_to_bytes(result.sample)))


def _count(prepared: Prepared) -> TokenCounts:
    return count_tokens(prepared.tokens.ids, len(prepared.texts))


def _timed(spent: list[float], work: Callable[[], T]) -> T:
    started = time.process_time()
    result = work()
    spent.append(time.process_time() - started)
    return result


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="a Parquet file with texts")
    parser.add_argument("--text", default="text", help="its text column")
    parser.add_argument("--bundle", type=Path, default=Path("models/pretrained/comment"))
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--precision", default="auto")
    return parser.parse_args()


if __name__ == "__main__":
    main()
