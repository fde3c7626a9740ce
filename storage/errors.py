"""The error tree.

From top to bottom, what can go wrong:

    YebanError
        TransientError              worth another try
            WarehouseLocked         another process has the DuckDB file open
            SinkFailed              no sink took the alerts; they wait
            TaskWanted              another run waits for the task: a long job gives way
        TerminalError               the same call will fail again
            ConfigError             exit 2: yeban.toml or an option is wrong
            InputError
                NoInput             no file where the dump should be
                UnreadableFile      truncated, not Parquet, no permission
                MissingColumn       a mapped column is not in the file
                FileChanged         another file stands where the planned one was
            BundleError
                BundleIncomplete    a file of the bundle is missing or altered
                BundleContradiction the parts of a bundle disagree
            TrainingError           the training data or recipe cannot work
            NetworkBroken           the network fails on everything it is given
            PackedMisuse            documents could have been mixed
            DiskFull                no space left where we write
            PartCorrupt             a staged part does not hold what its name promises
            ReferenceUnusable       a reference can't be made, or was altered
            GateRefused             a challenger has not passed the gate
            NothingToPick           no text is left that people could label
            DateRetired             the date's predictions were removed, as [retention] demands
            RunLocked               exit 75: another run holds the task
            ExtraMissing            an optional part of yeban is not installed
            PortTaken               another program listens where we should
"""

from __future__ import annotations

from typing import Any, ClassVar


class YebanError(Exception):
    """Base of all errors that a user can cause or fix.

    Args:
        got: What happened or was found, one clause, with the offending value.
        expected: What would have been right.
        action: What the reader should do now.
        **facts: Values that code may want (path, column, pid ...); kept in `facts`.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, got: str, *, expected: str = "", action: str = "", **facts: Any) -> None:
        super().__init__(got)
        self.got = got
        self.expected = expected
        self.action = action
        self.facts = facts

    def __str__(self) -> str:
        lines = [self.got]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.action:
            lines.append(f"  to do:    {self.action}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.got, self.expected, self.action, self.facts)


def _rebuild(kind: type[YebanError], got: str, expected: str, action: str, facts: dict[str, Any]) -> YebanError:
    return kind(got, expected=expected, action=action, **facts)


class TransientError(YebanError):
    """May succeed when tried again later."""


class WarehouseLocked(TransientError):
    """Another process has the DuckDB file open; staged parts are safe and `yeban load` brings them in."""


class SinkFailed(TransientError):
    """A sink did not take the alerts; they wait in the outbox."""


class TaskWanted(TransientError):
    """Another run waits for the task: give it the lock, then take up again."""


class TerminalError(YebanError):
    """Will fail again until something is changed."""


class ConfigError(TerminalError):
    """`yeban.toml` or a command-line option is wrong."""

    exit_code = 2


class InputError(TerminalError):
    """The dump cannot be used as it is."""


class NoInput(InputError):
    """No file where the dump of this date should be."""


class UnreadableFile(InputError):
    """A file is truncated, not Parquet, or may not be read."""


class MissingColumn(InputError):
    """A column that the mapping names is not in the file."""


class FileChanged(InputError):
    """A file is not the one that was planned: it was replaced meanwhile."""


class BundleError(TerminalError):
    """A model bundle cannot be used."""


class BundleIncomplete(BundleError):
    """A file of the bundle is missing or is not the one that was saved."""


class BundleContradiction(BundleError):
    """Two parts of a bundle disagree, such as the label map and the head."""


class TrainingError(TerminalError):
    """Training cannot work with this data or recipe."""


class NetworkBroken(TerminalError):
    """The network fails on everything it is given: it is not the rows' fault."""


class PackedMisuse(TerminalError):
    """Documents of a packed row could have been mixed: a bug, and never the fault of a row."""


class DiskFull(TerminalError):
    """No space left where yeban writes; nothing half-written stays behind."""


class PartCorrupt(TerminalError):
    """A staged part does not hold what its name promises."""


class ReferenceUnusable(TerminalError):
    """There is nothing to measure drift against: a reference can't be made, or is not what was frozen."""


class GateRefused(TerminalError):
    """A challenger may not take the champion's place: it has not passed the gate."""


class NothingToPick(TerminalError):
    """No text is left that people could label."""


class DateRetired(TerminalError):
    """A date's predictions were removed on purpose; nothing brings them back by accident."""


class RunLocked(TerminalError):
    """Another run holds the lock of this task."""

    exit_code = 75


class ExtraMissing(TerminalError):
    """An optional part of yeban is needed and not installed."""


class PortTaken(TerminalError):
    """Another program listens on the port."""
