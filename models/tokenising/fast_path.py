"""The fast path for tokenizers of BERT's kind: a table for what stands alone, remembered spans for the rest."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import tokenizers
from numpy.typing import NDArray
from tokenizers import models, normalizers, pre_tokenizers, processors

from models.tokenising.characters import IN_SPAN, WHOLE, CharacterTable
from models.tokenising.code_points import CodePoints, decode_pieces
from models.tokenising.spans import SpanEncoder, find_spans, span_indices

# None of them touches the ids when special tokens are left out.
_PROCESSORS: Final = (
    type(None),
    processors.BertProcessing,
    processors.RobertaProcessing,
    processors.TemplateProcessing,
)


class FastPath:
    """Encodes columns, a thousand documents or so in one go, to the ids that the library gives them.

    Args:
        backend: A tokenizer that `is_of_berts_kind`.
    """

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        added = backend.get_added_tokens_decoder().values()
        # The library looks for these before it does anything else, for others in the normalised text.
        self._raw = sorted({each.content for each in added if each.content and not each.normalized})
        self._raw_hints = sorted({content[0] for content in self._raw})
        triggers = frozenset(content.strip()[0] for content in _normalised_tokens(backend))
        self._table = CharacterTable(backend, triggers)
        self._span_encoder = SpanEncoder(backend)

    def encode(self, texts: pl.Series) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Encode D documents without special tokens.

        Args:
            texts: String[D] without nulls.

        Returns:
            `ids` int32[T], all documents one after the other, and `lengths` int64[D].
        """
        pieces = [self._encode_piece(piece, points) for piece, points in decode_pieces(texts)]
        ids = [piece[0] for piece in pieces] or [np.zeros(0, np.int32)]
        lengths = [piece[1] for piece in pieces] or [np.zeros(0, np.int64)]
        return np.concatenate(ids), np.concatenate(lengths)

    def _encode_piece(self, texts: pl.Series, points: CodePoints) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        found = self._table.look_up(points.codes)
        self._make_whole(texts, points, found)
        spans = find_spans(points, found == IN_SPAN)
        ids, lengths = self._span_encoder.encode(spans, points.text)
        return _collect(found, points.offsets, spans.start, ids, lengths)

    def _make_whole(self, texts: pl.Series, points: CodePoints, found: NDArray[np.int32]) -> None:
        """Turn documents that the library has to see as they are into one span each, in place."""
        documents = points.documents_of(np.flatnonzero(found == WHOLE))
        for hint in self._raw_hints:
            if hint in points.text:
                suspects = points.documents_of(np.flatnonzero(points.codes == ord(hint)))
                named = texts.gather(suspects).str.contains_any(self._raw).to_numpy()
                documents = np.union1d(documents, suspects[named])
        if len(documents):
            first, last = points.offsets[documents], points.offsets[documents + 1]
            found[span_indices(first, last - first)] = IN_SPAN


def is_of_berts_kind(backend: tokenizers.Tokenizer) -> bool:
    """Tell whether a tokenizer cuts text into words that know nothing of each other, character by character."""
    return (
        isinstance(backend.model, models.WordPiece)
        and isinstance(backend.normalizer, normalizers.BertNormalizer)
        and isinstance(backend.pre_tokenizer, pre_tokenizers.BertPreTokenizer)
        and isinstance(backend.post_processor, _PROCESSORS)
        and all(map(str.strip, _normalised_tokens(backend)))
    )


def _normalised_tokens(backend: tokenizers.Tokenizer) -> list[str]:
    """The added tokens that the library looks for in the normalised text, as it looks for them."""
    added = backend.get_added_tokens_decoder().values()
    return [backend.normalizer.normalize_str(each.content) for each in added if each.normalized]


def _collect(
    found: NDArray[np.int32],
    offsets: NDArray[np.int64],
    span_start: NDArray[np.int64],
    span_ids: NDArray[np.int32],
    span_lengths: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Put the ids of single characters and of spans in the order of the text; `ids` and `lengths` of documents."""
    places = np.flatnonzero(found >= 0)
    span_ends = np.concatenate([[0], np.cumsum(span_lengths)])
    lengths = np.diff(np.searchsorted(places, offsets)) + np.diff(span_ends[np.searchsorted(span_start, offsets)])
    of_span = np.zeros(len(places) + len(span_ids), np.bool_)
    of_span[span_indices(np.searchsorted(places, span_start) + span_ends[:-1], span_lengths)] = True
    ids = np.empty(len(of_span), np.int32)
    ids[of_span] = span_ids
    ids[~of_span] = found.take(places)
    return ids, lengths
