"""What was looked at, how it is, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.doctor.check import EXIT_CODES, Diagnosis, looked_at, ok, problem, warning, worst
from storage.errors import ConfigError

FINE, ODD, BAD = ok("disk", "12 GB free"), warning("runs", "one failed", "look"), problem("bundle", "gone", "restore")


def test_the_worst_decides_the_exit_code() -> None:
    assert [worst(each) for each in ([], [FINE], [FINE, ODD], [BAD, ODD, FINE])] == ["ok", "ok", "warning", "problem"]
    assert [EXIT_CODES[each.level] for each in (FINE, ODD, BAD)] == [0, 0, 1]


def test_as_json_with_an_action_where_there_is_something_to_do() -> None:
    assert FINE.as_dict() == {"about": "disk", "level": "ok", "found": "12 GB free", "action": ""}
    assert (ODD.level, ODD.action, BAD.level, BAD.action) == ("warning", "look", "problem", "restore")


def test_a_check_that_fails_keeps_what_it_had_found() -> None:
    def look() -> Iterator[Diagnosis]:
        yield FINE
        raise ConfigError("no such folder", action="make it")

    assert list(looked_at("disk", look)) == [FINE, problem("disk", "no such folder", "make it")]


def test_what_the_system_refuses_is_a_problem() -> None:
    def look() -> Iterator[Diagnosis]:
        raise PermissionError(13, "Permission denied", "/secret")
        yield FINE

    (found,) = looked_at("locks", look)
    assert (found.level, found.about) == ("problem", "locks")
    assert "can't be looked at" in found.found
    assert "/secret" in found.found
