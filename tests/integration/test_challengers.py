"""From new labels to a new champion through the command line: fine-tune, gate, promote, roll back."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from jobs.bundles.promote import PromoteRequest, promote
from jobs.config.file import find_home
from jobs.runs.context import quiet_context
from models.bundle import open_bundle, seal_bundle
from models.registry import Registry
from tests.support.drift_scenario import DriftScenario
from tests.support.forked_processes import ForkedFunction

KEEP_OUT = ("--keep-out", "{root}/golden.parquet", "--keep-out", "{root}/recent.parquet")


@pytest.fixture(scope="module")
def world(new_world: Callable[[str], DriftScenario]) -> DriftScenario:
    """A world that the tests share: each leaves the champion in use that it found."""
    return new_world("weibo")


@pytest.fixture(scope="module", params=["comment", "weibo", "news"])
def each_task(request: pytest.FixtureRequest, new_world: Callable[[str], DriftScenario]) -> DriftScenario:
    shared: DriftScenario = request.getfixturevalue("world") if request.param == "weibo" else None
    return shared or new_world(request.param)


def kept_out(world: DriftScenario) -> list[str]:
    return [each.format(root=world.home.root) for each in KEEP_OUT]


def failed_checks(world: DriftScenario, challenger: str) -> list[str]:
    ran = world.gate(challenger, "--json").without_traceback()
    report = json.loads(ran.out)["report"]
    assert ran.code == (0 if report["passed"] else 1)
    return [check["name"] for check in report["checks"] if not check["passed"]]


def listed(world: DriftScenario) -> dict[str, Any]:
    rows = json.loads(world.run("bundles list", "--json").succeeded().out)
    return {row["bundle"]: row for row in rows}


def history(world: DriftScenario) -> list[dict[str, Any]]:
    flat: list[dict[str, Any]] = json.loads(world.run("bundles history", "--json").succeeded().out)
    return flat


def test_the_whole_way(each_task: DriftScenario) -> None:
    world = each_task
    registry, task = Registry(world.home.root / "bundles"), world.home.task
    champion = registry.champion(task)
    assert champion is not None
    first = history(world)[0]
    assert (first["action"], first["after"], first["happened"]) == ("first", champion, True)

    challenger = world.finetune(*kept_out(world), settings=["seed=3"])
    rows = listed(world)
    assert (rows[champion]["role"], rows[challenger]["role"]) == ("champion", "challenger")
    assert (rows[challenger]["parent"], rows[challenger]["gate"]) == (champion, None)
    assert open_bundle(registry.at_hand(task)[challenger]).reference() is not None

    world.run("bundles promote", challenger).failed_with(1, f"no gate was held for {challenger} against {champion}")
    assert registry.champion(task) == champion

    assert failed_checks(world, challenger) == []
    report = registry.gate_file(task, challenger, champion)
    assert "通过" in report.with_suffix(".html").read_text("utf-8")
    assert open_bundle(registry.at_hand(task)[challenger]).version == challenger
    assert listed(world)[challenger]["gate"] is True
    assert challenger in world.run("bundles list").succeeded().out

    said = world.run("bundles promote", challenger[:8]).succeeded().out
    assert f"{challenger} is in use from now on" in said
    assert listed(world)[challenger]["in_use"]
    last = history(world)[-1]
    assert (last["before"], last["after"], last["forced"]) == (champion, challenger, False)
    assert last["gate"] is not None
    world.run("bundles promote", challenger).failed_with(2, "in use already")

    world.run("bundles rollback", "--reason", "试试").succeeded()
    assert registry.champion(task) == champion
    assert "试试" in world.run("bundles history").succeeded().out
    moves = len(history(world))
    if task == "comment":  # before the first one, the embedded bundle was in use
        world.run("bundles rollback").succeeded()
    world.run("bundles rollback").failed_with(2, "no promotion to take back")
    assert len(history(world)) == moves + (task == "comment")


def test_a_worse_challenger_is_refused_by_the_golden_set(world: DriftScenario) -> None:
    shift = {kind: (kind + 1) % 6 for kind in range(6)}
    wrong = world.write("wrong", 240, 6, fresh=0.5, swap=shift)
    challenger = world.finetune(*kept_out(world), "--new", wrong, settings=["alphas=[1.0]", "rehearsal=0.5", "seed=2"])
    failed = failed_checks(world, challenger)
    assert {"golden", "recent"} <= set(failed)
    assert not {"leakage", "speed", "rows"} & set(failed)
    world.run("bundles promote", challenger).failed_with(1, "the gate refused", "golden: macro-F1")
    assert listed(world)[challenger]["gate"] is False


@pytest.fixture(scope="module")
def good(world: DriftScenario) -> str:
    """A challenger that passes."""
    version = world.finetune(*kept_out(world))
    assert failed_checks(world, version) == []
    return version


def test_a_miscalibrated_challenger_is_refused_by_the_calibration(world: DriftScenario, good: str) -> None:
    root = world.home.root / "bundles" / "weibo"
    bundle = open_bundle(root / good)
    folder = Path(shutil.copytree(bundle.path, root / ".cold"))
    flat = seal_bundle(folder, bundle.manifest.model_copy(update={"temperature": 8 * bundle.manifest.temperature}))
    folder.rename(root / flat.version)
    assert failed_checks(world, flat.version) == ["calibration"]


def test_a_leaking_challenger_is_refused_by_the_leakage(world: DriftScenario) -> None:
    new, golden = pl.read_parquet(world.file("new")), pl.read_parquet(world.file("golden"))
    stolen = golden.head(5).with_columns(pl.col("text") + "。")
    file = world.home.root / "stolen.parquet"
    pl.concat([new, stolen]).write_parquet(file)
    leaking = world.finetune("--new", file)
    assert failed_checks(world, leaking) == ["leakage"]
    clean = world.finetune("--new", file, *kept_out(world))
    assert failed_checks(world, clean) == []


def test_one_that_is_better_overall_but_worse_on_a_class_is_refused_by_the_classes(world: DriftScenario) -> None:
    """Five classes learn their new words; three in ten rows of the sixth are taught as another."""
    world.write("biased", 480, 7, fresh=0.6, swap={5: 0}, share=0.6)
    challenger = world.finetune(
        *kept_out(world), "--new", world.file("biased"), settings=["alphas=[1.0]", "rehearsal=0.3", "seed=4"]
    )
    ran = world.gate(challenger, "--json")
    flat = json.loads(ran.out)
    checks = {check["name"]: check for check in flat["report"]["checks"]}
    assert flat["evidence"]["recent"]["macro_f1"]["value"] > 0
    assert checks["recent"]["passed"]
    assert not checks["classes"]["passed"]
    assert "surprise" in checks["classes"]["why"]["zh"]


def test_a_refused_one_needs_force_and_a_reason(world: DriftScenario, good: str) -> None:
    registry = Registry(world.home.root / "bundles")
    champion = registry.champion("weibo")
    other = world.train("schedule.epochs=1", "seed=9")
    world.run("bundles promote", other, "--force").failed_with(2, "--force without a reason")
    world.run("bundles promote", other, "--force", "--reason", " ").failed_with(2, "--force without a reason")
    assert registry.champion("weibo") == champion
    assert "(forced)" in world.run("bundles promote", other, "--force", "--reason", "演练").succeeded().out
    last = history(world)[-1]
    assert (last["forced"], last["reason"], last["gate"]) == (True, "演练", None)
    # the gate of `good` was held against another champion: it does not count for this one
    world.run("bundles promote", good).failed_with(1, f"no gate was held for {good} against {other}")
    world.run("bundles rollback").succeeded()
    assert registry.champion("weibo") == champion
    world.run("bundles promote", "nosuch").failed_with(1, "'nosuch' fits 0 bundles")


def test_a_report_that_is_not_one_counts_for_none(world: DriftScenario, good: str) -> None:
    registry = Registry(world.home.root / "bundles")
    champion = registry.champion("weibo")
    assert champion is not None
    file = registry.gate_file("weibo", good, champion)
    kept = file.read_bytes()
    try:
        file.write_text("{}")
        world.run("bundles promote", good).failed_with(1, "can't be understood")
        flat = json.loads(kept)
        flat["report"]["challenger"] = "0" * 12
        file.write_text(json.dumps(flat))
        world.run("bundles promote", good).failed_with(1, "is about 000000000000")
        flat = json.loads(kept)
        flat["report"]["checks"][0]["passed"] = False  # `passed` above it still says true
        file.write_text(json.dumps(flat))
        world.run("bundles promote", good).failed_with(1, "the gate refused")
    finally:
        file.write_bytes(kept)


def promote_and_die(root: str, version: str, moment: str) -> None:
    """Runs in another process: promote, and die at the pointer."""
    set_champion = Registry.set_champion

    def dies(self: Registry, task: str, version: str) -> None:
        if moment == "after the pointer":
            set_champion(self, task, version)
        os.kill(os.getpid(), signal.SIGKILL)

    Registry.set_champion = dies  # type: ignore[method-assign]
    promote(find_home(Path(root), Path()), PromoteRequest("weibo", version), quiet_context())


@pytest.mark.parametrize("moment", ["before the pointer", "after the pointer"])
def test_a_promotion_that_is_killed(world: DriftScenario, good: str, moment: str) -> None:
    """The process dies between the line of the history and the pointer, or just after the pointer."""
    registry = Registry(world.home.root / "bundles")
    champion, lines = registry.champion("weibo"), len(history(world))
    with ForkedFunction(__name__, "promote_and_die", world.home.root, good, moment) as process:
        assert process.wait() == -signal.SIGKILL
    moved = moment == "after the pointer"
    assert registry.champion("weibo") == (good if moved else champion)
    told = history(world)
    assert len(told) == lines + 1
    assert told[-1]["happened"] is moved
    if not moved:
        assert "was begun and did not happen" in world.run("bundles history").succeeded().out
        world.run("bundles promote", good).succeeded()
    assert registry.champion("weibo") == good
    world.run("bundles rollback").succeeded()
    assert registry.champion("weibo") == champion
    assert [each["happened"] for each in history(world)[lines:]] == ([True, True] if moved else [False, True, True])


def test_what_yeban_toml_names_counts_more(world: DriftScenario, good: str) -> None:
    text = world.home.config.read_text("utf-8")
    try:
        world.home.change("[tasks.weibo.columns]", f'bundle = "{good}"\n[tasks.weibo.columns]')
        world.run("bundles promote", good).failed_with(2, "yeban.toml names the bundle of task 'weibo'")
        world.run("bundles rollback").failed_with(2, "yeban.toml names the bundle")
        world.gate(good).failed_with(2, "in use already")
    finally:
        world.home.config.write_text(text, "utf-8")


BAD = {
    "no such file": (["--rehearsal", "{root}/nowhere.parquet"], 1, "nowhere.parquet cannot be read"),
    "unknown setting": (["--set", "epochs=3"], 2, "epochs"),
    "an alpha outside": (["--set", "alphas=[2.0]"], 2, "expected numbers from 0"),
    "adaptation without text": (["--set", "adaptation.epochs=1"], 2, "adaptation.epochs, but no text"),
    "text without adaptation": (["--unlabelled", "{root}/new.parquet"], 2, "--unlabelled without"),
}


@pytest.mark.parametrize(("args", "code", "message"), BAD.values(), ids=BAD)
def test_fine_tuning_that_cannot_work(world: DriftScenario, args: list[str], code: int, message: str) -> None:
    given = [each.format(root=world.home.root) for each in args]
    before = world.versions()
    files = ("--new", world.file("new"), "--rehearsal", world.file("train"))
    world.run("finetune", *files, *given).failed_with(code, message)
    assert world.versions() == before
    assert not list((world.home.root / "bundles").rglob(".training-*"))


def test_adaptation_by_command(world: DriftScenario) -> None:
    version = world.finetune(
        "--unlabelled", world.file("recent"), settings=["adaptation.epochs=1", "schedule.epochs=1", "seed=11"]
    )
    manifest = open_bundle(world.home.root / "bundles" / "weibo" / version).manifest
    assert [each.role for each in manifest.lineage.data] == ["new", "rehearsal", "unlabelled"]
    assert "leakage" in failed_checks(world, version)  # it has read the recent rows
