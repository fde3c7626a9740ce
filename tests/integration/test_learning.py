"""Train, evaluate and score through the command line: the figures agree to the row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.dev_reference import dev_reference
from batch.engine.settings import EngineSettings
from batch.scorer import Scorer
from models.bundle import open_bundle
from models.registry import EMBEDDED
from models.training.data import LabelledSource, hold_out, read_labelled
from tests.support.bundles import TINY
from tests.support.command import yeban
from tests.support.homes import DAY, Home, comments
from tests.support.test_effort import THOROUGH

REAL = Path(__file__).parents[3] / "shared" / "data" / "comment.parquet"


def right_in_sql(home: Home, file: Path) -> int:
    """How many predictions of a labelled file's rows are right, asked of the warehouse and the file alone."""
    sql = """
        SELECT count(*) FROM predictions AS p
        JOIN (SELECT label, file_row_number AS row FROM read_parquet(?, file_row_number = true)) AS t
          ON t.row = p.source_row
        JOIN bundles AS b USING (task, bundle)
        WHERE p.source_path = ? AND p.label = b.labels[t.label + 1]
    """
    return int(home.query(sql, str(file), file.relative_to(home.root).as_posix())[0][0])


def agree(home: Home, file: Path) -> tuple[int, int]:
    """Score and evaluate a file of a home; rows that are right by the one and by the other."""
    home.score("--input", file).succeeded()
    ran = yeban("evaluate", home.task, "--data", file, "--json", "--home", home.root).succeeded()
    evaluation = json.loads(ran.out)
    assert evaluation["rows"] == home.count()
    return right_in_sql(home, file), evaluation["correct"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a bundle that was trained there, and labelled rows that training never saw."""
    home = Home(tmp_path_factory.mktemp("trained"), "comment", Path())
    home.configure(rows=64)
    home.change('bundle = "."', "")
    for name, count, seed in (("train", 400, 11), ("test", 150, 12)):
        texts, labels = comments(count, seed)
        if name == "test":
            texts[:4], labels[:4] = ["", "  ", "👍👍", texts[9]], labels[:4]
        indices = [("negative", "positive").index(label) for label in labels]
        pq.write_table(
            pa.table({"id": list(map(str, range(count))), "text": texts, "label": indices}),
            home.root / f"{name}.parquet",
        )
    settings = [*TINY, "schedule.epochs=3", "schedule.batch_docs=16", "optimizer.learning_rate=5e-3"]
    sets = [word for setting in settings for word in ("--set", setting)]
    ran = yeban("train", "comment", "--train", home.root / "train.parquet", *sets, "--home", home.root).succeeded()
    assert "in use from now on" in ran.out
    return home


def test_training_makes_a_bundle_that_learned_something(trained: Home) -> None:
    listed = json.loads(yeban("bundles", "list", "comment", "--json", "--home", trained.root).succeeded().out)
    assert [(each["in_use"], each["embedded"]) for each in listed] == [(True, False), (False, True)]
    assert listed[0]["accuracy"] > 0.8
    version = listed[0]["bundle"]
    shown = yeban("bundles", "show", "comment", "--home", trained.root).succeeded().out
    assert f"# comment, bundle {version}" in shown
    assert "| train | train.parquet | 400 |" in shown
    manifest = json.loads(
        yeban("bundles", "show", "comment", version[:5], "--json", "--home", trained.root).succeeded().out
    )
    assert manifest["version"] == version
    assert manifest["labels"] == ["negative", "positive"]
    assert version in yeban("bundles", "list", "comment", "--home", trained.root).succeeded().out


def test_a_bundle_carries_the_reference_of_its_dev_rows(trained: Home) -> None:
    listed = json.loads(yeban("bundles", "list", "comment", "--json", "--home", trained.root).succeeded().out)
    bundle = open_bundle(trained.root / "bundles" / "comment" / listed[0]["bundle"])
    rows = read_labelled(LabelledSource(str(trained.root / "train.parquet")), bundle.labels)
    recipe = bundle.manifest.lineage.recipe
    _, dev = hold_out(rows, recipe["dev_share"], np.random.default_rng(recipe["seed"]))
    scorer = Scorer(bundle, EngineSettings("cpu", "fp32"))
    reference = bundle.reference()
    assert reference == dev_reference(scorer, dev, texts=True)
    assert reference is not None
    assert reference.sample is not None
    assert sorted(reference.sample["text"].to_pylist()) == sorted(bundle.cleaner().clean(dev.texts).to_list())
    assert reference.confusion is not None
    right = sum(row[place] for place, row in enumerate(reference.confusion))
    assert abs(right - bundle.manifest.lineage.dev_metrics["correct"]) <= 1  # training may compute in bf16


def test_training_can_leave_texts_out(trained: Home, tmp_path: Path) -> None:
    home = Home(tmp_path, "comment", tmp_path)
    home.configure()
    chosen = (*TINY, "schedule.epochs=1", "reference_texts=false")
    sets = [word for setting in chosen for word in ("--set", setting)]
    yeban("train", "comment", "--train", trained.root / "train.parquet", *sets, "--home", home.root).succeeded()
    (folder,) = {path.parent for path in (home.root / "bundles" / "comment").glob("*/manifest.json")}
    reference = open_bundle(folder).reference()
    assert reference is not None
    assert reference.sample is None
    assert reference.profile.total.rows == 40
    assert list(folder.rglob("*.parquet")) == []


@pytest.mark.skipif(not REAL.exists(), reason=f"needs the real comments in {REAL}")
@pytest.mark.slow
def test_the_embedded_bundle_carries_the_counts_of_its_dev_rows() -> None:
    bundle = open_bundle(EMBEDDED / "comment")
    dev = read_labelled(LabelledSource(str(REAL), "split = 'dev'"), bundle.labels)
    carried = bundle.reference()
    assert carried is not None
    assert carried.sample is None
    assert list(bundle.path.rglob("*.parquet")) == []
    found = dev_reference(Scorer(bundle, EngineSettings("cpu", "fp32")), dev, texts=False)
    assert carried.profile.tokens == found.profile.tokens
    assert carried.profile.total.lengths == found.profile.total.lengths
    difference = np.abs(np.subtract(carried.confusion, found.confusion))
    assert difference.sum() <= 10  # another processor rounds otherwise


def test_accuracy_in_sql_is_that_of_evaluate_to_the_row(trained: Home) -> None:
    in_sql, in_evaluate = agree(trained, trained.root / "test.parquet")
    assert in_sql == in_evaluate
    assert in_sql > 100


def test_evaluate_writes_json_and_a_page(trained: Home) -> None:
    version = json.loads(yeban("bundles", "list", "comment", "--json", "--home", trained.root).out)[0]["bundle"]
    args = ("--data", trained.root / "test.parquet", "--out", trained.root / "there")
    ran = yeban("evaluate", "comment", *args, "--home", trained.root).succeeded()
    assert version in ran.out
    assert "150" in ran.out
    assert json.loads((trained.root / "there" / "evaluation.json").read_text())["bundle"] == version
    assert version in (trained.root / "there" / "evaluation.html").read_text("utf-8")


def test_a_second_bundle_waits_for_its_promotion(trained: Home) -> None:
    args = ("--train", trained.root / "train.parquet", "--set", "schedule.epochs=1", "--set", "seed=1")
    sets = [word for setting in TINY for word in ("--set", setting)]
    ran = yeban("train", "comment", *args, *sets, "--home", trained.root).succeeded()
    assert "not in use yet: score with --bundle" in ran.out
    listed = json.loads(yeban("bundles", "list", "comment", "--json", "--home", trained.root).succeeded().out)
    assert sorted(each["in_use"] for each in listed if not each["embedded"]) == [False, True]


def test_a_bundle_that_yeban_toml_passes_over_is_not_said_to_be_in_use(trained: Home, tmp_path: Path) -> None:
    home = Home(tmp_path, "comment", tmp_path / "elsewhere")
    home.configure()
    sets = [word for setting in (*TINY, "schedule.epochs=1") for word in ("--set", setting)]
    ran = yeban("train", "comment", "--train", trained.root / "train.parquet", *sets, "--home", home.root).succeeded()
    assert f"not in use: yeban.toml names {tmp_path / 'elsewhere'}" in ran.out


BAD_TRAINING = {
    "no such file": (["--train", "nowhere.parquet"], 1, "nowhere.parquet cannot be read"),
    "no such column": (["--train", "{root}/train.parquet", "--label-column", "stars"], 1, "stars"),
    "unknown label": (
        ["--train", "{root}/train.parquet", "--label-column", "id"],
        1,
        "label that the task does not know",
    ),
    "unknown setting": (["--train", "{root}/train.parquet", "--set", "epochs=3"], 2, "epochs"),
    "no recipe": (["--train", "{root}/train.parquet", "--recipe", "nowhere.toml"], 2, "no recipe nowhere.toml"),
}


@pytest.mark.parametrize(("args", "code", "message"), BAD_TRAINING.values(), ids=BAD_TRAINING)
def test_training_that_cannot_work(trained: Home, args: list[str], code: int, message: str) -> None:
    given = [each.format(root=trained.root) for each in args]
    yeban("train", "comment", *given, "--home", trained.root).failed_with(code, message)
    assert not list((trained.root / "bundles").rglob(".training-*"))


@pytest.mark.thorough
@pytest.mark.skipif(not REAL.exists(), reason=f"needs the real comments in {REAL}")
def test_accuracy_on_real_comments_in_sql_is_that_of_evaluate(new_home: Callable[..., Home]) -> None:
    home = new_home(rows=2000)
    if (EMBEDDED / "comment").is_dir():
        home.change(f'bundle = "{home.bundle}"', "")
    file = home.folder() / "test.parquet"
    with duckdb.connect() as con:
        sql = "SELECT row_number() OVER ()::VARCHAR AS id, text, label FROM read_parquet(?) WHERE split = 'test'"
        table = con.sql(sql, params=[str(REAL)]).to_arrow_table()
    pq.write_table(table if THOROUGH else table.slice(0, 1_500), file)
    in_sql, in_evaluate = agree(home, file)
    assert in_sql == in_evaluate
    assert DAY in home.query("SELECT DISTINCT logical_date::VARCHAR FROM predictions")[0]
