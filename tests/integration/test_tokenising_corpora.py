"""On real text, raw and cleaned: the fast path gives the ids of the tokenizers library."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from tokenizers import Tokenizer as Backend

from models.cleaning.cleaner import Cleaner
from models.cleaning.presets import cleaning_preset
from models.tokenising.fast_path import FastPath, is_of_berts_kind
from models.tokenising.library import encode_by_library

DATA = Path(__file__).parents[3] / "shared" / "data"
VOCABULARY = DATA / "bert_base_chinese_vocab.txt"
SAMPLES = {
    "comment": ("comment", 3000),
    "weibo": ("weibo", 3000),
    "jd_beauty_timed": ("comment", 2000),
    "reviews_unlabelled": ("comment", 2000),
    "news": ("news", 60),
}
"""File, cleaning preset and rows to look at."""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Backend:
    from transformers import BertTokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    shutil.copyfile(VOCABULARY, folder / "vocab.txt")
    return BertTokenizer.from_pretrained(folder).backend_tokenizer


@pytest.mark.skipif(not VOCABULARY.exists(), reason=f"needs the real corpora in {DATA}")
@pytest.mark.parametrize("name", SAMPLES)
def test_ids_are_those_of_the_library(name: str, backend: Backend) -> None:
    preset, rows = SAMPLES[name]
    frame = pl.read_parquet(DATA / f"{name}.parquet")
    raw = frame["text"].drop_nulls()
    raw = raw.sample(min(rows, len(raw)), seed=7)
    fast = FastPath(backend)
    assert is_of_berts_kind(backend)
    for texts in (raw, Cleaner(cleaning_preset(preset)).clean(raw)):
        ids, lengths = fast.encode(texts)
        expected_ids, expected_lengths = encode_by_library(backend, texts)
        assert lengths.tolist() == expected_lengths.tolist()
        assert ids.tolist() == expected_ids.tolist()
