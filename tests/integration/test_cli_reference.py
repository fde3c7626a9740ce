"""The commands and their page, their help, and the shell that completes them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from jobs.cli.app import app
from jobs.cli.reference import FILE, render_reference, walk
from tests.support.command import YEBAN, environment

COMMANDS = {" ".join(path): command for path, command in walk(typer.main.get_command(app))}
HEAVY = ("torch", "transformers", "polars", "duckdb", "pyarrow", "pandas", "evidently", "numpy")


def test_the_page_is_that_of_the_commands() -> None:
    assert FILE.read_text("utf-8") == render_reference(app), "run `make docs`"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_on_the_page(name: str) -> None:
    """Looked for in the file itself, whatever made it."""
    _, found, section = FILE.read_text("utf-8").partition(f"\n## yeban {name}\n")
    assert found
    section = section.partition("\n## ")[0]
    for each in COMMANDS[name].params:
        for spelling in (*each.opts, *each.secondary_opts):
            assert re.search(rf"(?:`| / ){re.escape(spelling)}(?:\.\.\.)?(?:`| )", section), spelling
        assert each.help.split(";")[0].split("|")[0] in section
    assert f"yeban {name}" in section.rpartition("```\n")[0].rpartition("```\n")[2]


def test_each_help_is_shown_without_anything_heavy() -> None:
    """All of them in one process: what one of them imports is seen at the end."""
    code = (
        "import contextlib, io, json, sys\n"
        "from jobs.cli.app import main\n"
        f"for name in {list(COMMANDS)!r}:\n"
        "    sys.argv = ['yeban', *name.split(), '--help']\n"
        "    with contextlib.redirect_stdout(io.StringIO()) as said:\n"
        "        try: main()\n"
        "        except SystemExit as ended: assert not ended.code, name\n"
        "    assert 'Usage: yeban ' + name in said.getvalue(), said.getvalue()\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def completed(folder: Path, *words: str) -> list[str]:
    """What bash would offer for the last word."""
    asked = {"_YEBAN_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run([YEBAN], cwd=folder, env=environment(asked), capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.stdout.split()


def test_the_shell_completes_commands_options_and_tasks(tmp_path: Path) -> None:
    (tmp_path / "yeban.toml").write_text('[tasks.comment]\n[tasks.weibo]\n[tasks."情感"]\n', "utf-8")
    deep = tmp_path / "dumps"
    deep.mkdir()
    assert completed(tmp_path, "yeban", "sco") == ["score"]
    assert completed(tmp_path, "yeban", "runs", "s") == ["show"]
    assert "--date" in completed(tmp_path, "yeban", "score", "comment", "--d")
    assert completed(deep, "yeban", "score", "w") == ["weibo"]
    assert completed(deep, "yeban", "load", "情") == ["情感"]
    assert completed(Path("/"), "yeban", "score", "--home", str(tmp_path), "c") == ["comment"]


@pytest.mark.parametrize("text", ["tasks = 3", "[tasks", "tasks = [1]"])
def test_a_broken_file_completes_nothing_and_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "yeban.toml").write_text(text, "utf-8")
    assert completed(tmp_path, "yeban", "score", "c") == []


def test_completion_is_printed_for_bash(tmp_path: Path) -> None:
    env = environment({"_YEBAN_COMPLETE": "source_bash"})
    done = subprocess.run([YEBAN], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert "complete -o default -F _yeban_completion yeban" in done.stdout
