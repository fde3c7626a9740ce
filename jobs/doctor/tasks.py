"""The tasks: their bundles and dumps, and the sinks of their alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from batch.input.sources import find_sources
from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.doctor.check import Diagnosis, ok, problem, warning
from monitoring.alerts.secret import missing_variables
from storage.errors import InputError


def check_bundle(home: Home, task: str) -> Iterator[Diagnosis]:
    """The bundle in use: it opens, and every byte is the one that was saved."""
    about, wanted = f"bundle of {task}", home.config.tasks[task].bundle
    if wanted is not None and _is_elsewhere(home, task, wanted):
        yield ok(about, f"{wanted} on the hub: it is looked for there when it is used")
        return
    registry = home.registry
    if wanted is None and not registry.at_hand(task):
        yield warning(
            about, "none yet", f"run `yeban train {task} --train FILE`, or give `bundle` in yeban.toml, to score it"
        )
        return
    bundle = find_bundle(home, task, None)
    files = len(bundle.manifest.files)
    yield ok(about, f"{bundle.version}: {files} files as they were saved, {len(bundle.manifest.labels)} labels")


def _is_elsewhere(home: Home, task: str, wanted: str) -> bool:
    """Whether it is a hub name: no folder here, and no version that begins so."""
    here = (home.root / wanted).exists() or Path(wanted).expanduser().exists()
    return not here and "/" in wanted and not home.registry.beginning_with(task, wanted)


def check_dump(home: Home, task: str, day: date) -> Iterator[Diagnosis]:
    """Whether the files of a date have come. What lies on another machine is not asked for."""
    about, patterns = f"dump of {task}", home.config.tasks[task].input
    if not patterns:
        yield warning(about, "no `input` in yeban.toml", "set it, or give --input each time")
        return
    remote = [each for each in patterns if "://" in each and not each.startswith("file://")]
    local = [each for each in patterns if each not in remote]
    far = f"; {len(remote)} on other machines not looked at" if remote else ""
    if not local:
        yield ok(about, f"{', '.join(remote)} not looked at: it is on another machine")
        return
    try:
        sources, missing = find_sources(local, day, home.root)
    except InputError as error:
        yield warning(about, error.got, error.action)
        return
    size = sum(source.size for source in sources)
    found = f"{len(sources)} files of {day}, {size / 1e6:,.1f} MB{far}"
    if missing:
        yield warning(about, f"{found}; {missing[0].got}", missing[0].action)
    else:
        yield ok(about, found)


def check_sinks(home: Home, environment: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Whether the sinks of alerts can be reached."""
    sinks = home.config.monitor.sinks
    missing = missing_variables(home.config.monitor.secrets(), environment)
    for name in missing:
        yield warning(
            "sinks", f"the environment variable {name} is not set here", "set it where yeban runs; alerts wait for it"
        )
    lost = [each for sink in sinks for each in sink.problems(home.root)]
    for each in lost:
        yield warning("sinks", each.got, each.action)
    if not sinks:
        yield warning("sinks", "there is none: nobody hears of alerts", "add a [[monitor.sinks]] to yeban.toml")
    elif not missing and not lost:
        yield ok("sinks", ", ".join(sink.kind for sink in sinks))


def check_torch(device: str, precision: str, max_tokens: int | None) -> Iterator[Diagnosis]:
    """The device that torch reports; takes seconds to import.

    Raises:
        ConfigError: It can't compute as yeban.toml asks.
    """
    import torch

    from batch.engine.settings import EngineSettings, resolve_settings

    how = resolve_settings(EngineSettings(device, precision, max_tokens))
    if how.device.startswith("cuda"):
        properties = torch.cuda.get_device_properties(how.device)
        free, total = torch.cuda.mem_get_info(how.device)
        found = f"{properties.name}, {free / 2**30:.1f} of {total / 2**30:.1f} GiB free, {how.precision}"
        if free < total / 2:
            yield warning("torch", found, "see with nvidia-smi who else uses it")
            return
    else:
        found = f"CPU, {torch.get_num_threads()} threads, {how.precision}"
    yield ok("torch", f"{torch.__version__}: {found}")


def check_config(home: Home) -> Iterator[Diagnosis]:
    """yeban.toml has no mistakes, or there would be no home."""
    tasks = home.config.tasks
    if not tasks:
        yield problem("config", f"{home.root / 'yeban.toml'} has no task", "add a section [tasks.NAME]")
    else:
        yield ok("config", f"{home.root / 'yeban.toml'}, tasks {', '.join(tasks)}")
