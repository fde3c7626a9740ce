from __future__ import annotations

from itertools import combinations

import pytest

from monitoring.relabel.sheets.ids import PREFIX, SYMBOLS, IdFault, holds_id, parse_id, row_id

IDS = [row_id("batch", str(place)) for place in range(40)]


def test_an_id_depends_on_its_parts_alone() -> None:
    assert row_id("batch", "1") == row_id("batch", "1")
    assert len({*IDS, row_id("batc", "h1"), row_id("batch1", "")}) == 42


def test_every_change_of_one_symbol_is_noticed() -> None:
    for found in IDS[:5]:
        for place in range(1, len(found)):
            for symbol in set(SYMBOLS) - {found[place]}:
                assert parse_id(found[:place] + symbol + found[place + 1 :]) is IdFault.CHECKSUM


def test_every_swap_of_two_symbols_is_noticed() -> None:
    swaps = 0
    for found in IDS:
        for a, b in combinations(range(1, len(found)), 2):
            if found[a] != found[b]:
                swapped = list(found)
                swapped[a], swapped[b] = swapped[b], swapped[a]
                assert parse_id("".join(swapped)) is IdFault.CHECKSUM
                swaps += 1
    assert swaps > 3000


@pytest.mark.parametrize("change", [str.upper, lambda x: f" {x}\n", lambda x: f"'{x}", lambda x: f"\ufeff{x}\u200b",
                                    lambda x: "".join(chr(ord(c) + 0xFEE0) for c in x)])  # fmt: skip
def test_case_width_and_blanks_do_not_matter(change) -> None:  # type: ignore[no-untyped-def]
    assert [parse_id(change(found)) for found in IDS] == IDS


@pytest.mark.parametrize("text", ["12345", "1.2E+15", "2024/3/4", IDS[0][:-1], IDS[0] + "0", "x" + IDS[0][1:], "中"])
def test_what_is_no_id(text: str) -> None:
    assert parse_id(text) is IdFault.MALFORMED
    assert parse_id(" ' ") is IdFault.MISSING


def test_an_id_within_a_text() -> None:
    assert holds_id(f'好"\n"{IDS[3]}","下一行')
    assert not holds_id(f"{PREFIX}{'0' * 14}1 and {IDS[3][:-1]}")
