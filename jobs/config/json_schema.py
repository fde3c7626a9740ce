"""A JSON schema of `yeban.toml`, for editors: they complete keys and show what each is for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jobs.config.model import Config
from jobs.config.schema_paths import Schema, node_at
from jobs.config.toml_lines import KeyPath, key_lines

SCHEMA_NAME: Final = "yeban.schema.json"
"""The file beside `yeban.toml`, which names it in its first line."""
TEMPLATE: Final = Path(__file__).with_name("yeban.toml")
_SILENT: Final = re.compile(r"# ?(?=\[+[a-z_.]+\]+|[a-z_]+ = )")
"""The mark before a key or header that the template shows and does not set."""


def config_schema() -> Schema:
    """The schema, with the comments of the template as descriptions."""
    schema: Schema = Config.model_json_schema()
    schema["$schema"] = "http://json-schema.org/draft-07/schema#"
    schema["title"] = "yeban.toml"
    text = whole_template()
    comments = _comments(text)
    values: dict[str, Any] = tomllib.loads(text)
    for path, line in key_lines(text).items():
        node = _own_node(schema, _with_variants(path, values))
        if node is not None and line in comments:
            node.setdefault("description", comments[line])
    return schema


def whole_template() -> str:
    """The template with all that it only shows set as well: every key there is, once at least."""
    lines = TEMPLATE.read_text("utf-8").splitlines()
    return "\n".join(_SILENT.sub("", line, count=1) if _SILENT.match(line) else line for line in lines)


def _comments(text: str) -> dict[int, str]:
    """The comment behind a key and in the indented lines below it, by the line of the key."""
    found: dict[int, str] = {}
    begun = 0
    for number, line in enumerate(text.splitlines(), start=1):
        code, mark, words = line.partition(" # ")
        if mark and not code.strip():
            found[begun] = f"{found.get(begun, '')} {words.strip()}".strip()
        else:
            begun = number
            if mark:
                found[number] = words.strip()
    return found


def _with_variants(path: KeyPath, values: Mapping[str, Any]) -> KeyPath:
    """A path with the name of the variant behind each item that has several: its `kind`."""
    full: KeyPath = ()
    value: Any = values
    for part in path:
        value, full = value[part], (*full, part)
        if isinstance(part, int) and isinstance(value, dict) and "kind" in value:
            full = (*full, value["kind"])
    return full


def _own_node(schema: Schema, path: KeyPath) -> Schema | None:
    """The entry of a key in its table, not what it refers to: that may be used elsewhere."""
    table, name = node_at(schema, path[:-1]), path[-1]
    if table is None:
        return None
    own: Schema | None = table.get("properties", {}).get(name)
    return own
