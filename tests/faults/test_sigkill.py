"""Killed with SIGKILL at random moments and restarted each time: in the end, as if nothing had happened."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.registry import EMBEDDED
from tests.support.command import installed_yeban
from tests.support.homes import DAY, Home, comments, covered_once
from tests.support.killed_runs import KillableRun, RunTiming, Stage, environment_without
from tests.support.test_effort import THOROUGH

REAL = Path(__file__).parents[3] / "shared" / "data" / "comment.parquet"
SEED = 20261123


def write_dump(home: Home, texts: Sequence[str], cuts: Sequence[int]) -> dict[str, int]:
    """Cut texts into files of very different sizes; rows by file."""
    bounds = [0, *cuts, len(texts)]
    files = {}
    for number, (start, stop) in enumerate(pairwise(bounds)):
        name = f"part-{number:05}.parquet"
        table = pa.table({"id": [f"c{row}" for row in range(start, stop)], "text": texts[start:stop]})
        pq.write_table(table, home.folder() / name, row_group_size=3_000)
        files[name] = stop - start
    return files


def assert_the_same_as_undisturbed(home: Home, undisturbed: Home, files: dict[str, int]) -> None:
    assert covered_once(home, files)
    assert home.predictions().equals(undisturbed.predictions())
    assert home.parts() == undisturbed.parts()
    profiles = "SELECT unit, profile FROM profiles ORDER BY ALL"
    assert home.query(profiles) == undisturbed.query(profiles)
    ledger = "SELECT * EXCLUDE (loaded_at) FROM units ORDER BY ALL"
    assert home.query(ledger) == undisturbed.query(ledger)


def assert_each_row_is_its_own(home: Home, rows: int) -> None:
    """Each prediction carries the id of the row that it stands for."""
    matching = home.query(
        """
        SELECT count(*) FROM predictions AS p
        JOIN read_parquet(?, filename = true, file_row_number = true) AS t
          ON t.filename = ? || '/' || p.source_path AND t.file_row_number = p.source_row AND t.id = p.doc_id
        """,
        f"{home.folder()}/*.parquet",
        str(home.root),
    )
    assert matching == [(rows,)]


def assert_a_rerun_adds_nothing_and_needs_no_torch(home: Home, folder: Path) -> None:
    whole = "SELECT * FROM predictions ORDER BY source_path, source_row"
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        before = con.sql(whole).to_arrow_table()
    env = environment_without(folder, "torch", "transformers")
    rerun = installed_yeban("score", "comment", "--date", DAY, "--home", home.root, env=env).succeeded()
    assert f" 0 scored now, {before.num_rows:,} done before" in rerun.out
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        assert con.sql(whole).to_arrow_table().equals(before)


def kill_again_and_again(victim: KillableRun, pace: RunTiming, stages: Sequence[Stage], random: Random) -> None:
    """Kill runs at these stages, one hit for each; a kill that came too late is no hit and is tried again."""
    for stage in stages:
        for _ in range(5):
            if victim.kill_at_random(stage, pace, random):
                break
        else:
            pytest.fail(f"no kill came in time while {stage}")


def stages_of(starting: int, staging: int, loading: int, random: Random) -> list[Stage]:
    """Starting and staging in random order, then loading: that is where a run ends."""
    early: list[Stage] = [*["starting"] * starting, *["staging"] * staging]  # type: ignore[list-item]
    random.shuffle(early)
    return [*early, *["loading"] * loading]  # type: ignore[list-item]


def soak(
    homes: tuple[Home, Home],
    texts: Sequence[str],
    cuts: Sequence[int],
    kills: tuple[int, int, int],
    env: dict[str, str],
) -> None:
    """Score the same dump undisturbed and with kills while starting, staging and loading; compare all there is."""
    undisturbed, home = homes
    folder, random = home.root.parent, Random(SEED)
    files = write_dump(undisturbed, texts, cuts)
    assert write_dump(home, texts, cuts) == files
    pace = KillableRun(undisturbed, folder / "undisturbed.log", env).measure()
    victim = KillableRun(home, folder / "victim.log", env)
    kill_again_and_again(victim, pace, stages_of(*kills, random), random)
    assert len(victim.hits) == sum(kills)
    installed_yeban("score", "comment", "--date", DAY, "--home", home.root, env=env).succeeded()
    assert "Traceback" not in victim.log.read_text("utf-8")
    assert_the_same_as_undisturbed(home, undisturbed, files)
    assert_each_row_is_its_own(home, len(texts))
    assert [path.name for path in home.root.rglob(".tmp-*")] == []
    assert set(home.query("SELECT state FROM runs")) == {("interrupted",), ("done",)}
    assert_a_rerun_adds_nothing_and_needs_no_torch(home, folder / "poisoned")


def test_five_kills(new_home: Callable[..., Home]) -> None:
    homes = (new_home(name="undisturbed", rows=250), new_home(rows=250))
    soak(homes, comments(6_000)[0], (1, 2_222, 2_223), (1, 2, 2), {})


def test_killed_while_it_makes_the_warehouse(new_home: Callable[..., Home], tmp_path: Path) -> None:
    home = new_home()
    files = write_dump(home, comments(500)[0], (100,))
    home.score().succeeded()
    home.warehouse.unlink()
    victim = KillableRun(home, tmp_path / "log", {}, ("load",))
    assert victim.kill("loading", lambda: any(home.root.glob(".tmp-*")), 0.0)
    assert list(home.root.glob(".tmp-*"))
    home.score().succeeded()
    assert covered_once(home, files)
    assert list(home.root.rglob(".tmp-*")) == []


@pytest.mark.thorough
def test_loads_killed_as_the_rows_arrive(new_home: Callable[..., Home], tmp_path: Path) -> None:
    home = new_home(rows=250)
    files = write_dump(home, comments(6_000)[0], (2_222,))
    home.score().succeeded()
    whole = home.predictions()
    victim = KillableRun(home, tmp_path / "log", {}, ("load",))
    for change in range(1, 8, 1 if THOROUGH else 2):
        home.warehouse.unlink()
        victim.kill_at_change(change)
        home.load().without_traceback()
        assert covered_once(home, files)
        assert home.predictions().equals(whole)
    assert len(victim.hits) >= (4 if THOROUGH else 2)
    assert "Traceback" not in victim.log.read_text("utf-8")


def test_a_forced_run_killed_while_it_stages(new_home: Callable[..., Home], tmp_path: Path) -> None:
    home = new_home(rows=250)
    files = write_dump(home, comments(6_000)[0], (2_222,))
    home.score().succeeded()
    whole, parts = home.predictions(), home.root / "parts"
    victim = KillableRun(home, tmp_path / "log", {}, ("score", "comment", "--date", DAY, "--force"))
    for units in (1, 6):
        assert victim.kill("staging", lambda units=units: len(list(parts.rglob("renewed-*"))) >= units, 0.0)
        assert home.predictions().equals(whole)
    ran = home.score().succeeded()
    assert ": 0 scored now" not in ran.out
    assert "6,000 scored now" not in ran.out
    assert covered_once(home, files)
    assert home.predictions().equals(whole)
    assert [*parts.rglob("again-*"), *parts.rglob("renewed-*")] == []
    assert "0 scored now, 6,000 done before" in home.score().succeeded().out


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not REAL.exists(), reason=f"needs the real comments in {REAL}")
def test_twenty_kills_while_scoring_fifty_thousand_real_comments(new_home: Callable[..., Home]) -> None:
    homes, env = (new_home(name="undisturbed"), new_home()), {}
    if (EMBEDDED / "comment").is_dir():  # else the tiny one, which gains nothing from threads and bf16
        env = {"OMP_NUM_THREADS": str(os.cpu_count())}
        for home in homes:
            home.change(f'bundle = "{home.bundle}"', "")
            home.change('precision = "fp32"', 'precision = "auto"')
    texts = pq.read_table(REAL, columns=["text"])["text"].to_pylist()[:50_000]
    soak(homes, texts, (1, 7_000, 19_999, 32_345), (5, 10, 5), env)
