"""bundles list, show, promote, rollback, history."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.config.home import Home
from models.bundle import CARD
from models.registry import EMBEDDED
from tests.support.bare_homes import bare_home
from tests.support.command import CommandResult, yeban
from tests.support.copied_bundles import TASK, add_copies, embedded_version


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return bare_home(tmp_path)


def bundles(home: Home, command: str, *args: object) -> CommandResult:
    return yeban("bundles", command, TASK, *args, "--home", home.root)


def test_the_list_names_the_bundle_in_use_and_its_challengers(home: Home) -> None:
    champion = embedded_version()
    (one,) = add_copies(home.registry, champion)
    rows = {row["bundle"]: row for row in json.loads(bundles(home, "list", "--json").succeeded().out)}
    assert (rows[champion]["in_use"], rows[champion]["embedded"], rows[champion]["role"]) == (True, True, "champion")
    assert (rows[one]["in_use"], rows[one]["role"], rows[one]["gate"]) == (False, "challenger", None)
    lines = bundles(home, "list").succeeded().out.splitlines()
    assert [line.split()[:3] for line in lines if line.startswith(champion)] == [[champion, "(embedded)", "*"]]


def test_promoted_by_force_rolled_back_and_on_record(home: Home) -> None:
    champion, (one,) = embedded_version(), add_copies(home.registry, "one")
    bundles(home, "promote", one).failed_with(1, "no gate was held", f"yeban gate {TASK} {one}")
    shown = bundles(home, "promote", one, "--force", "--reason", "it burns").succeeded().out
    assert f"{one} is in use from now on (forced), {champion} was" in shown
    assert f"{champion} is in use again, {one} was" in bundles(home, "rollback").succeeded().out
    lines = bundles(home, "history").succeeded().out.splitlines()
    assert [f"promote: {champion} -> {one} by " in lines[0], "(forced; it burns)" in lines[0]] == [True, True]
    assert f"rollback: {one} -> {champion} by " in lines[1]


def test_a_task_without_moves_and_without_bundles(home: Home) -> None:
    assert bundles(home, "history").succeeded().out == f"no bundle of {TASK} was promoted yet\n"
    bundles(home, "rollback").failed_with(2, "no promotion to take back")
    assert "no bundle yet; `yeban train weibo" in yeban("bundles", "list", "weibo", "--home", home.root).succeeded().out


def test_the_card_or_the_manifest(home: Home) -> None:
    assert bundles(home, "show").succeeded().out == (EMBEDDED / TASK / CARD).read_text("utf-8")
    flat = json.loads(bundles(home, "show", "--json").succeeded().out)
    assert (flat["version"], flat["task"]) == (embedded_version(), TASK)
