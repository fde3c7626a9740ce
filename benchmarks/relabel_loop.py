r"""What do picked labels buy, and what do as many random ones? The whole loop, simulated on a domain that is new.

The champion knows everyday posts. Posts about the virus arrive as a dump; round by round the product scores it, picks
rows, gets the labels that the corpus has, and fine-tunes the champion on all labels so far. The next round picks with
the model that came out. Test posts are in no dump and in no training.

    yeban train weibo --train weibo.parquet --train-where "split = 'train' AND topic = 'usual'" \
        --label-column label_name --set schedule.epochs=2
    python -m benchmarks.relabel_loop run --data weibo.parquet --champion bundles/weibo/VERSION --out loop
    python -m benchmarks.relabel_loop report --out loop --picture docs/images/relabel-loop.svg

`run` writes a line for each seed, arm and round, and goes on where it was cut off: rounds that have a line are not
computed again.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from batch.engine.settings import EngineSettings
from batch.scorer import Scorer
from jobs.config.file import find_home
from jobs.config.home import Home
from jobs.relabel.pick import PickRequest, pick
from jobs.runs.context import quiet_context
from jobs.scoring.score import ScoreRequest, score
from models.bundle import Bundle, open_bundle
from models.evaluation.metrics import evaluate
from models.evaluation.record import Interval
from models.registry import Registry
from models.training.data import LabelledRows, LabelledSource, read_labelled
from models.training.finetune_recipe import finetune_recipe
from models.training.incremental import FinetuneRows, finetune
from models.training_fingerprints import text_keys
from monitoring.relabel.selection.mix import DEFAULT_MIX
from storage.relabel.arms import RANDOM_ARM
from storage.warehouse.labels import LABELS_SCHEMA, add_labels

DAY = date(2026, 1, 5)
TASK = "weibo"
ARMS: Mapping[str, Mapping[str, float]] = {
    "margin-mix": DEFAULT_MIX,
    "random": {RANDOM_ARM: 1.0},
    "margin and random": {"margin": 0.75, RANDOM_ARM: 0.25},
    "margin": {"margin": 1.0},
    "entropy-mix": {"entropy": 0.75, RANDOM_ARM: 0.25},
    "typiclust": {"typiclust": 1.0},
    "badge": {"badge": 1.0},
}
CONFIG = """
[engine]
device = "cpu"
[relabel]
golden_share = 0
[tasks.weibo]
input = "dumps/dt={date}"
[tasks.weibo.columns]
id = "id"
text = "text"
"""
TESTS = {"virus": "split = 'dev' AND topic = 'virus'", "usual": "split = 'dev' AND topic = 'usual'"}


@dataclass(frozen=True, slots=True)
class Corpus:
    """What the simulation is made of.

    Attributes:
        pool: Posts of the new domain, `id`, `text` and the label `gold` that is unknown before it is asked for.
        old: Posts that the champion was trained on, to replay.
        tests: Labelled posts of both domains.
        kept_out: String[N], the texts of both.
    """

    pool: pl.DataFrame
    old: LabelledRows
    tests: Mapping[str, LabelledRows]
    kept_out: pl.Series


@dataclass(frozen=True, slots=True)
class Course:
    """One seed and arm."""

    seed: int
    arm: str
    settings: tuple[str, ...]

    def name(self, number: int) -> str:
        """The round's own file."""
        return f"{self.arm}-{self.seed}-{number}"


def main() -> None:
    options = _options()
    if options.command == "report":
        from benchmarks.relabel_loop_report import report

        report(options.out, options.picture)
        return
    logging.basicConfig(level=logging.WARNING)
    champion = open_bundle(options.champion)
    corpus = read_corpus(options.data, champion)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "settings.json").write_text(json.dumps({"labels": champion.labels, "set": options.set}), "utf-8")
    if "champion-0-0" not in lines_of(options.out):
        write_line(options.out, "champion-0-0", measure(champion, corpus, options.out, "champion-0-0"))
    for seed in range(options.seeds):
        for arm in options.arms:
            run_course(champion, corpus, Course(seed, arm, tuple(options.set)), options)


def read_corpus(data: Path, champion: Bundle) -> Corpus:
    """Posts by role; what is in a test set, by text, is in no other."""

    def rows(where: str) -> LabelledRows:
        return read_labelled(LabelledSource(str(data), where, label_column="label_name"), champion.labels)

    tests = {name: rows(where) for name, where in TESTS.items()}
    kept_out = pl.concat([each.texts for each in tests.values()])
    found = rows("split = 'train' AND topic = 'virus'")
    pool = found.take(np.flatnonzero(~np.isin(text_keys(found.texts), text_keys(kept_out))))
    ids = [f"p{row:05}" for row in range(len(pool))]
    frame = pl.DataFrame({"id": ids, "text": pool.texts, "gold": pool.gold})
    return Corpus(frame, rows("split = 'train' AND topic = 'usual'"), tests, kept_out)


def run_course(champion: Bundle, corpus: Corpus, course: Course, options: argparse.Namespace) -> None:
    """All rounds of a seed and arm, in a home of their own that is kept until the last one."""
    folder = options.out / f"home-{course.arm}-{course.seed}"
    done = lines_of(options.out)
    if course.name(options.rounds) in done:
        return
    home = _make_home(folder, champion, corpus.pool)
    for number in range(1, options.rounds + 1):
        name = course.name(number)
        if name in done:
            continue
        started = time.monotonic()
        asked = ask(home, corpus, course, number, options.budget)
        spent = {"ask_s": round(time.monotonic() - started, 1)}
        made, new = learn(home, champion, corpus, course)
        spent["learn_s"] = round(time.monotonic() - started - spent["ask_s"], 1)
        metrics = made.manifest.lineage.dev_metrics
        line = {
            "seed": course.seed,
            "arm": course.arm,
            "round": number,
            "labels": number * options.budget,
            "texts": len(new),
            "asked": asked,
            "alpha": metrics["alpha"],
            "temperature": made.manifest.temperature,
            "bundle": made.version,
            "classes": np.bincount(new.gold, minlength=len(champion.labels)).tolist(),
            **spent,
            **measure(made, corpus, options.out, name),
        }
        home.registry.set_champion(TASK, made.version)
        write_line(options.out, name, line)
        print(f"{name}: {line['virus']['macro_f1']} alpha {metrics['alpha']} {spent}", flush=True)
    shutil.rmtree(folder)


def ask(home: Home, corpus: Corpus, course: Course, number: int, budget: int) -> dict[str, int]:
    """Score the dump, pick a batch and label it; rows asked by arm. A round that was cut off goes on."""
    store, source = home.batch_store, f"round-{number}"
    if len(store.heads(TASK)) < number:
        score(home, ScoreRequest(TASK, DAY), quiet_context())
        pick(home, PickRequest(TASK, budget, mix=ARMS[course.arm], seed=course.seed), quiet_context())
    items = store.items(TASK, store.heads(TASK)[number - 1].batch)
    labels = open_bundle(_in_use(home)).labels
    gold = dict(zip(corpus.pool["id"], corpus.pool["gold"], strict=True))
    now = datetime.now(UTC)
    always = {"task": TASK, "annotator": "oracle", "source": source, "labelled_at": now, "imported_at": now}
    rows = [
        {**always, "doc_id": item["doc_id"], "label": labels[gold[item["doc_id"]]], "arm": item["arm"]}
        for item in items.to_pylist()
    ]
    with home.open_warehouse().writing() as con:
        add_labels(con, source, pa.Table.from_pylist(rows, LABELS_SCHEMA))
    return dict(Counter(items["arm"].to_pylist()))


def learn(home: Home, champion: Bundle, corpus: Corpus, course: Course) -> tuple[Bundle, LabelledRows]:
    """Fine-tune the champion on all labels so far, each text once."""
    store = home.batch_store
    ids = {each for head in store.heads(TASK) for each in store.items(TASK, head.batch)["doc_id"].to_pylist()}
    rows = corpus.pool.filter(pl.col("id").is_in(ids))
    new = LabelledRows(rows["text"], rows["gold"].to_numpy())
    recipe = finetune_recipe(champion.manifest.lineage.recipe, (f"seed={course.seed}", *course.settings))
    rows = FinetuneRows(new, corpus.old, keep_out=corpus.kept_out)
    return finetune(champion, recipe, rows, home.bundles / TASK), new


def measure(bundle: Bundle, corpus: Corpus, out: Path, name: str) -> dict[str, Any]:
    """Figures on both test sets; the answers to every row go into a file."""
    scorer = Scorer(bundle, EngineSettings(device="cpu"))
    probs = {test: scorer.score(rows.texts).probs for test, rows in corpus.tests.items()}
    (out / "probs").mkdir(exist_ok=True)
    gold = {f"{test}_gold": rows.gold.astype(np.int8) for test, rows in corpus.tests.items()}
    np.savez_compressed(out / "probs" / f"{name}.npz", **probs, **gold)
    figures = {}
    for test, rows in corpus.tests.items():
        found = evaluate(probs[test], rows.gold, bundle.labels, None, np.random.default_rng(0))
        kinds = {"macro_f1": found.macro_f1, "accuracy": found.accuracy, "ece": found.ece}
        flat = {kind: _flat(figure) for kind, figure in kinds.items()}
        figures[test] = {**flat, "noise_floor": round(found.ece_noise_floor, 4), "rows": found.rows}
    return figures


def lines_of(out: Path) -> dict[str, dict[str, Any]]:
    """Rounds that are done, by name."""
    file = out / "rounds.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    return {line["name"]: line for line in map(json.loads, lines)}


def write_line(out: Path, name: str, line: Mapping[str, Any]) -> None:
    with (out / "rounds.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"name": name, **line}) + "\n")


def _make_home(folder: Path, champion: Bundle, pool: pl.DataFrame) -> Home:
    if not (folder / "yeban.toml").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / f"dumps/dt={DAY}").mkdir(parents=True)
        pool.select("id", "text").write_parquet(folder / f"dumps/dt={DAY}/posts.parquet")
        shutil.copytree(champion.path, folder / "bundles" / TASK / champion.version)
        Registry(folder / "bundles").set_champion(TASK, champion.version)
        (folder / "yeban.toml").write_text(CONFIG, "utf-8")
    return find_home(folder, folder)


def _in_use(home: Home) -> Path:
    return home.bundles / TASK / str(home.registry.champion(TASK))


def _flat(figure: Interval) -> list[float]:
    return [round(each, 4) for each in (figure.value, figure.low, figure.high)]


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--data", type=Path, required=True)
    run.add_argument("--champion", type=Path, required=True)
    run.add_argument("--arms", nargs="+", choices=ARMS, default=["margin-mix", "random"])
    run.add_argument("--rounds", type=int, default=5)
    run.add_argument("--budget", type=int, default=200)
    run.add_argument("--seeds", type=int, default=3)
    run.add_argument("--set", nargs="*", default=[], help="settings of the fine-tuning recipe, key=value")
    table = commands.add_parser("report")
    table.add_argument("--picture", type=Path)
    for each in (run, table):
        each.add_argument("--out", type=Path, required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
