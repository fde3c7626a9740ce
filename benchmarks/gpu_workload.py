"""What `benchmarks/gpu.py` scores: random documents, and a BERT-base of random weights. All seeded."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor, nn

PAD, CLS, SEP, FIRST_CHARACTER, VOCABULARY = 0, 101, 102, 700, 21_128
SPECIAL: Any = SimpleNamespace(prefix=(CLS,), suffix=(SEP,), count=2)


class Documents:
    """D documents.

    Args:
        ids: int32[sum of content], without special tokens.
        lengths: int64[D], special tokens included.

    Attributes:
        tokens: The ids as `pack_windows` wants them.
        windows: One window per document, as `pack_windows` wants them.
    """

    def __init__(self, ids: NDArray[np.int32], lengths: NDArray[np.int64]) -> None:
        content, none = lengths - 2, np.zeros_like(lengths)
        doc = np.arange(len(lengths))
        self.ids = ids
        self.lengths = lengths
        self.tokens: Any = SimpleNamespace(ids=ids, offsets=np.concatenate([[0], np.cumsum(content)]))
        self.windows: Any = SimpleNamespace(doc=doc, start=none, length=content, skip_from=content, skip=none)

    def head(self, count: int) -> Documents:
        """The first `count`."""
        lengths = self.lengths[:count]
        return Documents(self.ids[: int((lengths - 2).sum())], lengths)

    def texts(self) -> list[str]:
        """Texts that the tokenizer of `build_tokenizer` turns into these ids."""
        characters = np.array([chr(0x4E00 + index) for index in range(VOCABULARY - FIRST_CHARACTER)])
        return ["".join(characters[self.ids[a:b] - FIRST_CHARACTER]) for a, b in pairwise(self.tokens.offsets)]


class Stock(nn.Module):
    """A stock classifier that returns logits."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """int64[B, L] twice to float[B, C]."""
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits  # type: ignore[no-any-return]


def draw_documents(mean: int, tokens: int) -> Documents:
    """Random documents of `mean` tokens on average: log-normal lengths (sigma 0.7) between 3 and 512."""
    generator = np.random.default_rng(mean)
    shape = np.exp(0.7 * generator.standard_normal(max(8, tokens // mean)))
    low, high = 0.0, 1e6
    for _ in range(60):  # the factor at which the clipped mean is right
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(shape * middle, 3, 512).mean() < mean else (low, middle)
    lengths = np.clip(shape * low, 3, 512).round().astype(np.int64)
    content = int((lengths - 2).sum())
    return Documents(generator.integers(FIRST_CHARACTER, VOCABULARY, content).astype(np.int32), lengths)


def build_model(layers: int) -> Any:
    """bert-base-chinese's architecture, random weights, a head that tells documents apart."""
    torch.manual_seed(0)
    config = transformers.BertConfig(vocab_size=VOCABULARY, num_hidden_layers=layers, num_labels=6)
    model = transformers.AutoModelForSequenceClassification.from_config(config)
    nn.init.normal_(model.classifier.weight, std=0.3)
    return model.eval()


def build_tokenizer() -> Any:
    """One character a token, ids as in `Documents`."""
    vocabulary = {f"[unused{index}]": index for index in range(FIRST_CHARACTER)}
    for word, index in {"[PAD]": PAD, "[UNK]": 100, "[CLS]": CLS, "[SEP]": SEP}.items():
        del vocabulary[f"[unused{index}]"]
        vocabulary[word] = index
    vocabulary |= {chr(0x4E00 + index - FIRST_CHARACTER): index for index in range(FIRST_CHARACTER, VOCABULARY)}
    backend = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.BertProcessing(("[SEP]", SEP), ("[CLS]", CLS))
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=512, **names)


def count_flops(lengths: NDArray[np.int64], config: Any) -> float:
    """Floating-point operations of BERT's layers; a multiplication and an addition are two.

    Per token and layer 8 h^2 for the four projections, 4 h i for the feed-forward part and 4 n h for attention over n
    tokens, with hidden size h and intermediate size i.
    """
    hidden, inner = config.hidden_size, config.intermediate_size
    linear = float(lengths.sum()) * (8 * hidden**2 + 4 * hidden * inner)
    attention = 4 * hidden * float((lengths**2).sum())
    return config.num_hidden_layers * (linear + attention)
