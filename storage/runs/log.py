"""The run log: one JSON file per run. The files are the truth, so a locked warehouse never loses a record."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from storage.errors import ConfigError, TerminalError
from storage.files.atomic import TEMPORARY_PREFIX, write_json
from storage.processes import host_name, is_alive

log = logging.getLogger("yeban.runs")

RunState = Literal["running", "done", "failed", "interrupted", "staged"]
"""`staged`: scored, but the warehouse was locked, so `yeban load` has to bring the parts in."""

_logged: Final[set[Path]] = set()
"""Files that are no runs and that this process has logged: the scheduler looks every minute."""

_METRICS_KEY: Final = "figures"
"""What `metrics` is called on disk and in the warehouse, where it was named so first."""
CHECKED_AT: Final = "checked_at"
"""In `metrics`: when a run that is done was looked at again, and nothing was missing."""
LEFT_OUT: Final = "left_out"
"""In `metrics`: what a run was asked not to do of its job."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One execution of a job.

    Attributes:
        run_id: Its id, also its file name.
        job: What ran: score, load, ...
        task: The task.
        logical_date: The dump's date, where the job has one.
        bundle: The bundle version, where it is known.
        started_at: Start, with a time zone.
        finished_at: End, with a time zone; None while it runs.
        state: How it stands.
        rows: Rows it dealt with.
        units: Units it dealt with.
        failures: What went wrong, one line each.
        metrics: Speed and circumstances, JSON-ready: docs_per_s, tokens_per_s, padding_share, device ...
        host: The machine.
        pid: The process there.
        process_start: When that started, see `storage.processes`; None in older records. No column of the warehouse.
    """

    run_id: str
    job: str
    task: str
    logical_date: date | None
    bundle: str | None
    started_at: datetime
    finished_at: datetime | None
    state: RunState
    rows: int
    units: int
    failures: list[str]
    metrics: Mapping[str, Any]
    host: str
    pid: int
    process_start: str | None = None

    @property
    def done_at(self) -> datetime | None:
        """When it was begun, or was last found to be done; None where it is not done, or not all of it."""
        if self.state != "done" or self.metrics.get(LEFT_OUT):
            return None
        checked = self.metrics.get(CHECKED_AT)
        return max(self.started_at, datetime.fromisoformat(checked)) if checked else self.started_at

    def as_dict(self) -> dict[str, Any]:
        """Flat, JSON-ready form."""
        moments = {
            name: value.isoformat() if value else None
            for name, value in (
                ("logical_date", self.logical_date),
                ("started_at", self.started_at),
                ("finished_at", self.finished_at),
            )
        }
        return {_stored(name): value for name, value in {**asdict(self), **moments}.items()}

    @classmethod
    def from_dict(cls, flat: Mapping[str, Any]) -> RunRecord:
        """Inverse of `as_dict`.

        Raises:
            KeyError, TypeError, ValueError: It is not the dictionary of a run.
        """
        day, end = flat["logical_date"], flat["finished_at"]
        parsed = {
            "logical_date": date.fromisoformat(day) if day else None,
            "started_at": datetime.fromisoformat(flat["started_at"]),
            "finished_at": datetime.fromisoformat(end) if end else None,
        }
        named = {"metrics" if key == _METRICS_KEY else key: value for key, value in {**flat, **parsed}.items()}
        record = cls(**named)
        if record.started_at.tzinfo is None or (record.finished_at and record.finished_at.tzinfo is None):
            raise ValueError("a moment without a time zone can't be compared with others")
        if record.state not in get_args(RunState):
            raise ValueError(f"state {record.state!r}")
        if not isinstance(record.pid, int) or not isinstance(record.process_start, str | None):
            raise TypeError(f"process {record.pid!r}, started {record.process_start!r}")
        if not isinstance(record.metrics, dict) or not isinstance(record.failures, list):
            raise TypeError("figures or failures are of another kind")
        checked = record.metrics.get(CHECKED_AT)
        if checked is not None and datetime.fromisoformat(checked).tzinfo is None:
            raise ValueError(f"{CHECKED_AT} {checked} has no time zone")
        return record


def _stored(name: str) -> str:
    """The key of an attribute of a record on disk."""
    return _METRICS_KEY if name == "metrics" else name


class RunLog:
    """The folder of run files.

    Args:
        root: `runs` under the home; made with the first record.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, record: RunRecord) -> None:
        """Write a record, in place of an earlier one of the same run.

        Raises:
            DiskFull: No space left.
        """
        write_json(self._root / f"{record.run_id}.json", record.as_dict())

    def list(self, task: str | None = None, limit: int | None = None) -> Sequence[RunRecord]:
        """Records, newest first.

        A run that says `running` although its process on this host is gone reads as `interrupted`. A file that is
        no run is left out, for one bad file must not stop all nights; the log names it, once per process.

        Args:
            task: Only runs of this task.
            limit: At most so many.
        """
        records, unreadable = self._read_all()
        for path, error in unreadable.items():
            _warn_once(path, error)
        wanted = [record for record in records if task is None or record.task == task]
        wanted.sort(key=lambda record: (record.started_at, record.run_id), reverse=True)
        return wanted[:limit]

    def unreadable(self) -> Sequence[TerminalError]:
        """What is wrong with each file that `list` leaves out, in the order of their names."""
        return [*self._read_all()[1].values()]

    def get(self, run_id: str) -> RunRecord:
        """The run whose id starts so.

        Args:
            run_id: Enough of the id to distinguish it from others.

        Raises:
            ConfigError: No run starts so, or several do.
            TerminalError: Its file is no run.
        """
        names = [path.stem for path in self._files()]
        found = [run_id] if run_id in names else [name for name in names if name.startswith(run_id)]
        if len(found) != 1:
            raise ConfigError(
                f"{len(found) or 'no'} runs start with {run_id!r}" + (f": {', '.join(found[:5])}" * bool(found)),
                expected="the id of a run, or enough of it to tell it from others",
                action="see `yeban runs list`",
                run_id=run_id,
            )
        return _read(self._root / f"{found[0]}.json")

    def _read_all(self) -> tuple[Sequence[RunRecord], Mapping[Path, TerminalError]]:
        records, unreadable = [], {}
        for path in self._files():
            try:
                records.append(_read(path))
            except FileNotFoundError:
                continue  # a tidy removed it since
            except TerminalError as error:
                unreadable[path] = error
        return records, unreadable

    def _files(self) -> Sequence[Path]:
        return sorted(path for path in self._root.glob("*.json") if not path.name.startswith(TEMPORARY_PREFIX))


def _warn_once(path: Path, error: TerminalError) -> None:
    if path not in _logged:
        _logged.add(path)
        log.warning("%s; the others count as ever. To do: %s", error.got, error.action)


def _read(path: Path) -> RunRecord:
    try:
        record = RunRecord.from_dict(json.loads(path.read_bytes()))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TerminalError(
            f"{path} is not the record of a run: {error!r}",
            expected=f"JSON with {', '.join(_stored(field.name) for field in fields(RunRecord))}",
            action="move it out of the folder",
            path=str(path),
        ) from error
    orphan = (
        record.state == "running"
        and record.host == host_name()
        and not is_alive(record.pid, record.started_at.timestamp(), record.process_start)
    )
    return replace(record, state="interrupted") if orphan else record
