"""The machine: Python, packages, clock, processor. Nothing heavy is imported for it."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from packaging.requirements import Requirement

from jobs.doctor.check import Diagnosis, ok, problem, warning

CONSTRAINTS: Final = Path(__file__).parents[2] / "constraints.txt"
"""Beside the packages in a checkout; an installed yeban has none."""
LEAST_PYTHON: Final = (3, 11)
EXTRAS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "nights": (("evidently", "apscheduler", "pandas", "plotly"), "Evidently's reports and `yeban schedule`"),
    "relabel": (("cleanlab", "openpyxl", "defusedxml"), "xlsx sheets and doubtful labels"),
}
"""Optional parts: the modules that they bring, and what these are for."""
_FIRST_YEAR: Final = 2025
_SHOWN: Final = 5
_PINNED: Final = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;#]+)")


def check_python(version: tuple[int, ...]) -> Iterator[Diagnosis]:
    """The interpreter."""
    found = f"Python {'.'.join(map(str, version[:3]))}, {platform.system()} {platform.machine()}"
    if version[:2] < LEAST_PYTHON:
        yield problem("python", found, f"install Python {'.'.join(map(str, LEAST_PYTHON))} or newer")
    else:
        yield ok("python", found)


def installed_versions(names: Iterable[str]) -> dict[str, str]:
    """Versions of packages, those that are not installed left out."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def own_requirements() -> Sequence[str]:
    """The requirements in the metadata of the package; none where it runs from a folder and is not installed."""
    try:
        return metadata.requires("yeban") or ()
    except metadata.PackageNotFoundError:
        return ()


def check_packages(
    requirements: Sequence[str], installed: Mapping[str, str], constraints: Mapping[str, str]
) -> Iterator[Diagnosis]:
    """What is installed against what the code needs, and against what it was tested with.

    Args:
        requirements: As in `pyproject.toml`; those of extras are passed over.
        installed: Versions by name.
        constraints: Versions that were tested, by name.
    """
    needed = [
        each for each in map(Requirement, requirements) if each.marker is None or each.marker.evaluate({"extra": ""})
    ]
    wrong = [_shown(each, installed) for each in needed if not _fits(each, installed)]
    if wrong:
        yield problem("packages", "; ".join(wrong), "run `make demo` in yeban's folder, or install it again with pip")
        return
    other = [
        f"{name} {installed[name]} ({version})"
        for name, version in sorted(constraints.items())
        if name in installed and installed[name].partition("+")[0] != version
    ]
    if other:
        more = f" and {len(other) - _SHOWN} more" if len(other) > _SHOWN else ""
        yield warning(
            "packages",
            f"other versions than were tested: {', '.join(other[:_SHOWN])}{more}",
            "install with `pip install -c constraints.txt -e .` where something is odd",
        )
    elif not requirements:
        yield warning("packages", "yeban is not installed: what it needs is not known", "install it with pip")
    else:
        yield ok("packages", f"{len(needed)} needed ones are installed" + ", as tested" * bool(constraints))


def read_constraints(file: Path) -> dict[str, str]:
    """Pinned versions by name; none where there is no such file."""
    if not file.is_file():
        return {}
    return {match["name"]: match["version"] for match in _PINNED.finditer(file.read_text("utf-8"))}


def check_extras(has: Mapping[str, bool]) -> Iterator[Diagnosis]:
    """Optional parts; they are no fault when they are missing.

    Args:
        has: Whether a module is installed, by name.
    """
    for extra, (modules, purpose) in EXTRAS.items():
        missing = [name for name in modules if not has[name]]
        if not missing:
            yield ok(f"extra {extra}", f"installed: {purpose}")
        elif len(missing) == len(modules):
            yield ok(f"extra {extra}", f"not installed; it is for {purpose}")
        else:
            yield warning(
                f"extra {extra}",
                f"{', '.join(missing)} is missing for {purpose}",
                f'pip install "yeban[{extra}]" again',
            )


def check_clock(now: datetime, zone: ZoneInfo, machine_zone: str) -> Iterator[Diagnosis]:
    """The clock and the time zone: what `yesterday` means."""
    local = now.astimezone(zone)
    if now.year < _FIRST_YEAR:
        yield problem("clock", f"it is {local:%Y-%m-%d %H:%M} here", "set the machine's clock")
        return
    same = datetime.now(zone).utcoffset() == datetime.now().astimezone().utcoffset()
    note = "" if same else f"; the hours of a crontab are those of the machine, {machine_zone}"
    yield ok("clock", f"it is {local:%Y-%m-%d %H:%M} in {zone.key}{note}")


def check_processor(device: str, precision: str, nvidia: bool, flags: frozenset[str]) -> Iterator[Diagnosis]:
    """What the network will run on, as far as it is known without torch.

    Args:
        device: `device` of yeban.toml.
        precision: `precision` of it.
        nvidia: A driver of NVIDIA's is loaded.
        flags: What the processor can do.
    """
    bf16 = bool(flags & {"amx_bf16", "avx512_bf16"})
    if device.startswith("cuda") and not nvidia:
        yield problem(
            "processor",
            f"device = {device!r}, and no driver of NVIDIA's is loaded here",
            'set device = "auto" in yeban.toml, or load the driver',
        )
        return
    on_cpu = device == "cpu" or not nvidia
    if on_cpu and precision == "fp16":
        yield problem("processor", "precision = 'fp16' on a CPU", 'set precision = "auto" in yeban.toml')
        return
    where = f"CPU, bf16 {'in hardware' if bf16 else 'not in hardware: fp32'}" if on_cpu else "NVIDIA GPU"
    yield ok("processor", f"{where}; device {device}, precision {precision}; `--torch` asks torch itself")


def processor_flags(file: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """The instruction sets of the processor; none where the system does not list them."""
    try:
        match = re.search(r"^(?:flags|Features)\s*:(.*)$", file.read_text("utf-8", "replace"), re.MULTILINE)
    except OSError:
        return frozenset()
    return frozenset(match[1].split()) if match else frozenset()


def has_nvidia(proc: Path = Path("/proc"), dev: Path = Path("/dev")) -> bool:
    """Whether a driver of NVIDIA's is loaded and a device is there; under WSL the device has another name."""
    return (dev / "nvidia0").exists() or (proc / "driver/nvidia/version").exists() or (dev / "dxg").exists()


def installed_modules() -> dict[str, bool]:
    """Whether each module of an extra is installed; none is imported."""
    return {name: find_spec(name) is not None for modules, _ in EXTRAS.values() for name in modules}


def python_version() -> tuple[int, ...]:
    """Of the interpreter that runs."""
    return tuple(sys.version_info[:3])


def _fits(requirement: Requirement, installed: Mapping[str, str]) -> bool:
    version = installed.get(requirement.name)
    return version is not None and requirement.specifier.contains(version, prereleases=True)


def _shown(requirement: Requirement, installed: Mapping[str, str]) -> str:
    version = installed.get(requirement.name)
    return f"{requirement} is needed, " + (f"{version} is installed" if version else "and not installed")
