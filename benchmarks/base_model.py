"""BERT-base for want of its weights: bert-base-chinese's architecture with seeded random ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import torch
from torch import nn

from batch.forward.cpu import choose_cpu_forward
from benchmarks.cpu_subject import Subject
from benchmarks.gpu_workload import VOCABULARY, build_tokenizer
from models.bundle import TOKENIZER, Bundle, seal_bundle
from models.cleaning.presets import cleaning_preset
from models.manifest import HeadSpec, Manifest
from models.network import Classifier, StockClassifier, save_network
from models.tokens import Tokenizer
from models.windows import WindowSpec

HEAD_DIRECTIONS = 8


def random_base(vocabulary: Path, labelled: pl.DataFrame) -> tuple[Subject, Any]:
    """Build BERT-base with random weights and a head that least squares fit on its frozen features."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    wrapper = BertTokenizerFast(vocab_file=str(vocabulary))
    torch.manual_seed(0)
    model = BertForSequenceClassification(BertConfig(vocab_size=len(wrapper), num_labels=2)).eval()
    tokenizer = Tokenizer(wrapper.backend_tokenizer, pad=wrapper.pad_token_id, unknown=wrapper.unk_token_id)
    spec = WindowSpec(max_length=512)
    head, model.classifier = model.classifier, nn.Identity()
    bare = Subject(StockClassifier(model), tokenizer, spec, 768)
    forward = choose_cpu_forward(bare.network, tokenizer.special, 768, "fp32")
    features = torch.from_numpy(bare.through("features", forward, 1_024)(labelled["text"].to_list())).double()
    target = torch.tensor(labelled["label"].to_list(), dtype=torch.float64) * 2 - 1
    mean = features.mean(0)
    directions = torch.linalg.svd(features - mean, full_matrices=False).Vh[:HEAD_DIRECTIONS].T
    weight = directions @ torch.linalg.lstsq((features - mean) @ directions, target[:, None]).solution[:, 0]
    weight *= 2 / ((features - mean) @ weight).std()
    with torch.no_grad():
        head.weight.copy_(torch.stack([-weight / 2, weight / 2]))
        head.bias.copy_(torch.stack([mean @ weight / 2, -mean @ weight / 2]))
    model.classifier = head
    return Subject(StockClassifier(model), tokenizer, spec, 2), wrapper


def make_base_bundle(folder: Path) -> Bundle:
    """Write BERT-base as a bundle for comments: it says nothing, and takes as long as one that does.

    Every Chinese character is a token of its own, as in bert-base-chinese; Latin words and punctuation are `[UNK]`.

    Args:
        folder: An empty folder.
    """
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    head = HeadSpec(pooling="cls")
    encoder = BertModel(BertConfig(vocab_size=VOCABULARY), add_pooling_layer=False)
    save_network(Classifier(encoder, head, 2), folder)
    build_tokenizer().backend_tokenizer.save(str(folder / TOKENIZER))
    manifest = Manifest(
        task="comment",
        labels=("negative", "positive"),
        head=head,
        cleaning=cleaning_preset("comment"),
        windows=WindowSpec(max_length=512),
        files={},
    )
    return seal_bundle(folder, manifest)
