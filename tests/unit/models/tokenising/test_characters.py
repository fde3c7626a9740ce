"""What a tokenizer makes of single characters."""

from __future__ import annotations

import sys
import unicodedata

import numpy as np
import pytest
from tokenizers import normalizers

from models.tokenising.characters import BETWEEN, IN_SPAN, WHOLE, CharacterTable
from tests.support.networks import WORDS, backend


def looked_up(table: CharacterTable, text: str) -> list[int]:
    return table.look_up(np.array([ord(each) for each in text], np.uint32)).tolist()


def test_kinds() -> None:
    table = CharacterTable(backend(), frozenset())
    good = WORDS.index("好")
    assert looked_up(table, "好龘，") == [good, 1, 1]
    assert looked_up(table, " \t\n\u3000\u2028") == [BETWEEN] * 5
    assert looked_up(table, "a1é한の😂\x00\u0301\u200d\ufffd") == [IN_SPAN] * 10
    assert looked_up(table, "") == []


def test_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    table = CharacterTable(backend(), frozenset())
    looked_up(table, "好a，")
    monkeypatch.setattr(table, "_learn", None)
    assert looked_up(table, "，a好a") == [1, IN_SPAN, WORDS.index("好"), IN_SPAN]


def test_triggers_after_normalising() -> None:
    table = CharacterTable(backend(), frozenset("é;"))
    assert looked_up(table, "é;\u037ea") == [IN_SPAN, WHOLE, WHOLE, IN_SPAN]  # é loses its accent first


def test_chinese_characters_may_be_part_of_runs() -> None:
    made = backend()
    made.normalizer = normalizers.BertNormalizer(handle_chinese_chars=False)
    assert looked_up(CharacterTable(made, frozenset()), "好，") == [IN_SPAN, 1]


def test_no_character_between_words_is_reordered() -> None:
    """Decomposition reorders combining marks; one that stood alone could change places with its neighbours."""
    table = CharacterTable(backend(), frozenset())
    marks = "".join(filter(unicodedata.combining, map(chr, range(sys.maxunicode + 1))))
    assert len(marks) > 800
    assert set(looked_up(table, marks)) == {IN_SPAN}
