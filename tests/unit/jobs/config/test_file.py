from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from jobs.config.home import CONFIG_NAME

from jobs.config.file import find_home, parse_date, read_config
from jobs.config.json_schema import TEMPLATE
from storage.errors import ConfigError


def _write(folder: Path, text: str) -> Path:
    file = folder / CONFIG_NAME
    file.write_text(text, "utf-8")
    return file


def test_the_template_of_init_is_valid_and_has_all_three_tasks() -> None:
    config = read_config(TEMPLATE)
    assert set(config.tasks) == {"comment", "weibo", "news"}


def test_the_template_shows_the_defaults(tmp_path: Path) -> None:
    template, bare = read_config(TEMPLATE), read_config(_write(tmp_path, ""))
    assert template.model_dump(exclude={"tasks"}) == bare.model_dump(exclude={"tasks"})


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    file = _write(
        tmp_path,
        'time_zone = "Mars/Olympus"\n[engine]\nprecison = "bf16"\ndevice = "tpu"\n[tasks.comment.columns]\ntxt = "a"\n',
    )
    with pytest.raises(ConfigError) as caught:
        read_config(file)
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert "4 mistake(s)" in message
    assert "engine.precison: unknown key; did you mean 'precision'?" in message
    assert "tasks.comment.columns.txt: unknown key; did you mean 'text'?" in message
    assert "Mars/Olympus" in message
    assert "engine.device" in message


def test_an_unknown_task_key_is_compared_with_task_keys(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tasks\.comment\.inputs: unknown key; did you mean 'input'"):
        read_config(_write(tmp_path, '[tasks.comment]\ninputs = "x"\n'))


def test_broken_toml_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not TOML"):
        read_config(_write(tmp_path, "time_zone = \n"))


def test_home_is_looked_for_upward(tmp_path: Path) -> None:
    _write(tmp_path, "")
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_home(None, deep).root == tmp_path.resolve()


def test_a_given_home_is_not_looked_for_upward(tmp_path: Path) -> None:
    _write(tmp_path, "")
    deep = tmp_path / "a"
    deep.mkdir()
    with pytest.raises(ConfigError, match="yeban init"):
        find_home(deep, tmp_path)


def test_an_unknown_task_names_the_nearest(tmp_path: Path) -> None:
    _write(tmp_path, '[tasks.comment]\ninput = "x"\n')
    with pytest.raises(ConfigError, match="did you mean 'comment'"):
        find_home(tmp_path, tmp_path).task("coment")


def test_a_warehouse_may_lie_in_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/homes/me")
    _write(tmp_path, '[warehouse]\npath = "~/w.duckdb"\n')
    assert find_home(tmp_path, tmp_path).warehouse == Path("/homes/me/w.duckdb")
    _write(tmp_path, '[warehouse]\npath = "below/w.duckdb"\n')
    assert find_home(tmp_path, tmp_path).warehouse == tmp_path.resolve() / "below/w.duckdb"


def test_one_input_or_many(tmp_path: Path) -> None:
    config = read_config(_write(tmp_path, '[tasks.a]\ninput = "x"\n[tasks.b]\ninput = ["x", "y"]\n'))
    assert config.tasks["a"].input == ("x",)
    assert config.tasks["b"].input == ("x", "y")


# 17:00 UTC on the 4th is 01:00 on the 5th in Shanghai.
LATE = datetime(2026, 1, 4, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-02-28", "UTC", date(2026, 2, 28)),
        ("today", "UTC", date(2026, 1, 4)),
        ("today", "Asia/Shanghai", date(2026, 1, 5)),
        ("yesterday", "Asia/Shanghai", date(2026, 1, 4)),
    ],
)
def test_dates_follow_the_calendar_of_the_zone(text: str, zone: str, expected: date) -> None:
    assert parse_date(text, zone, LATE) == expected


@pytest.mark.parametrize("text", ["2026-02-30", "05.01.2026", "", "tomorrow"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no date"):
        parse_date(text, "UTC", LATE)
