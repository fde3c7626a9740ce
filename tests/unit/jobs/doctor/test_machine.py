from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jobs.doctor.check import Diagnosis
from jobs.doctor.machine import (
    CONSTRAINTS,
    EXTRAS,
    check_clock,
    check_extras,
    check_packages,
    check_processor,
    check_python,
    has_nvidia,
    installed_versions,
    own_requirements,
    processor_flags,
    read_constraints,
)

NEEDED = ["numpy>=2.0", "torch>=2.9", 'evidently>=0.7; extra == "nights"']
INSTALLED = {"numpy": "2.1.0", "torch": "2.13.0+cpu"}


def only(checks: object) -> Diagnosis:
    (check,) = checks  # type: ignore[misc]
    assert check.level == "ok" or check.action
    return check


def test_an_old_python_is_a_problem() -> None:
    assert only(check_python((3, 11, 7))).level == "ok"
    assert only(check_python((3, 10, 14))).level == "problem"


@pytest.mark.parametrize(
    ("requirements", "installed", "constraints", "level", "said"),
    [
        (NEEDED, INSTALLED, {}, "ok", "2 needed ones are installed"),
        (NEEDED, INSTALLED, {"torch": "2.13.0", "numpy": "2.1.0"}, "ok", "as tested"),
        (NEEDED, INSTALLED, {"numpy": "2.4.1"}, "warning", "numpy 2.1.0 (2.4.1)"),
        (NEEDED, {**INSTALLED, "numpy": "1.26"}, {}, "problem", "numpy>=2.0 is needed, 1.26 is installed"),
        (NEEDED, {"numpy": "2.1.0"}, {}, "problem", "torch>=2.9 is needed, and not installed"),
        ([], INSTALLED, {}, "warning", "yeban is not installed"),
    ],
)
def test_packages(
    requirements: list[str], installed: dict[str, str], constraints: dict[str, str], level: str, said: str
) -> None:
    check = only(check_packages(requirements, installed, constraints))
    assert (check.level, said in check.found) == (level, True), check


def test_many_other_versions_are_counted() -> None:
    constraints = {f"package{number}": "1" for number in range(9)}
    check = only(check_packages(NEEDED, {**INSTALLED, **dict.fromkeys(constraints, "2")}, constraints))
    assert check.found.count("package") == 5
    assert check.found.endswith("and 4 more")


def test_what_is_installed_here_fits() -> None:
    """The machine that tests has what it tests with."""
    constraints = read_constraints(CONSTRAINTS)
    assert len(constraints) > 50
    names = {"numpy", "torch", *constraints}
    assert only(check_packages(own_requirements(), installed_versions(names | {"typer"}), {})).level != "warning"
    assert read_constraints(Path("/nowhere")) == {}


def test_extras_may_be_missing_and_not_half() -> None:
    modules = [name for names, _ in EXTRAS.values() for name in names]
    assert [each.level for each in check_extras(dict.fromkeys(modules, False))] == ["ok", "ok"]
    half = list(check_extras({**dict.fromkeys(modules, True), "pandas": False}))
    assert [each.level for each in half] == ["warning", "ok"]
    assert "pandas" in half[0].found


def test_a_clock_that_was_never_set_is_a_problem() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    assert only(check_clock(datetime(1970, 1, 1, tzinfo=UTC), shanghai, "UTC")).level == "problem"
    check = only(check_clock(datetime(2026, 1, 5, 18, 30, tzinfo=UTC), shanghai, "UTC"))
    assert "2026-01-06 02:30 in Asia/Shanghai" in check.found


@pytest.mark.parametrize(
    ("device", "precision", "nvidia", "flags", "level", "said"),
    [
        ("auto", "auto", False, {"avx2"}, "ok", "not in hardware: fp32"),
        ("auto", "auto", False, {"amx_bf16"}, "ok", "bf16 in hardware"),
        ("auto", "fp16", True, set(), "ok", "NVIDIA GPU"),
        ("cuda:1", "auto", True, set(), "ok", "NVIDIA GPU"),
        ("cuda", "auto", False, set(), "problem", "no driver"),
        ("cpu", "fp16", True, set(), "problem", "fp16"),
        ("auto", "fp16", False, set(), "problem", "fp16"),
    ],
)
def test_processor(device: str, precision: str, nvidia: bool, flags: set[str], level: str, said: str) -> None:
    check = only(check_processor(device, precision, nvidia, frozenset(flags)))
    assert (check.level, said in check.found) == (level, True), check


def test_the_system_is_read(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor : 0\nflags\t\t: fpu amx_bf16\nbugs : x\n")
    assert processor_flags(tmp_path / "cpuinfo") == {"fpu", "amx_bf16"}
    assert processor_flags(tmp_path / "none") == frozenset()
    assert not has_nvidia(tmp_path, tmp_path)
    (tmp_path / "nvidia0").touch()
    assert has_nvidia(tmp_path, tmp_path)
