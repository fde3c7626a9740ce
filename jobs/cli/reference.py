"""`docs/cli.md`, made from the commands themselves: `make docs`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer.main

FILE: Final = Path(__file__).parents[2] / "docs" / "cli.md"
_CELL_BAR: Final = "\\|"
"""A bar that does not end the cell of a table."""
_HEAD: Final = """\
# The command line

Made from the commands by `make docs`; `yeban COMMAND --help` says the same.

- `--home DIR` is the folder with `yeban.toml`; without it yeban looks from here upward.
- `--json` prints JSON for programs on standard output; what people are told meanwhile goes to standard error.
- `yeban --log-json COMMAND ...` makes standard error JSON lines, each with the id of its run.
- A date is YYYY-MM-DD, `yesterday` or `today`, in the time zone of `yeban.toml`.
- `yeban --install-completion` teaches bash, zsh, fish or PowerShell to complete commands and options;
  `yeban --show-completion` prints what it would install.

| exit code | |
|---|---|
| 0 | done |
| 1 | failed, or done in part |
| 2 | a mistake on the command line or in `yeban.toml` |
| 3 | done, and there is an alert |
| 75 | another run holds the lock of the task: try again later |
| 130, 143 | stopped by Ctrl-C or SIGTERM |
"""


def render_reference(app: typer.Typer) -> str:
    """All commands with their arguments and options, as Markdown.

    Args:
        app: The commands.
    """
    root = typer.main.get_command(app)
    commands = list(walk(root))
    contents = "\n".join(
        f"- [`yeban {' '.join(path)}`](#{_anchor(path)}): {_first_line(each)}" for path, each in commands
    )
    context = root.make_context("yeban", [], resilient_parsing=True)
    general = _table("option", root.params, context)
    sections = "\n".join(_section(path, each) for path, each in commands)
    return f"{_HEAD}\n## Commands\n\n{contents}\n\nBefore the command:\n\n{general}\n\n{sections}"


def walk(group: Any, *above: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with the words that call it, in the order of the help."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from walk(command, *above, name)
        else:
            yield (*above, name), command


def _section(path: tuple[str, ...], command: Any) -> str:
    words, _, example = inspect.cleandoc(command.help).replace("\f", "").partition("Example: ")
    context = command.make_context(" ".join(("yeban", *path)), [], resilient_parsing=True)
    usage = " ".join([context.info_name, *command.collect_usage_pieces(context)])
    blocks = [f"## {context.info_name}", f"`{usage}`", words.strip()]
    for kind in ("argument", "option"):
        parameters = [each for each in command.params if each.param_type_name == kind]
        if parameters:
            blocks.append(_table(kind, parameters, context))
    blocks.append(f"```\n{' '.join(example.split())}\n```")
    return "\n\n".join(blocks) + "\n"


def _table(kind: str, parameters: list[Any], context: Any) -> str:
    """The help of parameters as a table, hidden ones left out."""
    records = [record for each in parameters if (record := each.get_help_record(context)) is not None]
    rows = [f"| `{_cell(name)}` | {_cell(words)} |" for name, words in records]
    return "\n".join([f"| {kind} | |", "|---|---|", *rows])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", _CELL_BAR)


def _first_line(command: Any) -> str:
    return inspect.cleandoc(command.help).splitlines()[0]


def _anchor(path: tuple[str, ...]) -> str:
    return "-".join(("yeban", *path))


def main() -> None:
    """Write the file."""
    from jobs.cli.app import app

    FILE.write_text(render_reference(app), "utf-8")


if __name__ == "__main__":
    main()
