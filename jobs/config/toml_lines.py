"""On which line each key of a TOML file stands: `tomllib` reads values and forgets where they were."""

from __future__ import annotations

import re
import tomllib
from typing import Final

KeyPath = tuple[str | int, ...]
"""Keys and, in arrays, indices from 0: `("monitor", "sinks", 0, "url")`."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_STRING: Final = re.compile(
    r'"""(?:\\[\s\S]|[^\\])*?"{3,5}'  # up to two quotes may stand before the three that end it
    r"|'''[\s\S]*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
)
_SCALAR: Final = re.compile(r"[^,\]}\n#]+")


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of every table, key and array item of a TOML document.

    A table has the line of its header, or of the first key that makes it.

    Args:
        text: TOML that `tomllib` can read; of other text nothing is promised, except that it ends.
    """
    return _Finder(text).find()


class _Finder:
    """Walks over a document once, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._seen_to, self._line = 0, 1
        self._lines: dict[KeyPath, int] = {}
        self._items: dict[KeyPath, int] = {}
        """Arrays of tables with their items so far."""

    def find(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        self._skip(_BLANK)
        while self._place < len(self._text):
            before = self._place
            if self._next("[["):
                table = self._item_of(self._key())
                self._next("]]")
            elif self._next("["):
                table = self._table_of(self._key())
                self._next("]")
            else:
                self._pair(table)
            self._skip(_BLANK)
            self._place = max(self._place, before + 1)
        return self._lines

    def _pair(self, table: KeyPath) -> None:
        line, path = self._here(), table
        for part in self._key():
            path = (*path, part)
            self._lines.setdefault(path, line)
        self._next("=")
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if self._next("["):
            self._array(path)
        elif self._next("{"):
            self._inline(path)
        elif self._skip(_STRING) is None:
            self._skip(_SCALAR)

    def _array(self, path: KeyPath) -> None:
        index = 0
        self._skip(_BLANK)
        while self._place < len(self._text) and not self._next("]"):
            before = self._place
            self._lines[*path, index] = self._here()
            self._value((*path, index))
            index += 1
            self._separate(before)

    def _inline(self, path: KeyPath) -> None:
        self._skip(_BLANK)
        while self._place < len(self._text) and not self._next("}"):
            before = self._place
            self._pair(path)
            self._separate(before)

    def _separate(self, before: int) -> None:
        self._skip(_BLANK)
        self._next(",")
        self._skip(_BLANK)
        self._place = max(self._place, before + 1)

    def _key(self) -> list[str]:
        """The parts of a dotted key."""
        parts = []
        while True:
            self._skip(_SPACE)
            quoted = self._skip(_STRING)
            parts.append(self._skip(_BARE) or "" if quoted is None else _unquoted(quoted))
            self._skip(_SPACE)
            if not self._next("."):
                return parts

    def _table_of(self, parts: list[str]) -> KeyPath:
        path = self._parents(parts)
        self._lines[path] = self._here()
        return path

    def _item_of(self, parts: list[str]) -> KeyPath:
        path = (*self._parents(parts[:-1]), parts[-1])
        index = self._items.get(path, 0)
        self._items[path] = index + 1
        self._lines.setdefault(path, self._here())
        self._lines[*path, index] = self._here()
        return (*path, index)

    def _parents(self, parts: list[str]) -> KeyPath:
        """The path that a header means: of an array of tables, the last item."""
        path: KeyPath = ()
        for part in parts:
            path = (*path, part)
            self._lines.setdefault(path, self._here())
            if path in self._items:
                path = (*path, self._items[path] - 1)
        return path

    def _next(self, mark: str) -> bool:
        found = self._text.startswith(mark, self._place)
        self._place += len(mark) * found
        return found

    def _skip(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self._text, self._place)
        if found is None:
            return None
        self._place = found.end()
        return found[0]

    def _here(self) -> int:
        self._line += self._text.count("\n", self._seen_to, self._place)
        self._seen_to = self._place
        return self._line


def _unquoted(quoted: str) -> str:
    try:
        return str(tomllib.loads(f"key = {quoted}")["key"])
    except tomllib.TOMLDecodeError:
        return quoted
