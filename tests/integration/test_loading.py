"""`yeban load` and the figures after a run: what is missing is said, and what is there is not thrown away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.homes import DAY, NEXT_DAY, Home, comments, covered_once
from tests.support.interrupted_runs import interrupt_at_unit
from tests.support.warehouse_holder import held_open

TEXTS = comments(250)[0]
FILES = {"a.parquet": 250, "b.parquet": 30}


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    home = new_home(rows=100)
    home.dump("a.parquet", TEXTS)
    home.dump("b.parquet", TEXTS[:30])
    return home


def one(home: Home, pattern: str) -> Path:
    return min((home.root / "parts").rglob(pattern))


def figures(said: str) -> list[str]:
    """The lines from the statuses on."""
    lines = said.splitlines()
    return lines[next(number for number, line in enumerate(lines) if "duplicates," in line) :]


def test_load_says_what_a_stopped_run_did_not_stage(home: Home) -> None:
    with interrupt_at_unit(3):
        home.score()
    for rows in ("200 rows loaded", "0 rows loaded"):
        ran = home.load().failed_with(1, "80 planned rows", "`yeban score comment --date 2026-01-05`")
        assert rows in ran.out
    home.score().succeeded()
    assert "nothing to load" in home.load().succeeded().out
    assert covered_once(home, FILES)


def test_load_says_that_parts_were_lost_with_the_warehouse(home: Home) -> None:
    home.score().succeeded()
    one(home, "part-*").unlink()
    home.warehouse.unlink()
    home.load().failed_with(1, "planned rows", "not staged")
    home.score().succeeded()
    assert covered_once(home, FILES)


def test_parts_without_a_plan_are_told(home: Home) -> None:
    with held_new_warehouse(home):
        home.score()
    one(home, "_plan.json").unlink()
    home.load().failed_with(1, "no plan", "`yeban score comment --date 2026-01-05`")
    home.score().succeeded()
    assert covered_once(home, FILES)


def held_new_warehouse(home: Home):  # type: ignore[no-untyped-def]
    home.dump("x.parquet", TEXTS[:1], day=NEXT_DAY)
    home.score(day=NEXT_DAY).succeeded()
    return held_open(home.warehouse)


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"{")], ids=["missing", "damaged"])
def test_a_loaded_units_profile_that_is_gone_harms_nothing(home: Home, harm: Callable[[Path], None]) -> None:
    first = home.score().succeeded()
    harm(one(home, "profile-*"))
    again = home.score().succeeded()
    assert figures(again.out) == figures(first.out)
    assert "0 scored now, 280 done before" in again.out
    home.warehouse.unlink()
    home.load().failed_with(1, "it is discarded")
    home.score().succeeded()
    assert covered_once(home, FILES)


def test_figures_of_units_that_are_staged_no_more_come_from_the_warehouse(home: Home) -> None:
    first = home.score().succeeded()
    for part in (home.root / "parts").rglob("part-*"):
        part.unlink()
    assert figures(home.score().succeeded().out) == figures(first.out)


def test_figures_of_fewer_rows_say_so(home: Home) -> None:
    file = home.folder() / "b.parquet"
    data = file.read_bytes()
    file.write_bytes(data[:4] + bytes(36) + data[40:])  # the first page; the footer stays
    ran = home.score().failed_with(1, "b.parquet cannot be read")
    assert "280 rows in the dump: 250 scored now, 0 done before, 30 left out" in ran.out
    assert "the figures are those of 250 of 280 rows" in ran.out


class TestALostPlan:
    @pytest.fixture
    def staged(self, home: Home) -> Home:
        """Two inputs came one after the other while the warehouse was locked."""
        with held_new_warehouse(home):
            for name in FILES:
                home.score("--input", home.folder() / name).failed_with(1, "has it open")
        one(home, f"logical_date={DAY}/*/_plan.json").unlink()
        return home

    def test_the_parts_of_earlier_inputs_stay(self, staged: Home) -> None:
        staged.score("--input", staged.folder() / "b.parquet").succeeded()
        assert covered_once(staged, FILES)

    def test_rows_that_are_loaded_stay(self, staged: Home) -> None:
        staged.score().succeeded()
        one(staged, f"logical_date={DAY}/*/_plan.json").unlink()
        one(staged, f"logical_date={DAY}/*/part-*").unlink()
        staged.score("--input", staged.folder() / "b.parquet").succeeded()
        assert covered_once(staged, FILES)

    def test_a_locked_warehouse_is_waited_for(self, staged: Home) -> None:
        with held_open(staged.warehouse) as pid:
            ran = staged.score("--input", staged.folder() / "b.parquet")
            ran.failed_with(1, f"process {pid} has it open", "run the same command again")
        staged.score("--input", staged.folder() / "b.parquet").succeeded()
        assert covered_once(staged, FILES)

    def test_parts_of_two_versions_of_a_file_are_not_guessed_at(self, staged: Home) -> None:
        kept = {path: path.read_bytes() for path in (staged.root / "parts").rglob(f"logical_date={DAY}/*/*")}
        staged.dump("a.parquet", ["新"] * 250)
        staged.score("--input", staged.folder() / "a.parquet").succeeded()
        for path, data in kept.items():
            path.write_bytes(data)  # as if the run had been killed before it removed them
        one(staged, f"logical_date={DAY}/*/_plan.json").unlink()
        staged.score("--input", staged.folder() / "b.parquet").failed_with(1, "more than one version", "--input")
        staged.score().succeeded()
        assert covered_once(staged, FILES)
