"""How fast are cleaning and tokenising, and are the ids still those of the tokenizers library?

    python benchmarks/tokenising.py --data comment.parquet --bundle models/pretrained/comment
    python benchmarks/tokenising.py --data weibo.parquet --preset weibo --vocabulary vocab.txt

Takes the short texts (5 to 22 characters), the long ones (45 to 100) and all texts of the file; cleans them as
the preset says and tokenises them by the library and by us, one after the other, several times, and prints the
best of each. The library is timed on some of the rows, the ids are compared on all.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from transformers import BertTokenizer

from models.bundle import open_bundle
from models.cleaning.cleaner import Cleaner
from models.cleaning.presets import cleaning_preset
from models.tokenising.library import encode_by_library
from models.tokens import Tokenizer

LENGTHS = {"short": (5, 22), "long": (45, 100), "all": (0, 10**9)}


def main() -> None:
    options = _options()
    texts = pl.read_parquet(options.data, columns=[options.text])[options.text].drop_nulls()
    cleaner = Cleaner(cleaning_preset(options.preset))
    characters = texts.str.len_chars()
    for name, (fewest, most) in LENGTHS.items():
        chosen = texts.filter(characters.is_between(fewest, most))
        if len(chosen):
            _report(name, chosen, cleaner, options)


def _report(name: str, texts: pl.Series, cleaner: Cleaner, options: argparse.Namespace) -> None:
    tokenizer = _tokenizer(options)
    backend = tokenizer._backend
    cleaned = cleaner.clean(texts)
    cold = timed(lambda: tokenizer.encode(cleaned))
    some = cleaned.head(options.library_rows)
    stages: dict[str, tuple[int, Callable[[], object]]] = {
        "clean": (len(texts), lambda: cleaner.clean(texts)),
        "library": (len(some), lambda: encode_by_library(backend, some)),
        "tokenise": (len(texts), lambda: tokenizer.encode(cleaned)),
        "clean + tokenise": (len(texts), lambda: tokenizer.encode(cleaner.clean(texts))),
    }
    best = dict.fromkeys(stages, float("inf"))
    for _ in range(options.repeat):
        for stage, (rows, work) in stages.items():
            best[stage] = min(best[stage], timed(work) / rows)
    tokens = tokenizer.encode(cleaned)
    ids, lengths = encode_by_library(backend, cleaned)
    equal = np.array_equal(tokens.ids, ids) and np.array_equal(tokens.lengths, lengths)
    print(f"{name}: {len(texts):,} texts, {len(tokens.ids) / len(texts):.1f} tokens each, ids equal: {equal}")
    for stage, seconds in best.items():
        print(f"  {stage:<17}{1 / seconds:>12,.0f} docs/s")
    print(f"  {'first time':<17}{len(texts) / cold:>12,.0f} docs/s")


def _tokenizer(options: argparse.Namespace) -> Tokenizer:
    if options.vocabulary is None:
        return open_bundle(options.bundle).tokenizer()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "vocab.txt").write_bytes(options.vocabulary.read_bytes())
        BertTokenizer.from_pretrained(folder).save_pretrained(folder)
        return Tokenizer.from_file(Path(folder) / "tokenizer.json")


def timed(work: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    work()
    return time.perf_counter() - started_s


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="a Parquet file with texts")
    parser.add_argument("--text", default="text", help="its text column")
    parser.add_argument("--preset", default="comment", help="cleaning preset")
    parser.add_argument("--bundle", type=Path, default=Path("models/pretrained/comment"))
    parser.add_argument("--vocabulary", type=Path, help="a BERT vocab.txt to use instead of the bundle's tokenizer")
    parser.add_argument("--library-rows", type=int, default=4_000, help="rows that the library is timed on")
    parser.add_argument("--repeat", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
