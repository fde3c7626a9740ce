"""Which bundle is in use: promoted through the gate, rolled back, and every move on record."""

from __future__ import annotations

import getpass
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from jobs.config.home import Home
from jobs.runs.locks import task_lock
from models.evaluation.gate_record import GateReport
from models.history import Move, carried_out, version_before
from models.registry import Registry
from storage.errors import BundleIncomplete, ConfigError, GateRefused
from storage.processes import host_name


@dataclass(frozen=True, slots=True)
class PromoteResult:
    """A line of the history, and whether it happened: a process may have been killed before the pointer moved."""

    move: Move
    happened: bool


def promote(home: Home, task: str, wanted: str, *, force: bool = False, reason: str = "") -> Move:
    """Put a challenger in the champion's place.

    Args:
        home: The home.
        task: The task's name.
        wanted: The challenger's version, or its unique beginning.
        force: Do without a passed gate.
        reason: Why; needed with `force`.

    Raises:
        GateRefused: There is no report of a gate about exactly this pair, or it was not passed.
        BundleError: There is no such bundle, or it is not whole.
        ConfigError: `force` without a reason, or yeban.toml names the bundle to use.
    """
    _check_pointer_counts(home, task)
    if force and not reason.strip():
        raise ConfigError(
            "--force without a reason",
            expected="why a gate that was not passed should not count",
            action='give --reason "..."; it stays in the history',
        )
    registry = home.registry
    with task_lock(home.locks, task, "bundles"):
        version = _whole(registry, task, wanted)
        before = registry.in_use(task)
        if version == before:
            raise ConfigError(
                f"bundle {version} is in use already", expected="another version", action=f"yeban bundles list {task}"
            )
        gate, refusal = _gate(registry, task, version, before) if before else (None, None)
        if refusal is not None and not force:
            raise refusal
        move = Move(
            at=datetime.now(UTC),
            who=_who(),
            action="promote" if before else "first",
            before=before,
            after=version,
            gate=gate,
            reason=reason,
            forced=refusal is not None,
        )
        registry.move(task, move)
    return move


def rollback(home: Home, task: str, *, reason: str = "") -> Move:
    """Go back to what was in use before the last promotion; again, to what was before that.

    Raises:
        BundleError: That bundle is gone or not whole.
        ConfigError: There is nothing to go back to, or yeban.toml names the bundle to use.
    """
    _check_pointer_counts(home, task)
    registry = home.registry
    with task_lock(home.locks, task, "bundles"):
        now_in_use = registry.in_use(task)
        target = version_before(carried_out(registry.moves(task), now_in_use))
        if target is None:
            raise ConfigError(
                f"task {task!r} has no promotion to take back",
                expected="a promotion in its history",
                action=f"see `yeban bundles history {task}`; `yeban bundles promote` puts any bundle in use",
            )
        version = _whole(registry, task, target)
        move = Move(datetime.now(UTC), _who(), "rollback", now_in_use, version, reason=reason)
        registry.move(task, move)
    return move


def promote_first(home: Home, task: str, version: str) -> bool:
    """Put the first bundle that is trained for a task in use: nothing is there to lose.

    Returns:
        Whether it is the first.
    """
    registry = home.registry
    with task_lock(home.locks, task, "bundles"):
        if registry.champion(task) is not None:
            return False
        before = registry.in_use(task)
        registry.move(task, Move(datetime.now(UTC), _who(), "first", before, version))
        return True


def history(home: Home, task: str) -> list[PromoteResult]:
    """All moves, oldest first."""
    registry = home.registry
    moves = registry.moves(task)
    happened = {id(move) for move in carried_out(moves, registry.in_use(task))}
    return [PromoteResult(move, id(move) in happened) for move in moves]


def gate_verdict(registry: Registry, task: str, challenger: str, champion: str | None) -> bool | None:
    """Whether a challenger has passed the gate against a champion; None where it was not asked."""
    if champion is None or not registry.gate_file(task, challenger, champion).is_file():
        return None
    return _gate(registry, task, challenger, champion)[1] is None


def _gate(registry: Registry, task: str, version: str, before: str) -> tuple[str | None, GateRefused | None]:
    """Digest of the gate's report about a pair, and why it does not allow the promotion."""
    file = registry.gate_file(task, version, before)
    again = f"yeban gate {task} {version}"
    if not file.is_file():
        return None, GateRefused(
            f"no gate was held for {version} against {before}, which is in use",
            expected=f"a passed report, {file.name}",
            action=f"run `{again}`, or promote with --force --reason TEXT",
        )
    data = file.read_bytes()
    gate = hashlib.sha256(data).hexdigest()
    try:
        report = GateReport.from_dict(json.loads(data)["report"])
    except (ValueError, KeyError, TypeError) as error:
        return gate, GateRefused(
            f"{file} can't be understood: {error!r}", expected="a report of the gate", action=f"run `{again}` again"
        )
    if (report.challenger, report.champion) != (version, before):
        return gate, GateRefused(
            f"{file} is about {report.challenger} against {report.champion}",
            expected=f"{version} against {before}",
            action=f"run `{again}` again",
        )
    if not report.passed:
        failed = "; ".join(f"{check.name}: {check.why.en}" for check in report.checks if not check.passed)
        return gate, GateRefused(
            f"the gate refused {version} against {before}: {failed}",
            expected="every check passed",
            action=f"see {file.with_suffix('.html')}; mend what it names, or promote with --force --reason TEXT",
        )
    return gate, None


def _whole(registry: Registry, task: str, wanted: str) -> str:
    """The version that is meant; opening it proves that it is whole."""
    known = registry.beginning_with(task, wanted)
    if len(known) != 1:
        raise BundleIncomplete(
            f"{wanted!r} fits {len(known)} bundles of task {task!r}" + (f": {', '.join(known)}" if known else ""),
            expected="the version of one bundle, or its beginning",
            action=f"see `yeban bundles list {task}`",
        )
    (version,) = known
    return registry.open_version(task, version).version


def _check_pointer_counts(home: Home, task: str) -> None:
    configured = home.config.tasks[task].bundle if task in home.config.tasks else None
    if configured:
        raise ConfigError(
            f"yeban.toml names the bundle of task {task!r}: {configured}",
            expected="no `bundle` there: it counts more than what is promoted",
            action=f"take `bundle` out of [tasks.{task}], then run the same command again",
        )


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        user = "?"
    return f"{user}@{host_name()}"
