"""predict: where its texts come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.cli.predict import _lines, _utf8
from storage.errors import ConfigError
from tests.support.command import yeban


def test_one_text_a_line() -> None:
    assert _lines("物流\r\n\n包装\n".encode()) == ["物流", "", "包装"]
    assert _lines("没有换行".encode()) == ["没有换行"]
    assert _lines(b"\n") == [""]
    assert _lines(b"") == []


def test_a_byte_order_mark_is_no_part_of_a_text() -> None:
    assert _utf8("\ufeff好".encode()) == "好"
    with pytest.raises(ConfigError, match="not UTF-8"):
        _utf8("好".encode("gbk"))


def test_no_text_and_text_in_another_encoding(tmp_path: Path) -> None:
    yeban("predict", "comment", "--home", tmp_path).failed_with(2, "no text")
    yeban("predict", "comment", "--home", tmp_path, stdin="好评".encode("gbk")).failed_with(2, "iconv -f GBK -t UTF-8")
