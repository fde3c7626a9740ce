"""How tests/golden/old_home was made: a home as the version before the restructuring (916f413) left it.

    git worktree add /tmp/old 916f413
    cd /tmp/old && PYTHONPATH=/tmp/old python /path/to/make_old_home.py OUT

OUT gets `old_home/` (the home), `old_home.tar.gz` (the same, for git) and `expected.json` (what that version said).
Everything is done by `yeban` commands; of the old tree only `tests.support` is used beside them, to make texts, to stop
a run and to hold the warehouse. All texts are generated. The clock is libfaketime's (apt-get install faketime): each
night has its own morning in January 2026. The host is called `nachtwache`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import select
import shutil
import socket
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from batch.local import LocalExecutor
from tests.support.locks import held
from tests.support.stopping import stopped_at_unit

from tests.support.command import Ran, yeban
from tests.support.homes import Home as SupportedHome
from tests.support.homes import comments

CLOCK = {
    "TZ": "UTC",
    "FAKETIME": "2026-01-05 18:30:00",
    "FAKETIME_NO_CACHE": "1",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "DONT_FAKE_MONOTONIC": "1",
    "NO_FAKE_STAT": "1",
    "LOGNAME": "yeban",
    "USER": "yeban",
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}

CONFIG = """\
time_zone = "Asia/Shanghai"

[engine]
device = "cpu"
precision = "fp32"

[units]
rows = 60

[warehouse]
path = "yeban.duckdb"
patience_s = 0.3

[monitor]
min_rows = 50
embedding_rows = 0

[[monitor.sinks]]
kind = "jsonl"
path = "told.jsonl"

[gate]
min_rows = 20
slowdown = 20.0
ece = 0.3

[relabel]
budget = 20
double_share = 0.2
golden_share = 0
embed = false
mix = { margin = 0.5, random = 0.5 }

[retention]
predictions = { days = 30 }

[tasks.comment]
input = "dumps/comment/dt={date}"
training = "train.parquet"

[tasks.comment.columns]
text = "text"
id = "id"
slices = ["source"]

[tasks.weibo]
input = "dumps/weibo/dt={date}"
"""
TINY = (
    "scratch.min_count=1", "scratch.hidden_size=16", "scratch.layers=1", "scratch.heads=2",
    "scratch.intermediate_size=32", "windows.max_length=32", "schedule.batch_docs=16", "optimizer.learning_rate=5e-3",
)  # fmt: skip
RETIRED, FIRST, SECOND, DRIFTED, PROMOTED, STAGED, NEW = (
    "2025-12-01", "2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09", "2026-01-10",
)  # fmt: skip
ROWS = 150
SOME = ("planned_rows", "done_rows", "scored_rows", "state")
PREDICTIONS = (
    "SELECT task, logical_date::VARCHAR, bundle, unit, source_path, source_row, doc_id, slices::VARCHAR, status, "
    "label, probs::VARCHAR, confidence, margin, entropy, n_tokens, n_windows, top_windows::VARCHAR, truncated, "
    "text_hash FROM predictions ORDER BY task, logical_date, doc_id, bundle"
)


@contextmanager
def held_from_the_first_unit(warehouse: Path) -> Iterator[None]:
    """Somebody opens the warehouse when a run has looked at it and not yet loaded anything; as `stopping` does it."""
    real = LocalExecutor._stage
    with ExitStack() as stack:

        def stage(self: LocalExecutor, scored: Any) -> Any:
            if not getattr(held_from_the_first_unit, "holds", False):
                held_from_the_first_unit.holds = True  # type: ignore[attr-defined]
                stack.enter_context(held(warehouse))
            return real(self, scored)

        LocalExecutor._stage = stage  # type: ignore[method-assign]
        try:
            yield
        finally:
            LocalExecutor._stage = real  # type: ignore[method-assign]


def sets(*settings: str) -> list[str]:
    return [word for each in settings for word in ("--set", each)]


class Maker:
    def __init__(self, root: Path) -> None:
        self.home = SupportedHome(root, "comment", Path())
        self.root = root
        self.labels: dict[str, str] = {}

    def at(self, moment: str) -> None:
        """Set the clock, UTC; it stands until it is set again."""
        os.environ["FAKETIME"] = f"{moment}:00"

    def run(self, *args: object, code: int = 0) -> Ran:
        ran = yeban(*args, "--home", self.root)
        assert ran.code == code, f"{args}: {ran.code}, expected {code}\n{ran.said}"
        return ran.calmly()

    def json(self, *args: object, code: int = 0) -> Any:
        return json.loads(self.run(*args, "--json", code=code).out)

    def texts(self, count: int, seed: int) -> list[str]:
        """Generated comments; their labels are remembered."""
        texts, labels = comments(count, seed=seed)
        numbers = random.Random(seed).choices(range(10_000), k=count)
        texts = [f"{text}编号{number}" for text, number in zip(texts, numbers, strict=True)]
        self.labels.update(zip(texts, labels, strict=True))
        return texts

    def dump(self, day: str, *, rows: int = ROWS, empty_each: int = 25) -> None:
        texts: list[str | None] = [*self.texts(rows, seed=int(day[-2:]) + 100)]
        for row in range(0, rows, empty_each):
            texts[row] = (None, "", "http://t.cn/a1b2")[row // empty_each % 3]
        texts[7], texts[8] = texts[9], "好"
        cut = rows * 2 // 3
        for name, part in (("a.parquet", slice(0, cut)), ("b.parquet", slice(cut, rows))):
            ids = [f"{day}:{row:04d}" for row in range(rows)][part]
            sources = [("应用", "网站")[row % 3 == 0] for row in range(rows)][part]
            self.home.dump(name, texts[part], day=day, id=ids, source=sources)

    def labelled(self, name: str, count: int, seed: int) -> None:
        texts = self.texts(count, seed)
        pl.DataFrame({"text": texts, "label": [self.labels[text] for text in texts]}).write_parquet(self.root / name)

    def fill(self, sheet: Path, to: str) -> Path:
        """A sheet as a person fills it."""
        rows = list(csv.DictReader(io.StringIO(sheet.read_bytes().decode("utf-8-sig"), newline="")))
        filled = [{**row, "标签": self.labels.get(row["文本"], "negative")} for row in rows]
        buffer = io.StringIO(newline="")
        writer = csv.DictWriter(buffer, list(rows[0]))
        writer.writeheader()
        writer.writerows(filled)
        path = self.root / "sheets" / to
        path.write_bytes(buffer.getvalue().encode("gb18030"))
        return path

    def make(self) -> None:
        """The life of the home, morning by morning."""
        self.root.mkdir(parents=True)
        (self.root / "yeban.toml").write_text(CONFIG, "utf-8")
        self.labelled("train.parquet", 300, 1)
        self.labelled("golden.parquet", 60, 2)
        self.labelled("recent.parquet", 60, 3)
        for day in (RETIRED, FIRST, SECOND, DRIFTED, PROMOTED, STAGED, NEW):
            self.dump(day, empty_each=5 if day == DRIFTED else 25)

        self.at("2025-12-01 18:00")
        trained = self.json(
            "train", "comment", "--train", self.root / "train.parquet", *sets(*TINY, "schedule.epochs=4")
        )
        self.first = trained["bundle"]
        self.at("2025-12-01 18:30")
        self.run("score", "comment", "--date", RETIRED)

        self.at("2026-01-05 18:00")
        self.run("score", "weibo", "--date", FIRST, code=1)  # it has no bundle: a run that failed
        self.run("score", "comment", "--date", "2026-01-04", code=1)  # it has no dump
        with stopped_at_unit(2):
            ran = yeban("score", "comment", "--date", FIRST, "--home", self.root)
        assert ran.code == 130, ran.said
        self.at("2026-01-05 18:30")
        self.run("score", "comment", "--date", FIRST)
        self.at("2026-01-06 18:30")
        self.run("score", "comment", "--date", SECOND)
        self.run("monitor", "comment", "--freeze-reference", "--from", FIRST, "--to", SECOND)
        self.run("nightly", "comment", "--date", SECOND, "--without", "relabel pick")
        self.at("2026-01-07 18:30")
        self.run("nightly", "comment", "--date", DRIFTED, code=3)
        (self.batch,) = (each["batch"] for each in self.json("relabel", "status", "comment"))

        self.at("2026-01-08 06:00")
        out = self.root / "sheets"
        self.run("relabel", "export", "comment", "--annotator", "li", "--annotator", "wang", "--out", out)
        self.fill(next(out.glob("*-li.csv")), "back-li.csv")
        self.fill(next(out.glob("*-wang.csv")), "back-wang.csv")  # comes back after the restructuring
        self.at("2026-01-08 07:00")
        self.run("relabel", "import", "comment", out / "back-li.csv")
        self.at("2026-01-08 08:00")
        tuned = self.json("finetune", "comment", *sets("schedule.epochs=1", "schedule.batch_docs=16"))
        self.second = tuned["bundle"]
        files = ("--golden", self.root / "golden.parquet", "--recent", self.root / "recent.parquet")
        yeban("gate", "comment", self.second, *files, "--home", self.root)
        self.run("bundles", "promote", "comment", self.second, "--force", "--reason", "演练")

        self.at("2026-01-08 18:30")
        self.run("nightly", "comment", "--date", PROMOTED, "--without", "relabel pick")
        self.at("2026-01-09 18:00")
        self.run("tidy")  # what is older than thirty days: RETIRED
        self.run("compact")
        self.at("2026-01-09 18:30")
        with held(self.root / "yeban.duckdb"):
            self.run("score", "comment", "--date", STAGED, code=1)
        self.at("2026-01-09 19:00")
        with held_from_the_first_unit(self.root / "yeban.duckdb"):
            self.run("backfill", "comment", "--from", FIRST, "--to", FIRST, "--replace", code=1)
        assert [path.name for path in self.root.rglob("_replaces.json")], "no order to replace"
        staged = [each for each in self.json("runs", "list") if each["state"] == "staged"]
        assert len(staged) == 2, staged

    def lean(self) -> None:
        """Leave out what tests don't look at: files that take much and say nothing of the form."""
        shutil.rmtree(self.root / "evidently", ignore_errors=True)
        shutil.rmtree(self.root / "cache", ignore_errors=True)
        for path in self.root.rglob(".tmp-*"):
            raise AssertionError(f"{path} was left behind")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.root / "yeban.duckdb"), read_only=True) as con:
            return con.execute(sql).fetchall()

    def tables(self) -> dict[str, int]:
        names = [name for (name,) in self.query("SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY 1")]
        return {name: self.query(f'SELECT count(*) FROM "{name}"')[0][0] for name in names}

    def digest(self) -> str:
        return hashlib.sha256(repr(self.query(PREDICTIONS)).encode()).hexdigest()

    def expected(self) -> dict[str, Any]:
        """What the old version says of the home, and what becomes of copies of it."""
        self.at("2026-01-10 19:00")
        told: dict[str, Any] = {
            "names": {"first": self.first, "second": self.second, "batch": self.batch, "retired": RETIRED,
                      "replaced": FIRST, "usual": SECOND, "monitored": DRIFTED, "promoted": PROMOTED,
                      "staged": STAGED, "new": NEW},
            "tables": self.tables(),
            "predictions_sql": PREDICTIONS,
            "predictions": self.digest(),
            "runs": self.json("runs", "list", "--limit", "1000"),
            "bundles": self.json("bundles", "list", "comment"),
            "history": self.json("bundles", "history", "comment"),
            "manifest": self.json("bundles", "show", "comment", self.first),
            "status": self.json("relabel", "status", "comment"),
            "show": self.json("monitor", "show", "comment", "--date", DRIFTED),
            "doctor": self.doctor(),
        }  # fmt: skip
        told["manifest"].pop("path")
        self.at("2026-12-01 12:00")  # all of it is old now
        told["tidy"] = {
            key: sorted([each["kind"], each["date"], each["what"], each["rows"]] for each in value)
            for key, value in self.json("tidy", "--dry-run").items()
            if key in ("gone", "stayed")
        }
        self.at("2026-01-10 19:00")
        told["score_again"] = _some(self.json("score", "comment", "--date", SECOND, "--bundle", self.first))
        told["nightly_again"] = self.json("nightly", "comment", "--date", DRIFTED, code=3)
        told["load"] = self.json("load")
        told["tables_after_load"], told["predictions_after_load"] = self.tables(), self.digest()
        told["import"] = self.json("relabel", "import", "comment", self.root / "sheets/back-wang.csv")
        for each in told["import"]:
            each["file"] = Path(each["file"]).name
        told["status_after_import"] = self.json("relabel", "status", "comment")
        told["labels_after_import"] = self.query("SELECT count(*), count(DISTINCT doc_id) FROM labels")[0]
        (self.root / "yeban.duckdb").unlink()
        told["load_anew"] = self.json("load")
        told["predictions_anew"] = self.digest()
        night = json.loads(yeban("nightly", "comment", "--date", NEW, "--json", "--home", self.root).out)
        told["night"] = {name: [step["state"], step["code"]] for name, step in night["steps"].items()}
        told["answers_of_new"] = self.query(
            f"SELECT status, label, count(*) FROM predictions WHERE logical_date = '{NEW}' GROUP BY ALL ORDER BY ALL"
        )
        return told

    def doctor(self) -> dict[str, str]:
        """What it says of the home; what it says of the machine is left out."""
        ran = yeban("doctor", "--json", "--home", self.root)
        checks = {each["about"]: each["level"] for each in json.loads(ran.out)["checks"]}
        return {name: checks[name] for name in ("config", "warehouse", "locks", "runs", "alerts", "bundle of comment")}


def _some(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name in SOME}


def pack(root: Path, to: Path) -> None:
    """The home in one file, the same bytes whoever packs it."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = 1_768_000_000
        entry.mode = 0o755 if entry.isdir() else 0o644
        return entry

    with tarfile.open(to, "w:gz", compresslevel=9) as tar:
        for path in sorted(root.rglob("*")):
            tar.add(path, f"{root.name}/{path.relative_to(root)}", recursive=False, filter=plain)


def main() -> None:
    if "LD_PRELOAD" not in os.environ:
        (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **CLOCK, "LD_PRELOAD": str(library)})
    out = Path(sys.argv[1]).absolute()
    root = out / "old_home"
    shutil.rmtree(root, ignore_errors=True)
    socket.gethostname = lambda: "nachtwache"
    time.sleep = lambda seconds: select.select([], [], [], max(seconds, 0)) and None  # libfaketime breaks the other one
    maker = Maker(root)
    maker.make()
    maker.lean()
    kept = out / "old_home.kept"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(root, kept)
    told = maker.expected()
    shutil.rmtree(root)
    kept.rename(root)
    pack(root, out / "old_home.tar.gz")
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    (out / "expected.json").write_text(f"{text}\n", "utf-8")
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    print(f"{root}: {size:,} bytes, packed {(out / 'old_home.tar.gz').stat().st_size:,}")


if __name__ == "__main__":
    main()
