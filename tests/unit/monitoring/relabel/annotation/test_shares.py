from __future__ import annotations

from pathlib import Path

import pytest

from monitoring.relabel.annotation.shares import add_shares, share, shares_of
from storage.errors import TerminalError


def test_rows_are_shared_evenly_and_stay_where_they_are() -> None:
    wanted = {str(row): 2 if row < 10 else 1 for row in range(60)}
    golden = frozenset({"58", "59"})
    first = share(wanted, golden, ("li", "wang"), {})
    assert all(golden <= rows for rows in first.values())
    assert all(sum(str(row) in rows for rows in first.values()) == 2 for row in range(10))
    assert all(sum(str(row) in rows for rows in first.values()) == 1 for row in range(10, 58))
    assert abs(len(first["li"]) - len(first["wang"])) <= 1
    assert share(wanted, golden, ("li", "wang"), first) == first
    assert share(wanted, golden, ("zhao",), first)["zhao"] == golden


def test_shares_are_kept_in_a_file(tmp_path: Path) -> None:
    assert shares_of(tmp_path) == {}
    add_shares(tmp_path, {"li": frozenset({"b", "a"})})
    add_shares(tmp_path, {"wang": frozenset({"c"})})
    assert shares_of(tmp_path) == {"li": frozenset({"a", "b"}), "wang": frozenset({"c"})}
    add_shares(tmp_path, {"li": frozenset({"d"})})
    assert shares_of(tmp_path)["li"] == {"d"}


@pytest.mark.parametrize("data", [b"", b"[]", b'{"li": 3}'])
def test_a_damaged_file_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "sheets.json").write_bytes(data)
    with pytest.raises(TerminalError, match=r"sheets\.json can't be read"):
        shares_of(tmp_path)
