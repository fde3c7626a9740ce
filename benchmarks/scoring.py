"""How fast is the main job, and where does its time go?

Scores one Parquet file from disk to staged parts, then times its stages alone on the same rows:

    python benchmarks/scoring.py --data comments.parquet --bundle models/pretrained/comment --rows 20000
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import torch

from batch.columns import ColumnMapping
from batch.dump import Dump, plan_dump
from batch.forward import EngineSettings
from batch.local import LocalExecutor
from batch.reader import read_units
from batch.scorer import Scorer
from batch.sources import find_sources
from batch.units import UnitSize
from models.bundle import open_bundle
from models.windows import cut_windows
from storage.parts import PartStore
from storage.records import Slot

TIME_ZONE = "Asia/Shanghai"


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    options = _options()
    bundle = open_bundle(options.bundle)
    mapping = ColumnMapping(options.text)
    with tempfile.TemporaryDirectory() as folder:
        cut = Path(folder) / "dump.parquet"
        pl.scan_parquet(options.data).select(options.text).head(options.rows).sink_parquet(cut)
        slot = Slot(bundle.manifest.task, date(2026, 1, 5), bundle.version)
        dump = plan_dump(find_sources([str(cut)], slot.logical_date, Path(folder)), slot, mapping, UnitSize())
        scorer = Scorer(bundle, EngineSettings(precision=options.precision, max_tokens=options.max_tokens))
        scorer.score(pl.Series("text", ["预热", "再来一次"]))
        for repeat in range(options.repeat):
            _run(scorer, dump, mapping, Path(folder) / f"parts-{repeat}")
        _stages(scorer, dump, mapping)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak_mb:,.0f} MB, torch {torch.__version__}, {torch.get_num_threads()} threads")


def _run(scorer: Scorer, dump: Dump, mapping: ColumnMapping, folder: Path) -> None:
    before = scorer.work
    executor = LocalExecutor(scorer, PartStore(folder), mapping, TIME_ZONE)
    seconds = timed(lambda: executor.run(dump, dump.plan.units, lambda _: None))
    tokens, padded = scorer.work.tokens - before.tokens, scorer.work.padded - before.padded
    print(
        f"end to end: {dump.plan.rows / seconds:,.0f} docs/s, {tokens / seconds:,.0f} tokens/s, "
        f"{1 - tokens / padded:.2%} padding, {seconds:.1f} s, {scorer.settings.device} {scorer.settings.precision}"
    )


def _stages(scorer: Scorer, dump: Dump, mapping: ColumnMapping) -> None:
    (source,) = dump.sources.values()
    raws = []
    read = timed(lambda: raws.extend(raw for _, raw in read_units(source, dump.plan.units, mapping, TIME_ZONE)))
    cleaner, tokenizer = scorer.bundle.cleaner(), scorer.bundle.tokenizer()
    cleaned: list[pl.Series] = []
    clean = timed(lambda: cleaned.extend(cleaner.clean(raw.texts).unique(maintain_order=True) for raw in raws))
    tokens = []
    tokenise = timed(lambda: tokens.extend(tokenizer.encode(texts) for texts in cleaned))
    spec = scorer.bundle.manifest.windows
    windows = [cut_windows(each.lengths, spec, tokenizer.special.count) for each in tokens]
    engine = scorer.engine
    forward = timed(lambda: [engine.logits(*each) for each in zip(tokens, windows, strict=True)])
    for name, seconds in (("read", read), ("clean", clean), ("tokenise", tokenise), ("forward", forward)):
        print(f"  {name:<9}{seconds:7.2f} s  {dump.plan.rows / seconds:>12,.0f} docs/s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="a Parquet file with texts")
    parser.add_argument("--text", default="text", help="its text column")
    parser.add_argument("--bundle", type=Path, default=Path("models/pretrained/comment"))
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--max-tokens", type=int, default=None)
    return parser.parse_args()


if __name__ == "__main__":
    main()
