"""Which files are the dump of a date: a file, a glob, a directory, hive partitions, on any pyarrow filesystem."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
from pyarrow import fs

from storage.errors import ConfigError, InputError, NoInput
from storage.files.atomic import expand_user, resolve

DATE_KEYS: Final = ("dt", "date", "ds", "day", "logical_date", "pt")
"""Hive partition keys that are taken for the logical date; `year`, `month` and `day` for its pieces."""
SUFFIXES: Final = (".parquet", ".parq", ".pq")
_SHOWN: Final = 3
_WILDCARD: Final = re.compile(r"[*?\[]")
_GLOB_PIECE: Final = re.compile(r"(\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\])")
_PIECE_REGEX: Final = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
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


def find_sources(patterns: Sequence[str], logical_date: date, home: Path) -> tuple[list[SourceFile], list[InputError]]:
    """List the files of a dump, sorted by name, each once; a pattern without files does not stop the others.

    Args:
        patterns: Files, globs, directories or URIs; `{date}` (or `{date:%Y%m%d}`) stands for the date. Relative
            ones are taken from `home`.
        logical_date: The date to score.
        home: The project's home.

    Returns:
        The files, and why the patterns that gave none gave none.

    Raises:
        InputError: No pattern gives a file; it is the error of the first.
        ConfigError: A pattern cannot be understood.
    """
    found: dict[str, SourceFile] = {}
    missing: list[InputError] = []
    for pattern in patterns:
        try:
            found |= {source.name: source for source in _expand(pattern, logical_date, home)}
        except InputError as error:
            missing.append(error)
    if missing and not found:
        raise missing[0]
    return [found[name] for name in sorted(found)], missing


def _expand(pattern: str, logical_date: date, home: Path) -> list[SourceFile]:
    where = fill_in(pattern, logical_date)
    whole = "://" in where or expand_user(where).is_absolute()
    root = "" if whole else str(home.absolute()).rstrip("/") + "/"
    try:
        filesystem, path = resolve(root + where)
        base, listed = _list(filesystem, path, pattern_from=len(root))
    except (pa.ArrowException, OSError, ValueError, re.error) as error:
        raise NoInput(
            f"{where} cannot be listed: {error}",
            expected="a readable file, directory, glob or URI",
            action="check the path, the permissions and, for a URI, the credentials",
            pattern=pattern,
        ) from error
    chosen = _of_date([each for each in listed if each.path == path or _is_dump(each.path, base)], base, logical_date)
    if not chosen:
        raise NoInput(
            f"no Parquet file for {logical_date} under {where}" + _what_is_there(filesystem, path, base, listed),
            expected=f"files ending in {', '.join(SUFFIXES)}, or partitions such as dt={logical_date}",
            action="check `input` in yeban.toml or --input, and whether the dump has arrived",
            pattern=pattern,
        )
    local = isinstance(filesystem, fs.LocalFileSystem)
    names = [_local_name(each.path, home) if local else _remote_name(each.path, where) for each in chosen]
    return [SourceFile(filesystem, each.path, name, each.size) for each, name in zip(chosen, names, strict=True)]


def fill_in(pattern: str, logical_date: date) -> str:
    """A pattern with its date written out.

    Raises:
        ConfigError: It has another placeholder than `{date}`, or a form that dates don't have.
    """
    try:
        return pattern.format(date=logical_date)
    except (LookupError, ValueError, AttributeError, TypeError) as error:
        raise ConfigError(
            f"the input pattern {pattern!r} cannot be filled in: {error}",
            expected="{date} or a form such as {date:%Y%m%d} as its only placeholder",
            action="mend `input` in yeban.toml, or --input",
        ) from error


def _list(filesystem: fs.FileSystem, path: str, *, pattern_from: int) -> tuple[str, list[fs.FileInfo]]:
    """List files, and the folder below which they were looked for.

    A name that exists is taken as it is, wildcards or not; those in the home's own name (before `pattern_from`)
    are none.
    """
    info = filesystem.get_file_info(path)
    if info.type == fs.FileType.File:
        return path, [info]
    wildcard = _WILDCARD.search(path, pattern_from)
    if info.type == fs.FileType.Directory or wildcard is None:
        return path, _walk(filesystem, path)
    base = path[: wildcard.start()].rpartition("/")[0]
    matcher = re.compile(re.escape(base) + _glob_to_regex(path[len(base) :]))
    return base, [each for each in _walk(filesystem, base or "/") if matcher.fullmatch(each.path)]


def _walk(filesystem: fs.FileSystem, base: str) -> list[fs.FileInfo]:
    selector = fs.FileSelector(base, recursive=True, allow_not_found=True)
    return [each for each in filesystem.get_file_info(selector) if each.type == fs.FileType.File]


def _glob_to_regex(glob: str) -> str:
    """`*`, `?` and `[...]` stay within a folder, `**` crosses folders."""
    return "".join(_piece_to_regex(piece) for piece in _GLOB_PIECE.split(glob))


def _piece_to_regex(piece: str) -> str:
    if piece in _PIECE_REGEX:
        return _PIECE_REGEX[piece]
    if not _GLOB_PIECE.fullmatch(piece):
        return re.escape(piece)
    negated = piece.startswith("[!")
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", piece[1 + negated : -1])
    return f"(?!/)[{'^' if negated else ''}{members}]"


def _is_dump(path: str, base: str) -> bool:
    """Parquet by its suffix, and no name below `base` hidden: `_SUCCESS`, `_temporary/`, half-written `.part`."""
    below = path.removeprefix(base).split("/")
    hidden = any(name.startswith(".") or (name.startswith("_") and "=" not in name) for name in below)
    return path.endswith(SUFFIXES) and not hidden


def _of_date(files: list[fs.FileInfo], base: str, logical_date: date) -> list[fs.FileInfo]:
    """Keep what is not in another date's hive partition below `base`; what is above was named, and is meant."""
    whole = {logical_date.isoformat(), logical_date.strftime("%Y%m%d")}
    wanted = {
        **dict.fromkeys(DATE_KEYS, whole),
        "year": {f"{logical_date:%Y}"},
        "month": {f"{logical_date:%m}", str(logical_date.month)},
        "day": whole | {f"{logical_date:%d}", str(logical_date.day)},
    }
    return [
        each
        for each in files
        if all(m["value"] in wanted[m["key"]] for m in _partitions(each, base) if m["key"] in wanted)
    ]


def _partitions(file: fs.FileInfo, base: str) -> Iterator[re.Match[str]]:
    return _PARTITION.finditer(file.path.removeprefix(base))


def _what_is_there(filesystem: fs.FileSystem, path: str, base: str, listed: list[fs.FileInfo]) -> str:
    folder, names = path, sorted(each.base_name for each in listed)
    days = sorted({m[0].strip("/") for each in listed for m in _partitions(each, base)})
    with suppress(OSError):
        while not names and "/" in folder:
            folder = folder.rpartition("/")[0]
            near = filesystem.get_file_info(fs.FileSelector(folder or "/", allow_not_found=True))
            names = sorted(each.base_name for each in near)
    shown = days or names
    more = " ..." if len(shown) > _SHOWN else ""
    return f" (in {folder or '/'}: {', '.join(shown[-_SHOWN:])}{more})" if shown else ""


def _local_name(path: str, home: Path) -> str:
    real = Path(path).resolve()
    below_home = real.is_relative_to(home.resolve())
    return (real.relative_to(home.resolve()) if below_home else real).as_posix()


def _remote_name(path: str, uri: str) -> str:
    """The place is part of the name, the user and the password are not.

    pyarrow's path leaves out the host of `hdfs://host/p`, the account of Azure and the endpoint of S3: files of
    two of them must not get one name, for the second would silently take the place of the first.
    """
    parts = urlsplit(uri)
    place = parse_qs(parts.query).get("endpoint_override", [parts.netloc.rpartition("@")[2]])[-1]
    inside = path.startswith(f"{place}/")  # a bucket
    return f"{parts.scheme}://{path if inside else place + '/' + path.lstrip('/')}"
