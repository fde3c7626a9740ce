from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.config.json_schema import TEMPLATE
from jobs.config.toml_lines import KeyPath, key_lines


def paths(value: Any, *above: str | int) -> Iterator[KeyPath]:
    """Every table, key and item that tomllib sees."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in below:
        yield (*above, key)
        yield from paths(item, *above, key)


DOCUMENT = '''\
# a comment = with "quotes" and [brackets]
top = 1
"quoted key" = 2
'literal.key' = 3
a.b."c d".e = 4      # dotted
site."例子.com" = true
when = 1979-05-27 07:32:00
long = """
[not.a.table]
key = "no key" ""\\
  \\""" still in it """""
raw = \'\'\'
also = 'none' \'\' \'\'\'
empty = ""
list = [
  1,   # one = 1
  "two, ] }", [3, 4],
  { x = 5, y.z = 6 },
]
inline = { p = { q = [ { r = 1 } ] }, "s t" = 'u' }

[table]
key = "value"   # trailing

  [ table . "sub.key" ]
indented = -0.5e3

[[tables]]
n = 1
[[tables]]
n = 2
[tables.below]
m = 3
[[tables.nested]]
o = 1
[[tables.nested]]
o = 2
[tables.nested.deep]
p = 1

[late.child]
x = 1
[late]
y = 2
'''

EXPECTED: dict[KeyPath, int] = {
    ("top",): 2,
    ("quoted key",): 3,
    ("literal.key",): 4,
    ("a",): 5,
    ("a", "b", "c d", "e"): 5,
    ("site", "例子.com"): 6,
    ("when",): 7,
    ("long",): 8,
    ("raw",): 12,
    ("empty",): 14,
    ("list",): 15,
    ("list", 0): 16,
    ("list", 1): 17,
    ("list", 2, 1): 17,
    ("list", 3, "y", "z"): 18,
    ("inline", "p", "q", 0, "r"): 20,
    ("inline", "s t"): 20,
    ("table",): 22,
    ("table", "key"): 23,
    ("table", "sub.key"): 25,
    ("table", "sub.key", "indented"): 26,
    ("tables",): 28,
    ("tables", 0): 28,
    ("tables", 0, "n"): 29,
    ("tables", 1): 30,
    ("tables", 1, "below", "m"): 33,
    ("tables", 1, "nested", 0, "o"): 35,
    ("tables", 1, "nested", 1, "deep", "p"): 39,
    ("late", "child", "x"): 42,
    ("late",): 43,
    ("late", "y"): 44,
}


def test_lines_of_every_way_to_write_a_key() -> None:
    found = key_lines(DOCUMENT)
    assert {path: found.get(path) for path in EXPECTED} == EXPECTED


@pytest.mark.parametrize("text", [DOCUMENT, DOCUMENT.replace("\n", "\r\n"), TEMPLATE.read_text("utf-8"), "", "\n\n"])
def test_all_that_tomllib_sees_has_a_line(text: str) -> None:
    assert set(key_lines(text)) == set(paths(tomllib.loads(text)))


def test_the_template_says_where_its_keys_are() -> None:
    lines = TEMPLATE.read_text("utf-8").splitlines()
    for path, line in key_lines(TEMPLATE.read_text("utf-8")).items():
        assert str(next(part for part in reversed(path) if isinstance(part, str))) in lines[line - 1]


KEYS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,4}", fullmatch=True),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=4),
)
SCALARS = st.one_of(
    st.integers(-9, 99).map(str),
    st.sampled_from(["true", "1.5", "inf", "1979-05-27", "07:32:00", '"a # ] } \\" ="', "'x = [1'", '"""\n"x" = """']),
)


def quoted(key: str, *, bare: bool) -> str:
    if bare and key.isascii() and key.replace("_", "a").replace("-", "a").isalnum():
        return key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.sampled_from(["scalar", "scalar", "array", "inline"])) if depth else "scalar"
    if kind == "scalar":
        return draw(SCALARS)
    if kind == "array":
        items = draw(st.lists(values(depth - 1), max_size=3))
        between = draw(st.sampled_from([", ", ",\n  ", ", # , ]\n"]))
        return "[" + between.join(items) + draw(st.sampled_from(["", "\n", " "])) + "]"
    keys = draw(st.lists(KEYS, max_size=3, unique=True))
    inner = values(0)  # no line ends in an inline table, except in strings
    return "{ " + ", ".join(f"{quoted(key, bare=True)} = {draw(inner)}" for key in keys) + " }"


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    """A document of tables and arrays of tables, with the line of each key as it was written."""
    text, lines = "", {}
    counts: dict[str, int] = {}
    headers = draw(st.lists(st.tuples(KEYS, st.booleans()), max_size=4))
    kinds: dict[str, bool] = {}
    sections: list[tuple[KeyPath, str]] = [((), "")]
    for name, many in headers:
        if name in kinds and not (many and kinds[name]):
            continue
        kinds[name] = many
        if many:
            sections.append(((name, counts.get(name, 0)), f"[[{quoted(name, bare=draw(st.booleans()))}]]\n"))
            counts[name] = counts.get(name, 0) + 1
        else:
            sections.append(((name,), f"[{quoted(name, bare=draw(st.booleans()))}]\n"))
    for path, header in sections:
        text += draw(st.sampled_from(["", "\n", "# [x]\n\n"]))
        if header:
            lines[path] = text.count("\n") + 1
        text += header
        taken = set(kinds) if not path else set()
        for key in draw(st.lists(KEYS.filter(lambda each, taken=taken: each not in taken), max_size=3, unique=True)):
            lines[*path, key] = text.count("\n") + 1
            text += f"{quoted(key, bare=True)} = {draw(values())}\n"
    return text, lines


@given(documents())
def test_any_document_is_found_as_it_was_written(document: tuple[str, dict[KeyPath, int]]) -> None:
    text, lines = document
    found = key_lines(text)
    assert set(found) == set(paths(tomllib.loads(text)))
    assert {path: found[path] for path in lines} == lines


@given(st.text(st.sampled_from("ab[]{}=.,\"'#\n \\1"), max_size=30))
def test_what_is_no_toml_ends_too(text: str) -> None:
    key_lines(text)


def test_it_takes_no_long_time() -> None:
    """A million characters and as many lines as fit: what is looked at twice would take minutes."""
    text = "".join(f"key_{number} = [{number}, 'x'] # note\n" for number in range(30_000))
    assert len(key_lines(text)) == 90_000
