"""Which files are the dump of a date: a file, a glob, a directory, hive partitions, on any pyarrow filesystem."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyarrow import fs

from storage.errors import ConfigError, NoInput
from storage.files import resolve

DATE_KEYS: Final = ("dt", "date", "ds", "day", "logical_date", "pt")
"""Hive partition keys that are taken for the logical date."""
SUFFIXES: Final = (".parquet", ".parq", ".pq")
_WILDCARD: Final = re.compile(r"[*?\[]")
_PARTITION: Final = re.compile(r"(?:^|/)(?P<key>[^/=]+)=(?P<value>[^/]+)")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a dump.

    Attributes:
        filesystem: Where it lives.
        path: Its path there.
        name: The name that goes into unit ids and predictions: relative to the home where the file lies below
            it (so that a moved home keeps its ids), else the whole path or URI.
        size: Bytes.
    """

    filesystem: fs.FileSystem
    path: str
    name: str
    size: int


def find_sources(patterns: Sequence[str], logical_date: date, home: Path) -> list[SourceFile]:
    """List the files of a dump, sorted by name, each once.

    Args:
        patterns: Files, globs, directories or URIs; `{date}` (or `{date:%Y%m%d}`) stands for the date. Relative
            ones are taken from `home`.
        logical_date: The date to score.
        home: The project's home.

    Raises:
        NoInput: A pattern matches no Parquet file.
        ConfigError: A pattern cannot be understood.
    """
    found: dict[str, SourceFile] = {}
    for pattern in patterns:
        for source in _expand(pattern, logical_date, home):
            found[source.name] = source
    return [found[name] for name in sorted(found)]


def _expand(pattern: str, logical_date: date, home: Path) -> list[SourceFile]:
    where = _fill_in(pattern, logical_date)
    remote = "://" in where
    try:
        filesystem, path = resolve(where if remote else home / where)
        listed = list(_list(filesystem, path))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise NoInput(
            f"{where} cannot be listed: {error}",
            expected="a readable file, directory, glob or URI",
            action="check the path, the permissions and, for a URI, the credentials",
            pattern=pattern,
        ) from error
    chosen = _of_date([each for each in listed if each.path == path or _is_dump(each.path)], logical_date)
    if not chosen:
        raise NoInput(
            f"no Parquet file for {logical_date} under {where}" + _what_is_there(listed),
            expected=f"files ending in {', '.join(SUFFIXES)}, or partitions such as dt={logical_date}",
            action="check `input` in yeban.toml or --input, and whether the dump has arrived",
            pattern=pattern,
        )
    scheme = where.split("://", 1)[0] + "://" if remote else ""
    return [SourceFile(filesystem, each.path, _name(each.path, home, scheme), each.size) for each in chosen]


def _fill_in(pattern: str, logical_date: date) -> str:
    try:
        return pattern.format(date=logical_date)
    except (KeyError, IndexError, ValueError) as error:
        raise ConfigError(
            f"the input pattern {pattern!r} cannot be filled in: {error}",
            expected="{date} or a form such as {date:%Y%m%d} as its only placeholder",
            action="mend `input` in yeban.toml, or --input",
        ) from error


def _list(filesystem: fs.FileSystem, path: str) -> Iterator[fs.FileInfo]:
    wildcard = _WILDCARD.search(path)
    if wildcard is not None and filesystem.get_file_info(path).type == fs.FileType.NotFound:
        base = path[: path.rfind("/", 0, wildcard.start())] or "/"
        matcher = re.compile(_glob_to_regex(path))
        for each in _walk(filesystem, base):
            if matcher.fullmatch(each.path):
                yield each
        return
    info = filesystem.get_file_info(path)
    if info.type == fs.FileType.Directory:
        yield from _walk(filesystem, path)
    elif info.type == fs.FileType.File:
        yield info


def _walk(filesystem: fs.FileSystem, base: str) -> Iterator[fs.FileInfo]:
    selector = fs.FileSelector(base, recursive=True, allow_not_found=True)
    yield from (each for each in filesystem.get_file_info(selector) if each.type == fs.FileType.File)


def _glob_to_regex(path: str) -> str:
    """`*` stays within a folder, `**` crosses folders; the rest as in fnmatch."""
    pieces = re.split(r"(\*\*/?)", path)
    return "".join(
        r"(?:.*/)?" if piece == "**/" else ".*" if piece == "**" else _within_folder(piece) for piece in pieces
    )


def _within_folder(piece: str) -> str:
    translated = fnmatch.translate(piece).removeprefix("(?s:").removesuffix(")\\Z").removesuffix(")\\z")
    return translated.replace(".*", "[^/]*")


def _is_dump(path: str) -> bool:
    """Parquet by its suffix, not hidden: `_SUCCESS` and half-written `.part` files are no data."""
    name = path.rsplit("/", 1)[-1]
    return name.endswith(SUFFIXES) and not name.startswith((".", "_"))


def _of_date(files: list[fs.FileInfo], logical_date: date) -> list[fs.FileInfo]:
    """Keep what is not in another date's hive partition."""
    wanted = {logical_date.isoformat(), logical_date.strftime("%Y%m%d")}
    return [
        each
        for each in files
        if all(m["value"] in wanted for m in _PARTITION.finditer(each.path) if m["key"] in DATE_KEYS)
    ]


def _what_is_there(listed: list[fs.FileInfo]) -> str:
    if not listed:
        return ""
    names = sorted(each.path.rsplit("/", 1)[-1] for each in listed)
    days = sorted({m[0].strip("/") for each in listed for m in _PARTITION.finditer(each.path)})
    shown = days or names
    return f" (there: {', '.join(shown[:3])}{' ...' if len(shown) > 3 else ''})"


def _name(path: str, home: Path, scheme: str) -> str:
    if scheme:
        return scheme + path
    try:
        return Path(path).resolve().relative_to(home.resolve()).as_posix()
    except ValueError:
        return path
