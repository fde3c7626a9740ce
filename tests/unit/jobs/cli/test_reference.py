"""`docs/cli.md`, made from the commands themselves."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli.reference import render_reference, walk


def _app() -> typer.Typer:
    app, group = typer.Typer(name="yeban", rich_markup_mode=None), typer.Typer(rich_markup_mode=None)

    @app.callback()
    def options(loud: Annotated[bool, typer.Option("--loud", help="Shout.")] = False) -> None:
        """Everything."""

    @app.command("sing")
    def sing(
        song: Annotated[str, typer.Argument(help="Which one.")],
        key: Annotated[str, typer.Option("--key", help="A|B, or another.")] = "C",
        secret: Annotated[str, typer.Option("--secret", hidden=True)] = "",
    ) -> None:
        """Sing a song.

        Slowly.

        Example: yeban sing
        moon
        """

    @group.command("stop")
    def stop() -> None:
        """Stop it.

        Example: yeban choir stop
        """

    app.add_typer(group, name="choir")
    return app


def test_commands_of_groups_are_found_in_their_order() -> None:
    assert [path for path, _ in walk(typer.main.get_command(_app()))] == [("sing",), ("choir", "stop")]


def test_each_command_has_its_section() -> None:
    page = render_reference(_app())
    assert "- [`yeban choir stop`](#yeban-choir-stop): Stop it.\n" in page
    assert "| `--loud` | Shout. |" in page.partition("## yeban sing")[0]
    section = page.partition("## yeban sing")[2].partition("## yeban choir stop")[0]
    assert "Sing a song.\n\nSlowly.\n" in section
    assert "```\nyeban sing moon\n```" in section, "an example is one line"
    assert "Which one." in section


def test_bars_do_not_end_a_cell_and_hidden_options_are_left_out() -> None:
    page = render_reference(_app())
    assert "A\\|B, or another." in page
    assert "--secret" not in page
