"""What a tokenizer of BERT's kind makes of each single character.

Its normalizer works character by character (accents are taken off after a canonical decomposition, which
reorders combining marks only among themselves), and so does its pre-tokenizer: white space vanishes, punctuation
and Chinese characters stand alone, all else joins its neighbours in a span. So a text falls apart into words
that know nothing of each other, and where it does so is a property of the character.
"""

from __future__ import annotations

import numpy as np
import tokenizers
from numpy.typing import NDArray

from models.tokenising.library import encode_strings

BETWEEN, IN_SPAN, WHOLE, _UNSEEN = -1, -2, -3, -4
"""The entries of a table for a character that is no token of its own: it stands between words; it is part of a span;
the library has to see the whole document; it was not looked up yet."""

_ALL = 0x110000


class CharacterTable:
    """A table over all code points, filled in as they turn up: the tokenizer itself is asked about each, once.

    Args:
        backend: A tokenizer with BertNormalizer and BertPreTokenizer, in any setting.
        triggers: Normalised characters; the library sees the whole of a document that has one.
    """

    def __init__(self, backend: tokenizers.Tokenizer, triggers: frozenset[str]) -> None:
        self._backend = backend
        self._normalise = backend.normalizer.normalize_str
        self._words = backend.pre_tokenizer.pre_tokenize_str
        self._triggers = triggers
        self._table = np.full(_ALL, _UNSEEN, np.int32)

    def look_up(self, codes: NDArray[np.uint32]) -> NDArray[np.int32]:
        """Look up N characters.

        Args:
            codes: uint32[N].

        Returns:
            int32[N], the token id of a character that stands alone; below 0 `BETWEEN`, `IN_SPAN` or `WHOLE`.
        """
        found = self._table.take(codes)
        if found.min(initial=0) == _UNSEEN:
            self._learn(np.unique(codes[found == _UNSEEN]))
            found = self._table.take(codes)
        return found

    def _learn(self, codes: NDArray[np.uint32]) -> None:
        characters = [chr(code) for code in codes.tolist()]
        kinds = np.array([self._kind(each) for each in characters], np.int32)
        alone = np.flatnonzero(kinds >= 0)
        ids, lengths = encode_strings(self._backend, [characters[each] for each in alone])
        one = np.full(len(alone), WHOLE, np.int32)
        one[lengths == 1] = ids[np.repeat(lengths, lengths) == 1]
        kinds[alone] = one
        self._table[codes] = kinds

    def _kind(self, character: str) -> int:
        """Put a character between letters, and see what becomes of it; 0 means that it stands alone."""
        if not self._triggers.isdisjoint(self._normalise(character)):
            return WHOLE
        words = [word for word, _ in self._words(self._normalise(f"a{character}a"))]
        if len(words) == 1:
            return IN_SPAN
        if words == ["a", "a"]:
            return BETWEEN
        return 0 if len(words) == 3 and words[0] == words[2] == "a" else WHOLE
