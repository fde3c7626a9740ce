"""Tiny networks and bundles for tests of the engine: a dozen words, seeded weights, ready in a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer as Backend
from tokenizers import models, normalizers, pre_tokenizers, processors
from transformers import AutoModelForSequenceClassification, BertConfig, PreTrainedTokenizerFast

from models.bundle import Bundle, seal_bundle
from models.cleaning.spec import CleaningSpec
from models.manifest import HeadSpec, Manifest
from models.network import Classifier, build_encoder, save_network
from models.training.init_encoder import SPECIAL
from models.windows import WindowSpec

LETTERS = "的一是了我不在人他有好坏快慢书店abcdefgh12"
WORDS = (*SPECIAL, *LETTERS, "##a", "##b", "##c")
LABELS = ("坏", "好", "一般")


def backend(words: tuple[str, ...] = WORDS) -> Backend:
    """The tokenizer of bert-base-chinese over a few words."""
    vocabulary = {word: index for index, word in enumerate(words)}
    made = Backend(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    cls, sep = vocabulary["[CLS]"], vocabulary["[SEP]"]
    made.post_processor = processors.BertProcessing(("[SEP]", sep), ("[CLS]", cls))
    return made


def roberta_backend() -> Backend:
    """A tokenizer with RoBERTa's special tokens, one character a token."""
    vocabulary = {word: index for index, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", *LETTERS])}
    made = Backend(models.WordLevel(vocabulary, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return made


def bert_config(**options: Any) -> BertConfig:
    small = {
        "vocab_size": len(WORDS),
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 64,
    }
    return BertConfig(**{**small, **options})


def tiny_network(
    head: HeadSpec | None = None, config: Any = None, classes: int = len(LABELS), seed: int = 0
) -> Classifier:
    """Weights so large that different texts get clearly different answers."""
    torch.manual_seed(seed)
    network = Classifier(build_encoder(config or bert_config()), head or HeadSpec(), classes)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.3)
    return network.eval()


def tiny_bundle(
    folder: Path,
    *,
    head: HeadSpec | None = None,
    labels: tuple[str, ...] = LABELS,
    classes: int | None = None,
    dtype: torch.dtype = torch.float32,
    network: Classifier | None = None,
    **manifest: Any,
) -> Bundle:
    """Seal a bundle in `folder`; keyword arguments go into its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    head = head or HeadSpec()
    save_network(network or tiny_network(head, classes=classes or len(labels)), folder, dtype=dtype)
    backend().save(str(folder / "tokenizer.json"))
    fields = {"cleaning": CleaningSpec(), "windows": WindowSpec(max_length=16), **manifest}
    return seal_bundle(folder, Manifest(task="t", labels=labels, head=head, files={}, **fields))


def stock_model(folder: Path, config: Any = None, tokenizer: Backend | None = None, **special: str) -> Path:
    """A transformers folder as `save_pretrained` leaves it, with random weights and three classes."""
    config = config or bert_config()
    config.id2label = dict(enumerate(LABELS))
    config.label2id = {label: index for index, label in enumerate(LABELS)}
    torch.manual_seed(1)
    model = AutoModelForSequenceClassification.from_config(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)
    model.save_pretrained(folder)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", **special}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer or backend(), **names).save_pretrained(folder)
    return folder


def sentences(count: int, longest: int, seed: int = 0) -> list[str]:
    """Random texts of the known characters, of 1 to `longest` tokens."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, longest + 1, (count,), generator=generator).tolist()
    picks = [torch.randint(0, 16, (length,), generator=generator).tolist() for length in lengths]
    return ["".join(LETTERS[pick] for pick in each) for each in picks]
