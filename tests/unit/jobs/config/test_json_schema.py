from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jobs.config.model import Config

from jobs.config.file import find_home, read_config
from jobs.config.json_schema import SCHEMA_NAME, TEMPLATE, config_schema, whole_template
from jobs.config.schema_paths import keys_at, node_at
from jobs.config.toml_lines import key_lines


def test_the_template_shows_every_key_there_is() -> None:
    """What nobody can read of in the template is a key that nobody finds."""
    shown = set(_sections(tomllib.loads(whole_template())))
    for name, section in {**config_schema()["$defs"], "Config": config_schema()}.items():
        keys = {key for key in section.get("properties", {}) if name != "WindowSpec" or key == "max_length"}
        assert any(keys <= set(each) for each in shown), f"{name} has keys that the template lacks: {keys}"


def _sections(value: Any) -> list[tuple[str, ...]]:
    if isinstance(value, list):
        return [section for item in value for section in _sections(item)]
    if not isinstance(value, dict):
        return []
    return [tuple(value), *(section for item in value.values() for section in _sections(item))]


def test_all_that_the_template_shows_is_valid(tmp_path: Path) -> None:
    (tmp_path / "yeban.toml").write_text(whole_template(), "utf-8")
    assert len(read_config(tmp_path / "yeban.toml").monitor.sinks) == 4


def test_comments_become_descriptions() -> None:
    schema = config_schema()
    engine = node_at(schema, ("engine",))
    assert engine is not None
    assert engine["properties"]["device"]["description"] == "auto, cpu, cuda, cuda:1"
    precision = engine["properties"]["precision"]["description"]
    assert precision.startswith("auto (bf16")
    assert precision.endswith("keep their label")
    webhook = node_at(schema, ("monitor", "sinks", 0, "webhook", "token"))
    assert webhook is not None
    assert "from the environment" in webhook["description"]
    assert "description" not in node_at(schema, ("tasks", "any", "columns"))["properties"]["text"]  # type: ignore[index]


def test_the_schema_knows_every_key_of_the_template() -> None:
    schema, text = config_schema(), TEMPLATE.read_text("utf-8")
    for path in key_lines(text):
        assert "sinks" in path or node_at(schema, path) is not None, path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), tuple(Config.model_fields)),
        (("monitor", "sinks", 3, "jsonl"), ("kind", "path")),
        (("tasks", "x", "foreign", "windows"), ("max_length", "long_text", "truncation_side", "stride", "max_windows")),
        (("tasks", "x", "nothing"), ()),
        (("engine", "device", "x", 0), ()),
    ],
)
def test_keys_along_a_path(path: tuple[str | int, ...], expected: tuple[str, ...]) -> None:
    assert tuple(keys_at(config_schema(), path)) == expected


def test_what_may_be_written_in_several_ways_may_be_so_in_an_editor() -> None:
    schema = config_schema()
    text = node_at(schema, ("tasks", "x", "input"))
    threshold = node_at(schema, ("monitor", "thresholds", "rows"))
    assert text is not None
    assert threshold is not None
    assert [each["type"] for each in text["anyOf"]] == ["string", "array"]
    assert {"const": False} in threshold["anyOf"]


def test_the_first_line_of_the_template_names_the_schema() -> None:
    assert TEMPLATE.read_text("utf-8").splitlines()[0] == f"#:schema ./{SCHEMA_NAME}"


def test_it_is_json_and_the_same_every_time(tmp_path: Path) -> None:
    (tmp_path / "yeban.toml").touch()
    find_home(tmp_path, tmp_path)  # what was validated meanwhile leaves no trace
    assert json.dumps(config_schema()) == json.dumps(config_schema())
