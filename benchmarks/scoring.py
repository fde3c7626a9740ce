"""How fast is the main job, and where does its time go?

Scores one Parquet file from disk to staged parts, then times its stages alone on the same rows:

    python benchmarks/scoring.py --data comments.parquet --bundle models/pretrained/comment --rows 20000
    python benchmarks/scoring.py --data comments.parquet --bundle base --rows 512

`base` is bert-base-chinese's architecture with random weights: what a pretrained model costs.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import torch

from batch.engine.settings import EngineSettings
from batch.executors.local import LocalExecutor
from batch.executors.protocol import ScoringWork
from batch.input.columns import ColumnMapping, RawRows
from batch.input.dump import Dump, plan_dump
from batch.input.reader import read_units
from batch.input.sources import find_sources
from batch.input.units import UnitSize
from batch.scorer import Prepared, Scorer
from benchmarks.base_model import make_base_bundle
from models.bundle import Bundle, open_bundle
from storage.lake.parts import PartStore
from storage.records import Slot

TIME_ZONE = "Asia/Shanghai"


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    options = _options()
    mapping = ColumnMapping(options.text)
    with tempfile.TemporaryDirectory() as folder:
        bundle = _bundle(options.bundle, Path(folder) / "bundle")
        cut = Path(folder) / "dump.parquet"
        pl.scan_parquet(options.data).select(options.text).head(options.rows).sink_parquet(cut)
        slot = Slot(bundle.manifest.task, date(2026, 1, 5), bundle.version)
        sources, _ = find_sources([str(cut)], slot.logical_date, Path(folder))
        dump = plan_dump(sources, slot, mapping, UnitSize())
        scorer = Scorer(bundle, EngineSettings(precision=options.precision, max_tokens=options.max_tokens))
        scorer.score(pl.Series("text", ["预热", "再来一次"]))
        shares = []
        for repeat in range(options.repeat):
            whole = _run(scorer, dump, mapping, Path(folder) / f"parts-{repeat}")
            shares.append(_alone(scorer, dump, mapping) / whole)
    print(f"end to end runs at {statistics.median(shares):.3f} of the speed of the network alone (median)")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak_mb:,.0f} MB, torch {torch.__version__}, {torch.get_num_threads()} threads")


def _bundle(name: str, folder: Path) -> Bundle:
    if name != "base":
        return open_bundle(Path(name))
    folder.mkdir()
    return make_base_bundle(folder)


def _run(scorer: Scorer, dump: Dump, mapping: ColumnMapping, folder: Path) -> float:
    work = ScoringWork(dump, dump.plan.units, PartStore(folder), mapping, TIME_ZONE)
    stats = LocalExecutor(scorer).run(work, lambda _: None)
    busy = ", ".join(f"{step} {spent:.2f}" for step, spent in stats.busy_s.items())
    print(
        f"end to end: {stats.rows / stats.seconds:,.0f} docs/s, {stats.tokens / stats.seconds:,.0f} tokens/s, "
        f"{stats.padding_share:.2%} padding, {stats.seconds:.1f} s ({busy}), {stats.device} {stats.precision}"
    )
    return stats.seconds


def _alone(scorer: Scorer, dump: Dump, mapping: ColumnMapping) -> float:
    """Each step by itself; the seconds of the network."""
    (source,) = dump.sources.values()
    raws: list[RawRows] = []
    read = timed(lambda: raws.extend(raw for _, raw in read_units(source, dump.plan.units, mapping, TIME_ZONE)))
    cleaner = scorer.bundle.cleaner()
    clean = timed(lambda: [cleaner.clean(raw.texts) for raw in raws])
    ready: list[Prepared] = []
    prepare = timed(lambda: ready.extend(scorer.prepare(raw.texts) for raw in raws))
    network = timed(lambda: [scorer.engine.logits(each) for each in ready])
    for name, seconds in (("read", read), ("clean", clean), ("clean, tokenise", prepare), ("network", network)):
        print(f"  {name:<16}{seconds:7.2f} s  {dump.plan.rows / seconds:>12,.0f} docs/s")
    return network


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="a Parquet file with texts")
    parser.add_argument("--text", default="text", help="its text column")
    parser.add_argument("--bundle", default="models/pretrained/comment", help="a folder, or `base`")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--max-tokens", type=int, default=None)
    return parser.parse_args()


if __name__ == "__main__":
    main()
