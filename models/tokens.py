"""Text to token ids, in flat arrays."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import tokenizers
from numpy.typing import NDArray

from models.tokenising.check import SampleCheck
from models.tokenising.fast_path import FastPath, is_of_berts_kind
from models.tokenising.library import encode_by_library
from models.windows import Windows
from storage.errors import BundleContradiction, BundleIncomplete

log = logging.getLogger("yeban.tokens")

_PROBES = ("好", "a", "1", "the")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token ids of D documents without special tokens.

    Attributes:
        ids: int32[T], all documents one after the other.
        offsets: int64[D + 1], document d is `ids[offsets[d]:offsets[d + 1]]`.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """int64[D], tokens per document."""
        return np.diff(self.offsets)

    def keep(self, kept: NDArray[np.bool_]) -> Tokens:
        """The documents that bool[D] keeps."""
        lengths = self.lengths
        return Tokens(self.ids[np.repeat(kept, lengths)], np.concatenate([[0], np.cumsum(lengths[kept])]))


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """What stands around the content of a window, and what fills a batch up."""

    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    pad: int
    unknown: int

    @property
    def count(self) -> int:
        """Special tokens in one window."""
        return len(self.prefix) + len(self.suffix)


class Tokenizer:
    """A tokenizer of the tokenizers library, used without its truncation, padding and special tokens.

    One of BERT's kind takes our fast path, and a sample of what comes through is compared with the library
    again in every run; others, and one that was ever caught differing, leave everything to the library.

    Args:
        backend: The library's tokenizer; from here on it is ours.
        pad: Id that fills a batch up.
        unknown: Id of what the vocabulary lacks, -1 if there is none.
    """

    def __init__(self, backend: tokenizers.Tokenizer, *, pad: int, unknown: int) -> None:
        backend.no_truncation()
        backend.no_padding()
        self._backend = backend
        self._fast_path = FastPath(backend) if is_of_berts_kind(backend) else None
        self._check = SampleCheck(backend)
        prefix, suffix = _surroundings(backend)
        self.special = SpecialTokens(prefix, suffix, pad, unknown)

    @classmethod
    def from_file(cls, path: Path) -> Tokenizer:
        """Read a `tokenizer.json` of the tokenizers library.

        Raises:
            BundleIncomplete: The file is missing or cannot be parsed.
        """
        try:
            backend = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise BundleIncomplete(
                f"the tokenizer {path} cannot be read: {error}",
                expected="a tokenizer.json of the tokenizers library",
                action="restore the bundle, or train it again",
            ) from error
        pad, unknown = _first_id(backend, "[PAD]", "<pad>"), _first_id(backend, "[UNK]", "<unk>")
        if pad is None or unknown is None:
            raise BundleContradiction(
                f"the tokenizer {path} has no padding or no unknown token",
                expected="[PAD] and [UNK], or <pad> and <unk>",
                action="train the bundle again from an encoder with such a vocabulary",
            )
        return cls(backend, pad=pad, unknown=unknown)

    @classmethod
    def from_transformers(cls, folder: Path) -> Tokenizer:
        """Take the fast tokenizer of a folder that transformers saved.

        Raises:
            BundleIncomplete: There is none, or it cannot be made fast.
        """
        try:
            wrapper = load_fast_tokenizer(str(folder))
        except (OSError, ValueError, ImportError) as error:
            raise BundleIncomplete(
                f"no fast tokenizer in {folder}: {error}",
                expected="tokenizer.json, or a vocabulary that transformers converts to one",
                action="save the tokenizer again with `save_pretrained`",
            ) from error
        unknown = -1 if wrapper.unk_token_id is None else wrapper.unk_token_id
        return cls(wrapper.backend_tokenizer, pad=wrapper.pad_token_id or 0, unknown=unknown)

    @property
    def largest_id(self) -> int:
        """The largest id that a text can have."""
        return int(max(self._backend.get_vocab().values()))

    def name(self, token: int) -> str:
        """How the vocabulary writes a token; empty for an id that it does not have."""
        return str(self._backend.id_to_token(token) or "")

    def spans(self, text: str) -> NDArray[np.int64]:
        """Where the tokens of a text come from: int64[T, 2], first character and one past the last."""
        offsets = self._backend.encode(text, add_special_tokens=False).offsets
        return np.array(offsets, np.int64).reshape(-1, 2)

    def encode(self, texts: pl.Series) -> Tokens:
        """Encode D documents without special tokens.

        Args:
            texts: String[D] without nulls.
        """
        if self._fast_path is not None:
            tokens = _tokens(*self._fast_path.encode(texts))
            found = self._check.disagreement(texts, tokens.ids, tokens.offsets)
            if found is None:
                return tokens
            log.warning("fast tokenising went wrong (%s): the slow tokenizer does all from here on; report this", found)
            self._fast_path = None
        return _tokens(*encode_by_library(self._backend, texts))


def _tokens(ids: NDArray[np.int32], lengths: NDArray[np.int64]) -> Tokens:
    return Tokens(ids, np.concatenate([[0], np.cumsum(lengths)]))


def load_fast_tokenizer(name: str) -> Any:
    """Let transformers load a tokenizer, and make sure that it is one: without files it makes up an empty one.

    Raises:
        OSError, ValueError, ImportError: There is none, it is slow, or it knows special tokens only.
    """
    from transformers import AutoTokenizer  # slow to import, and most bundles don't need it

    wrapper = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    if not hasattr(wrapper, "backend_tokenizer"):
        raise ValueError("there is only a slow one")
    if len(wrapper) <= len(wrapper.all_special_ids):
        raise ValueError("it has no vocabulary")
    return wrapper


def _first_id(backend: tokenizers.Tokenizer, *names: str) -> int | None:
    return next((each for name in names if (each := backend.token_to_id(name)) is not None), None)


def _surroundings(backend: tokenizers.Tokenizer) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Find the special tokens before and after a single text, whatever the family."""
    for probe in _PROBES:
        encoding = backend.encode(probe, add_special_tokens=True)
        mask = encoding.special_tokens_mask
        if 0 in mask:
            first = mask.index(0)
            last = len(mask) - mask[::-1].index(0)
            return tuple(encoding.ids[:first]), tuple(encoding.ids[last:])
    raise BundleContradiction(
        "the tokenizer knows none of the probe words",
        expected="a tokenizer for Chinese text",
        action="check the tokenizer file of the bundle",
    )


def pad_windows(
    tokens: Tokens, windows: Windows, chosen: NDArray[np.int64], special: SpecialTokens
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Build the padded batch of some windows.

    Args:
        tokens: The documents.
        windows: Their windows.
        chosen: int64[B], which windows go into the batch.
        special: Special tokens to put around each window.

    Returns:
        `input_ids` int64[B, L] and `attention_mask` int64[B, L], L the longest chosen window with its specials.
    """
    length = windows.length[chosen]
    before = len(special.prefix)
    width = int(length.max(initial=0)) + special.count
    batch = np.full((len(chosen), width), special.pad, np.int64)
    position = np.arange(width)[None, :] - before
    content = (position >= 0) & (position < length[:, None])
    skipped = np.where(position >= windows.skip_from[chosen][:, None], windows.skip[chosen][:, None], 0)
    first = tokens.offsets[windows.doc[chosen]] + windows.start[chosen]
    batch[content] = tokens.ids[(first[:, None] + position + skipped)[content]]
    batch[:, :before] = special.prefix
    rows = np.arange(len(chosen))
    for place, token in enumerate(special.suffix):
        batch[rows, before + length + place] = token
    mask = np.arange(width)[None, :] < (length + special.count)[:, None]
    return batch, mask.astype(np.int64)
