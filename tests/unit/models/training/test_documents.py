"""Documents as the network sees them while training."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from torch.nn.functional import cross_entropy

from models.aggregation import Aggregation
from models.manifest import HeadSpec
from models.tokens import Tokenizer
from models.training.documents import DocumentClassifier, EncodedDocuments
from models.windows import WindowSpec
from tests.support.networks import WORDS, backend, tiny_network
from tests.support.training import dataset

SPEC = WindowSpec(max_length=5, long_text="slide", stride=1)
CLS, SEP = WORDS.index("[CLS]"), WORDS.index("[SEP]")


def ids_of(text: str) -> list[int]:
    return [WORDS.index(letter) for letter in text]


def test_a_batch_holds_all_windows_of_its_documents() -> None:
    data = dataset(["好坏快慢书", "好", "书店"], np.array([1, 0, 1]), SPEC)
    batch = data.__getitems__([2, 0])
    assert batch["input_ids"].tolist() == [
        [CLS, *ids_of("书店"), SEP, 0],
        [CLS, *ids_of("好坏快"), SEP],
        [CLS, *ids_of("快慢书"), SEP],
    ]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1, 0], [1] * 5, [1] * 5]
    assert batch["doc"].tolist() == [0, 1, 1]
    assert batch["labels"].tolist() == [1, 1]
    assert data[1]["input_ids"].tolist() == [[CLS, *ids_of("好"), SEP]]
    assert len(data) == 3


def test_sizes_count_every_window_with_its_special_tokens() -> None:
    texts = pl.Series(["好坏快慢书", "", "书店"])
    encoded = EncodedDocuments.encode(texts, Tokenizer(backend(), pad=0, unknown=1), SPEC)
    assert encoded.sizes.tolist() == [10, 2, 4]


@pytest.mark.parametrize("how", ["mean", "max", "logsumexp"])
def test_the_loss_of_a_document_by_hand(how: Aggregation) -> None:
    network = tiny_network(HeadSpec(pooling="mean", dropout=0.0), classes=2)
    data = dataset(["好坏快慢书店好", "好", "书店坏坏"], np.array([1, 0, 1]), SPEC)
    batch = data.__getitems__([0, 1, 2])
    with torch.inference_mode():
        loss = cross_entropy(DocumentClassifier(network, how)(**batch)["logits"], batch["labels"]).item()
        losses = []
        for text, label in (("好坏快慢书店好", 1), ("好", 0), ("书店坏坏", 1)):
            cut = [text[start : start + 3] for start in range(0, max(1, len(text) - 1), 2)]
            windows = []
            for piece in cut:
                ids = torch.tensor([[CLS, *ids_of(piece), SEP]])
                windows.append(network(ids, torch.ones_like(ids))[0].double().numpy())
            stacked = np.stack(windows)
            logits = {
                "mean": stacked.mean(0),
                "max": stacked.max(0),
                "logsumexp": np.log(np.exp(stacked).sum(0)),
            }[how]
            losses.append(np.log(np.exp(logits).sum()) - logits[label])
    assert loss == pytest.approx(np.mean(losses), rel=1e-5)


def test_documents_don_t_see_each_other() -> None:
    model = DocumentClassifier(tiny_network(HeadSpec(pooling="mean", dropout=0.0), classes=2), "mean").eval()
    data = dataset(["好坏快慢书店好", "好", "书店坏坏", ""], np.array([1, 0, 1, 0]), SPEC)
    with torch.inference_mode():
        together = model(**data.__getitems__([3, 0, 2, 1]))["logits"]
        alone = torch.cat([model(**data[doc])["logits"] for doc in (3, 0, 2, 1)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


def test_by_size_keeps_each_document_with_its_label() -> None:
    texts, gold = ["好", "好坏快慢书", "书店", "坏坏坏"], np.array([0, 1, 2, 3])
    data = dataset(texts, gold, SPEC).by_size()
    assert data.gold.tolist() == [1, 3, 2, 0]
    for place, label in enumerate(data.gold):
        alone = dataset([texts[label]], np.array([label]), SPEC)[0]
        assert all(torch.equal(data[place][name], value) for name, value in alone.items())
