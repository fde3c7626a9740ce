"""Wrong inputs, over all commands: a message, an exit code, and never a traceback."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import typer.main

from jobs.cli.app import app
from jobs.cli.reference import walk
from tests.support.command import yeban
from tests.support.homes import DAY, Home

COMMANDS = {" ".join(path): command for path, command in walk(typer.main.get_command(app))}
SOUND: dict[str, tuple[str, ...]] = {
    "init": ("new",),
    "doctor": (),
    "score": ("TASK", "--date", DAY),
    "backfill": ("TASK", "--from", DAY, "--to", DAY),
    "load": ("TASK",),
    "tidy": (),
    "compact": (),
    "train": ("TASK", "--train", "FILE"),
    "finetune": ("TASK", "--new", "FILE", "--rehearsal", "FILE"),
    "gate": ("TASK", "0123", "--golden", "FILE", "--recent", "FILE"),
    "shadow": ("TASK", "--date", DAY, "--bundle", "0123"),
    "evaluate": ("TASK", "--data", "FILE"),
    "predict": ("TASK", "文字"),
    "config check": (),
    "config schema": (),
    "runs list": ("TASK",),
    "runs show": ("2026",),
    "bundles list": ("TASK",),
    "bundles show": ("TASK",),
    "bundles promote": ("TASK", "0123"),
    "bundles rollback": ("TASK",),
    "bundles history": ("TASK",),
    "monitor night": ("TASK", "--date", DAY),
    "monitor show": ("TASK", "--date", DAY),
    "report serve": (),
    "nightly": ("TASK", "--date", DAY),
    "schedule start": (),
    "schedule list": (),
    "schedule check": (),
    "relabel pick": ("TASK",),
    "relabel effect": ("TASK",),
    "relabel export": ("TASK",),
    "relabel import": ("TASK", "FILE"),
    "relabel status": ("TASK",),
}
"""What each command may be asked for; TASK and FILE are filled in."""
AT_HOME = [name for name, command in COMMANDS.items() if any("--home" in each.opts for each in command.params)]
OF_TASKS = [name for name, words in SOUND.items() if "TASK" in words]
CHECKED_LATE = ("runs list", "bundles list", "bundles history", "bundles promote", "bundles rollback")
"""A task may have runs or bundles, and not be configured any more."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.chdir(tmp_path)
    home = Home(tmp_path / "home", "comment", tmp_path / "no-bundle")
    home.root.mkdir()
    home.configure()
    return home


def typed(name: str, *, task: str = "comment", file: object = "missing.parquet") -> Sequence[str]:
    filled = {"TASK": task, "FILE": str(file)}
    return [*name.split(), *(filled.get(word, word) for word in SOUND[name])]


def test_all_commands_are_asked_wrongly_here() -> None:
    assert set(SOUND) == set(COMMANDS)


@pytest.mark.parametrize("name", SOUND)
def test_a_strange_option(name: str) -> None:
    ran = yeban(*typed(name), "--strange").without_traceback()
    assert ran.code == 2
    assert "--strange" in ran.err


@pytest.mark.parametrize("name", SOUND)
def test_an_argument_too_many_or_too_few(name: str) -> None:
    takes_more = any(each.nargs == -1 for each in COMMANDS[name].params)
    optional = [each for each in COMMANDS[name].params if each.param_type_name == "argument" and not each.required]
    if not takes_more and not optional:
        assert yeban(*typed(name), "one", "too", "many").without_traceback().code == 2
    if any(each.required for each in COMMANDS[name].params):
        assert yeban(*name.split()).without_traceback().code == 2


@pytest.mark.parametrize("name", AT_HOME)
@pytest.mark.parametrize("place", ["nowhere", "home/yeban.toml", "home"])
def test_a_home_that_is_none_or_has_mistakes(home: Home, name: str, place: str) -> None:
    home.change("rows = 1000", "row = 1000")
    ran = yeban(*typed(name), "--home", place)
    said = "did you mean 'rows'?" if place == "home" else f"no yeban.toml in {place}"
    if name == "doctor":  # it tells of that among all else
        assert ran.without_traceback().code == 2
        assert said in ran.out
    else:
        ran.failed_with(2, said)


@pytest.mark.parametrize("name", OF_TASKS)
@pytest.mark.parametrize("task", ["../x", "", "a/b", "a b"])
def test_what_can_be_no_task(home: Home, name: str, task: str) -> None:
    yeban(*typed(name, task=task), "--home", "home").failed_with(2, f"no task {task!r} can be")
    assert sorted(each.name for each in home.root.iterdir()) == ["yeban.toml"]


@pytest.mark.parametrize("name", [each for each in OF_TASKS if each not in (*CHECKED_LATE, "train")])
def test_a_task_that_is_not_configured(name: str) -> None:
    yeban(*typed(name, task="coment"), "--home", "home").failed_with(2, "no task 'coment'", "did you mean 'comment'?")


@pytest.mark.parametrize("name", [each for each, words in SOUND.items() if "FILE" in words])
@pytest.mark.parametrize(
    "file", ["missing.parquet", "text.parquet", ".", "x" * 5000], ids=["missing", "text", "folder", "long"]
)
def test_a_file_that_is_none(home: Home, name: str, file: str) -> None:
    Path("text.parquet").write_text("no table")
    home.change(f'bundle = "{home.bundle}"', "")  # the embedded one
    ran = yeban(*typed(name, file=file), "--home", "home")
    ran.failed_with(ran.code)
    assert ran.code in (1, 2)


@pytest.mark.parametrize(
    ("name", "option"),
    [
        (name, option)
        for name, command in COMMANDS.items()
        for option in ("--date", "--from", "--to")
        if any(option in each.opts for each in command.params)
    ],
)
@pytest.mark.parametrize("day", ["2026-02-30", "05.01.2026", "", "９月"])
def test_a_date_that_is_none(name: str, option: str, day: str) -> None:
    words = [*typed(name), "--home", "home"]
    if option in words:
        words[words.index(option) + 1] = day
    else:
        freezing = name == "monitor night"
        other = {"--from": "--to", "--to": "--from"}[option]
        words += [option, day, *(("--freeze-reference", other, DAY) if freezing else ())]
    yeban(*words).failed_with(2, f"{day!r} is no date")


@pytest.mark.parametrize(
    "words",
    [
        ("runs", "list", "--limit", "many"),
        ("runs", "list", "--limit", "0"),
        ("report", "serve", "--port", "99999"),
        ("predict", "comment", "文", "--top", "0"),
        ("monitor", "show", "comment", "--date", DAY, "--lang", "fr"),
        ("relabel", "export", "comment", "--format", "doc"),
        ("relabel", "pick", "comment", "--budget", "-1"),
        ("relabel", "pick", "comment", "--strategy", "marjin"),
        ("relabel", "pick", "comment", "--strategy", "margin=much"),
        ("nonsense",),
        ("runs", "nonsense"),
        ("--log-json",),
        ("score", "comment", "--date"),
    ],
    ids=" ".join,
)
def test_a_value_that_is_none(words: tuple[str, ...]) -> None:
    ran = (
        yeban(*words).without_traceback()
        if words[0] == "--log-json"
        else yeban(*words, "--home", "home").without_traceback()
    )
    assert ran.code == 2
    assert ran.err


@pytest.mark.parametrize("folder", ["runs", "parts", "bundles", "locks", "alerts", "relabel", "nights"])
@pytest.mark.parametrize(
    "name", ["score", "load", "runs list", "bundles list", "monitor night", "relabel status", "doctor"]
)
def test_a_file_where_a_folder_should_be(home: Home, name: str, folder: str) -> None:
    (home.root / folder).touch()
    assert yeban(*typed(name), "--home", "home").without_traceback().code in (0, 1, 2)


@pytest.mark.parametrize(
    ("name", "option"),
    [("finetune", "new"), ("finetune", "dev"), ("gate", "golden"), ("gate", "recent"), ("relabel effect", "test")],
)
def test_a_condition_without_its_file(name: str, option: str) -> None:
    words = list(typed(name))
    given = words
    if f"--{option}" in words:
        place = words.index(f"--{option}")
        given = words[:place] + words[place + 2 :]
    ran = yeban(*given, f"--{option}-where", "true").without_traceback()
    assert ran.code == 2
    assert f"--{option}-where without --{option}" in ran.err
