"""Row ids that a spreadsheet can't spoil without our noticing.

`r` + 13 symbols of a hash + 2 check symbols, all in Crockford's base 32. The letter keeps Excel from taking the id for
a number, and there is no `e` between digits alone. The check symbols make a Reed-Solomon code of distance 3 over
GF(32) (Reed & Solomon 1960, SIAM J. 8, p. 300): the symbols s of an id satisfy `sum s_i = 0` and `sum a^i s_i = 0`. So
every change of one or two characters is noticed, and every swap of two, neighbours or not.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from enum import StrEnum
from typing import Final

PREFIX: Final = "r"
SYMBOLS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o and u."""

_PAYLOAD: Final = 13
_LENGTH: Final = _PAYLOAD + 2
_VALUE: Final = {symbol: value for value, symbol in enumerate(SYMBOLS)} | {"o": 0, "i": 1, "l": 1}
_IGNORED: Final = re.compile(r"[\s'\u200b-\u200f\u2060\ufeff]+")
_INSIDE: Final = re.compile(r"(?<![0-9a-z])r[0-9a-hj-km-np-tv-z]{15}(?![0-9a-z])")


class IdFault(StrEnum):
    """Why a text is no row id."""

    MISSING = "missing"
    MALFORMED = "malformed"
    CHECKSUM = "checksum"


def row_id(*parts: str) -> str:
    """The id of what the parts name together, such as a batch and a document: 65 bits of their hash."""
    key = "".join(f"{len(part)}:{part}" for part in parts)
    number = int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()) >> 63
    payload = [number >> 5 * place & 31 for place in range(_PAYLOAD)]
    return PREFIX + "".join(SYMBOLS[value] for value in [*payload, *_checks(payload)])


def parse_id(text: str) -> str | IdFault:
    """Read an id as people and programs write it: case, width, blanks and a leading apostrophe don't matter.

    Returns:
        The id as `row_id` gave it, or what is wrong.
    """
    bare = _IGNORED.sub("", unicodedata.normalize("NFKC", text)).lower()
    if not bare:
        return IdFault.MISSING
    values = [_VALUE.get(symbol, -1) for symbol in bare[1:]]
    if not bare.startswith(PREFIX) or len(values) != _LENGTH or min(values) < 0:
        return IdFault.MALFORMED
    if any(_syndromes(values)):
        return IdFault.CHECKSUM
    return PREFIX + "".join(SYMBOLS[value] for value in values)


def holds_id(text: str) -> bool:
    """Whether a row id stands somewhere in a longer text: rows have run together there."""
    return any(not isinstance(parse_id(found), IdFault) for found in _INSIDE.findall(text))


def _powers() -> list[int]:
    """Powers of the generator of GF(32), modulo x^5 + x^2 + 1; all 31 differ."""
    powers = [1]
    while len(powers) < 31:
        doubled = powers[-1] << 1
        powers.append(doubled ^ 0x25 if doubled & 32 else doubled)
    return powers


_POWER: Final = _powers()
_LOG: Final = {value: exponent for exponent, value in enumerate(_POWER)}


def _times(a: int, b: int) -> int:
    return _POWER[(_LOG[a] + _LOG[b]) % 31] if a and b else 0


def _syndromes(values: list[int]) -> tuple[int, int]:
    plain = weighted = 0
    for place, value in enumerate(values):
        plain ^= value
        weighted ^= _times(_POWER[place], value)
    return plain, weighted


def _checks(payload: list[int]) -> tuple[int, int]:
    """The two symbols that make both sums 0."""
    plain, weighted = _syndromes(payload)
    first, second = _POWER[_PAYLOAD], _POWER[_PAYLOAD + 1]
    inverse = _POWER[-_LOG[first ^ second] % 31]
    last = _times(inverse, weighted ^ _times(first, plain))
    return plain ^ last, last
