"""`yeban`: the commands, and how errors are reported."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from contextvars import copy_context
from typing import Annotated

import typer

from jobs.cli import (
    backfill,
    bundles,
    compact,
    config,
    doctor,
    evaluate,
    finetune,
    gate,
    init,
    load,
    monitor,
    nightly,
    predict,
    relabel,
    report,
    runs,
    schedule,
    score,
    shadow,
    tidy,
    train,
)
from jobs.cli.options import err, say
from jobs.runs.logs import logs_are_json, set_up_logs
from storage.errors import YebanError

app = typer.Typer(
    name="yeban",
    help="夜班: score Chinese text offline and keep the models healthy.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _options(
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Log as JSON lines, with the run's id; also `json` of [logs].")
    ] = False,
) -> None:
    if log_json:
        set_up_logs(as_json=True)


init.add_to(app)
config.add_to(app)
doctor.add_to(app)
score.add_to(app)
load.add_to(app)
backfill.add_to(app)
train.add_to(app)
finetune.add_to(app)
gate.add_to(app)
shadow.add_to(app)
evaluate.add_to(app)
predict.add_to(app)
runs.add_to(app)
tidy.add_to(app)
compact.add_to(app)
bundles.add_to(app)
monitor.add_to(app)
nightly.add_to(app)
schedule.add_to(app)
report.add_to(app)
relabel.add_to(app)


log = logging.getLogger("yeban")

INTERRUPTED, TERMINATED = 130, 143
"""What Ctrl-C and SIGTERM end with: 128 and the number of the signal."""

RESUMED = ("score", "backfill", "load", "nightly", "tidy")
"""Commands that a rerun takes up where they were stopped."""


def main() -> None:
    """Run a command; a user's mistake is a message and an exit code, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal in GBK has no emoji
    set_up_logs(as_json=False)
    try:
        copy_context().run(_run)  # what a command asks for after its runs is for them alone
    except YebanError as error:
        _complain(f"yeban: {error}")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _complain(
            f"yeban: {error}",
            "  expected: files and folders that may be read and written, with space left",
            "  to do:    check the path, its rights and the disk, then run the same command again",
        )
        sys.exit(1)
    except SystemExit as ended:
        if ended.code in (INTERRUPTED, TERMINATED):  # typer turns KeyboardInterrupt into 130 without a message
            say(f"yeban: stopped; {_what_now(sys.argv[1:])}", err)
        raise


def _complain(*lines: str) -> None:
    """Print what went wrong: as text, or as an error of the log where programs read it."""
    if logs_are_json():
        log.error("%s", "\n".join(lines))
    else:
        say("\n".join(lines), err)


def _what_now(typed: list[str]) -> str:
    typed = [each for each in typed if each != "--log-json"]
    if typed[:1] == ["backfill"] and "--force" in typed:
        end = "an earlier --to" if "--newest-first" in typed else "a later --from"
        return f"what was finished is kept; give the same command {end} and it goes on from there"
    if typed and typed[0] in RESUMED:
        return "what was finished is kept, and the same command goes on from here"
    return "the same command begins anew"


def _run() -> None:
    """Run the command; SIGTERM unwinds it as Ctrl-C does: a unit is finished or dropped, locks and records closed."""
    terminated = False

    def terminate(number: int, _frame: object) -> None:
        nonlocal terminated
        terminated = True
        signal.signal(number, signal.SIG_DFL)  # a second one ends at once
        sys.exit(TERMINATED)

    signal.signal(signal.SIGTERM, terminate)
    try:
        app()
    except SystemExit as ended:
        if terminated and ended.code == INTERRUPTED:  # DuckDB had swallowed the exit: storage/warehouse/interrupts.py
            sys.exit(TERMINATED)
        raise
