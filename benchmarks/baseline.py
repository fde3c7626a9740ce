"""The linear baseline that a fine-tuned network has to beat: character n-grams, TF-IDF, logistic regression.

    python benchmarks/baseline.py --train comment.parquet --on test
    python benchmarks/baseline.py --train weibo.parquet --on dev --group-column topic
    python benchmarks/baseline.py --train news.parquet --on test --group-column source

Trains on the rows whose split column says `train` and prints accuracy and macro-F1, over all rows of the
other split and for each group. The texts are taken as they are: no cleaning.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    train: Path
    split_column: str
    on: str
    text_column: str
    label_column: str
    group_column: str | None
    max_features: int
    max_chars: int
    strength: float


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    rows = _read(options)
    fitting, held_out = (rows.filter(pl.col("split") == split) for split in ("train", options.on))
    if fitting.is_empty() or held_out.is_empty():
        raise SystemExit(f"{options.train}: {len(fitting)} rows of 'train', {len(held_out)} of '{options.on}'")
    warnings.simplefilter("error", ConvergenceWarning)
    started_s = time.perf_counter()
    model = baseline(options).fit(fitting["text"].to_list(), fitting["label"].to_numpy())
    predicted = np.asarray(model.predict(held_out["text"].to_list()))
    print(f"{options.train.name}: {len(fitting):,} rows, {time.perf_counter() - started_s:.0f} s")
    _report(options.on, held_out["label"].to_numpy(), predicted)
    for group in sorted(held_out["group"].unique()) if options.group_column else ():
        inside = (held_out["group"] == group).to_numpy()
        _report(f"{options.group_column}={group}", held_out["label"].to_numpy()[inside], predicted[inside])


def baseline(options: Options) -> Pipeline:
    """Vectors of float32 with `max_features` columns at the most, so memory follows the text."""
    grams = TfidfVectorizer(
        analyzer="char",
        ngram_range=(1, 3),
        min_df=2,
        max_features=options.max_features,
        sublinear_tf=True,
        dtype=np.float32,
    )
    # At tol 1e-3 the solver stops after six steps, six points of accuracy short: a baseline too easy to beat.
    regression = LogisticRegression(C=options.strength, class_weight="balanced", max_iter=2000, tol=1e-5)
    return Pipeline([("grams", grams), ("regression", regression)])


def _read(options: Options) -> pl.DataFrame:
    group = pl.col(options.group_column) if options.group_column else pl.lit("")
    return (
        pl.scan_parquet(options.train)
        .select(
            text=pl.col(options.text_column).str.slice(0, options.max_chars),
            label=pl.col(options.label_column),
            split=pl.col(options.split_column),
            group=group,
        )
        .collect()
    )


def _report(name: str, gold: NDArray[np.int64], predicted: NDArray[np.int64]) -> None:
    """Macro-F1 over the classes that occur in these rows, as gold or as predicted."""
    accuracy, macro = accuracy_score(gold, predicted), f1_score(gold, predicted, average="macro")
    print(f"  {name:<32} rows {len(gold):>7,}  accuracy {accuracy:.4f}  macro-F1 {macro:.4f}")


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True, metavar="FILE", help="Parquet file, all splits")
    parser.add_argument("--split-column", default="split")
    parser.add_argument("--on", default="test", help="split to measure on")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--group-column", default=None, help="report each of its values as well")
    parser.add_argument("--max-features", type=int, default=300_000, help="most frequent n-grams that are kept")
    parser.add_argument("--max-chars", type=int, default=8_000, help="characters of each text that are read")
    parser.add_argument("--strength", type=float, default=10.0, help="inverse of the L2 penalty")
    return Options(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
