"""What training starts from: somebody's pretrained encoder, or a small one made here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import tokenizers
import torch
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import nn
from transformers import AutoModel, BertConfig

from models.bundle import TOKENIZER
from models.hub_models import usable_positions
from models.network import build_encoder
from models.tokenising.library import CHUNK_DOCS
from models.tokens import load_fast_tokenizer
from models.training.recipe import Recipe, ScratchEncoder
from models.windows import WindowSpec
from storage.errors import TrainingError

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_LEARNED_VOCABULARY = 8000


def init_encoder(recipe: Recipe, texts: Sequence[str], folder: Path) -> nn.Module:
    """Write the tokenizer into `folder` and return the encoder to train.

    Args:
        recipe: Names a pretrained model, or describes a scratch encoder.
        texts: Cleaned training texts; a scratch vocabulary is counted on them.
        folder: Receives `tokenizer.json`.

    Raises:
        TrainingError: The pretrained model or the vocabulary file cannot be used.
    """
    if recipe.pretrained is not None:
        return _pretrained(recipe.pretrained, recipe.windows, folder)
    backend = _scratch_tokenizer(recipe.scratch, texts)
    backend.save(str(folder / TOKENIZER))
    return build_encoder(_scratch_config(recipe.scratch, recipe.windows, backend.get_vocab_size()))


def _pretrained(name: str, windows: WindowSpec, folder: Path) -> nn.Module:
    try:
        backend = load_fast_tokenizer(name).backend_tokenizer
        # Optimisers need float32, whatever the weights were stored in.
        encoder = AutoModel.from_pretrained(name, trust_remote_code=False, use_safetensors=True, dtype=torch.float32)
    except (OSError, ValueError, ImportError) as error:
        raise TrainingError(
            f"the pretrained encoder {name!r} cannot be loaded: {error}",
            expected="a folder or hub name with a fast tokenizer and safetensors weights",
            action="check the name, or download the model to a folder first",
        ) from error
    positions = usable_positions(encoder.config.to_dict())
    if positions is not None and windows.max_length > positions:
        raise TrainingError(
            f"the recipe's windows of {windows.max_length} tokens don't fit the encoder {name!r}",
            expected=f"windows.max_length of at most {positions}",
            action=f"set windows.max_length={positions}, and long_text='slide' for longer documents",
        )
    backend.save(str(folder / TOKENIZER))
    return encoder  # type: ignore[no-any-return]


def _scratch_tokenizer(scratch: ScratchEncoder, texts: Sequence[str]) -> tokenizers.Tokenizer:
    if scratch.vocabulary is None:
        return _learn_vocabulary(scratch.min_count, texts)
    try:
        vocabulary = scratch.vocabulary.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(
            f"the vocabulary {scratch.vocabulary} cannot be read: {error}",
            expected="a BERT vocab.txt, one token a line",
            action="check scratch.vocabulary, or leave it out to learn one from the training text",
        ) from error
    full = _bert_tokenizer({token: index for index, token in enumerate(vocabulary) if token})
    return _bert_tokenizer(_tokens_in_use(full, texts, scratch.min_count))


def _tokens_in_use(full: tokenizers.Tokenizer, texts: Sequence[str], min_count: int) -> dict[str, int]:
    counts: Counter[int] = Counter()
    for first in range(0, len(texts), CHUNK_DOCS):
        for encoding in full.encode_batch_fast(texts[first : first + CHUNK_DOCS], add_special_tokens=False):
            counts.update(encoding.ids)
    kept = sorted(index for index, count in counts.items() if count >= min_count)
    names = [name for index in kept if (name := full.id_to_token(index)) is not None and name not in SPECIAL]
    return {name: index for index, name in enumerate([*SPECIAL, *names])}


def _learn_vocabulary(min_count: int, texts: Sequence[str]) -> tokenizers.Tokenizer:
    learner = _bert_tokenizer({name: index for index, name in enumerate(SPECIAL)})
    trainer = trainers.WordPieceTrainer(
        vocab_size=_LEARNED_VOCABULARY,
        min_frequency=min_count,
        special_tokens=[*SPECIAL, *_inner_letters(learner, texts)],
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    # The learner keeps rare characters: rebuild from what is really used.
    learned = {name: index for index, name in enumerate(sorted(learner.get_vocab()))}
    return _bert_tokenizer(_tokens_in_use(_bert_tokenizer(learned), texts, min_count))


def _inner_letters(backend: tokenizers.Tokenizer, texts: Sequence[str]) -> list[str]:
    """`##x` for every character that can stand inside a word, sorted.

    Left to itself, the learner numbers them in hash order and breaks ties between merges by these numbers: the
    same text would give another vocabulary in every process.
    """
    letters: set[str] = set()
    for character in set(chain.from_iterable(texts)):
        words = backend.pre_tokenizer.pre_tokenize_str(backend.normalizer.normalize_str(f"a{character}"))
        letters.update(words[0][0][1:])
    return [f"##{letter}" for letter in sorted(letters)]


def _bert_tokenizer(vocabulary: dict[str, int]) -> tokenizers.Tokenizer:
    """The tokenizer of bert-base-chinese, over any vocabulary."""
    backend = tokenizers.Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    missing = [name for name in SPECIAL if name not in vocabulary]
    if missing:
        raise TrainingError(
            f"the vocabulary has no {', '.join(missing)}",
            expected=f"{', '.join(SPECIAL)} among its lines",
            action="use a BERT vocab.txt",
        )
    cls, sep = (("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"]))
    backend.post_processor = processors.BertProcessing(sep, cls)
    return backend


def _scratch_config(scratch: ScratchEncoder, windows: WindowSpec, vocabulary: int) -> BertConfig:
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=scratch.hidden_size,
        num_hidden_layers=scratch.layers,
        num_attention_heads=scratch.heads,
        intermediate_size=scratch.intermediate_size,
        hidden_dropout_prob=scratch.dropout,
        attention_probs_dropout_prob=scratch.attention_dropout,
        max_position_embeddings=windows.max_length,
        type_vocab_size=1,
        pad_token_id=0,
    )
