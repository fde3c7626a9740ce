"""Whatever the document and the window: every token is seen, neighbours share the stride, ids are HF's."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from models.tokens import Tokenizer, pad_windows
from models.windows import WindowSpec, cut_windows
from tests.support.networks import LETTERS, WORDS, backend

lengths = st.lists(st.integers(0, 60), min_size=1, max_size=8)
sizes = st.integers(3, 20).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 3)))


@given(lengths=lengths, size=sizes, max_windows=st.none() | st.integers(1, 5))
def test_sliding_covers_every_token(lengths: list[int], size: tuple[int, int], max_windows: int | None) -> None:
    max_length, stride = size
    spec = WindowSpec(max_length=max_length, long_text="slide", stride=stride, max_windows=max_windows)
    windows = cut_windows(np.array(lengths), spec, 2)
    for doc, tokens in enumerate(lengths):
        of_doc = range(int(windows.offsets[doc]), int(windows.offsets[doc + 1]))
        spans = [(int(windows.start[w]), int(windows.start[w] + windows.length[w])) for w in of_doc]
        assert spans[0][0] == 0
        assert all(stop - start <= max_length - 2 for start, stop in spans)
        assert all(before[1] - after[0] == stride for before, after in pairwise(spans))
        assert all(after[1] > before[1] for before, after in pairwise(spans))  # each sees something new
        assert all(stop - start == max_length - 2 for start, stop in spans[:-1])
        assert bool(windows.truncated[doc]) == (spans[-1][1] < tokens)
        if max_windows is None:
            assert spans[-1][1] == tokens
        else:
            assert len(spans) <= max_windows
            assert not windows.truncated[doc] or len(spans) == max_windows
    assert windows.doc.tolist() == [d for d, n in enumerate(windows.counts) for _ in range(n)]
    assert windows.index.tolist() == [i for n in windows.counts for i in range(n)]


@given(
    lengths=lengths,
    max_length=st.integers(3, 20),
    side=st.sampled_from(["left", "right", "middle"]),
    order=st.randoms(use_true_random=False),
)
def test_padding_against_a_plain_loop(lengths: list[int], max_length: int, side: str, order: object) -> None:
    documents = [[100 * doc + i for i in range(n)] for doc, n in enumerate(lengths)]
    tokenizer = Tokenizer(backend(), pad=0, unknown=1)
    spec = WindowSpec.model_validate({"max_length": max_length, "truncation_side": side})
    windows = cut_windows(np.array(lengths), spec, 2)
    from models.tokens import Tokens

    flat = np.array([i for document in documents for i in document], np.int32)
    tokens = Tokens(flat, np.concatenate([[0], np.cumsum(lengths)]))
    chosen = list(range(len(lengths)))
    order.shuffle(chosen)  # type: ignore[attr-defined]
    ids, mask = pad_windows(tokens, windows, np.array(chosen), tokenizer.special)
    room = max_length - 2
    for row, doc in enumerate(chosen):
        document, front = documents[doc], (room + 1) // 2
        if len(document) > room:
            cut = {"right": document[:room], "left": document[-room:]}
            document = cut.get(side) or document[:front] + document[len(document) - (room - front) :]
        real = [WORDS.index("[CLS]"), *document, WORDS.index("[SEP]")]
        assert ids[row].tolist() == real + [0] * (ids.shape[1] - len(real))
        assert mask[row].tolist() == [1] * len(real) + [0] * (ids.shape[1] - len(real))


HUGGING = PreTrainedTokenizerFast(
    tokenizer_object=backend(), pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
)
texts = st.lists(st.text(st.sampled_from([*LETTERS, " ", "，", "A", "é", "书"]), max_size=40), min_size=1, max_size=5)


@settings(deadline=None)
@given(texts=texts, size=sizes, slide=st.booleans())
def test_ids_are_those_of_hugging_face(texts: list[str], size: tuple[int, int], slide: bool) -> None:
    max_length, stride = size
    kept = HUGGING(
        texts, truncation=True, max_length=max_length, stride=stride if slide else 0, return_overflowing_tokens=slide
    )["input_ids"]
    tokenizer = Tokenizer(backend(), pad=0, unknown=1)
    spec = WindowSpec(max_length=max_length, long_text="slide" if slide else "truncate", stride=stride)
    tokens = tokenizer.encode(pl.Series(texts))
    windows = cut_windows(tokens.lengths, spec, tokenizer.special.count)
    ids, mask = pad_windows(tokens, windows, np.arange(len(windows.doc)), tokenizer.special)
    assert [row[: int(real.sum())].tolist() for row, real in zip(ids, mask, strict=True)] == kept
