"""The commands around scoring: help, init, predict, runs, models of others."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer.main
from rich.console import Console

from jobs.cli.app import app
from jobs.cli.options import say
from jobs.runs.progress import shown_progress
from tests.support.command import YEBAN, CommandResult, environment, installed_yeban, yeban
from tests.support.homes import DAY, Home, comments

HEAVY = ("torch", "transformers", "polars", "duckdb", "pyarrow", "pandas", "evidently", "litestar", "plotly", "numpy")


def commands(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example_of_itself(path: tuple[str, ...]) -> None:
    shown = yeban(*path, "--help").succeeded().out
    example = re.search(r"Example: (yeban .+)", shown)
    assert example, shown
    assert example[1].startswith(f"yeban {' '.join(path)}")
    known = {name for option in COMMANDS[path].params for name in option.opts}
    used = set(re.findall(r"--[a-z-]+", example[1]))
    assert used <= known, f"{used - known} in the example are no options of the command"
    assert all(each.help for each in COMMANDS[path].params if each.name != "help")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['yeban', '--help']\n"
        "from jobs.cli.app import main\n"
        "try: main()\n"
        f"finally: print('heavy:', [name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert "Usage: yeban" in done.stdout
    assert "heavy: []" in done.stdout, done.stdout


def test_exit_codes_reach_the_shell(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.dump("a.parquet", comments(30)[0])
    scored = installed_yeban("score", "comment", "--date", DAY, cwd=home.root).succeeded()
    assert "30 rows in the dump: 30 scored now, 0 done before" in scored.out
    assert "score: 30 of 30 rows" in scored.err
    assert "\x1b" not in scored.output  # no colours and no bars outside a terminal
    assert home.count() == 30
    missing = installed_yeban("score", "comment", "--date", "2026-02-01", cwd=home.root)
    missing.failed_with(1, "no Parquet file for 2026-02-01")
    installed_yeban("score", "coment", "--date", DAY, cwd=home.root).failed_with(2, "did you mean 'comment'?")
    usage = installed_yeban("score", "--nonsense", cwd=home.root).without_traceback()
    assert usage.code == 2


def test_init_writes_something_that_runs(
    tmp_path: Path, tiny_bundle: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = yeban("init", "nights").succeeded().out
    home = Home(tmp_path / "nights", "comment", tiny_bundle("comment"))
    assert str(Path("nights") / "yeban.toml") in said
    for task in ("comment", "weibo", "news"):
        Home(home.root, task, home.bundle).dump("a.parquet", comments(12)[0])
        bundle = () if task == "comment" else ("--bundle", tiny_bundle(task))  # comment has an embedded one
        yeban("score", task, "--date", DAY, *bundle, "--home", "nights").succeeded()
    assert home.query("SELECT task, count(*) FROM predictions GROUP BY ALL ORDER BY ALL") == [
        ("comment", 12),
        ("news", 12),
        ("weibo", 12),
    ]


def test_predict_answers_in_the_order_of_the_texts(new_home: Callable[..., Home]) -> None:
    home = new_home("weibo")
    texts = ["很好", "太差了", "🎉"]
    lines = yeban("predict", "weibo", *texts, "--home", home.root).succeeded().out.splitlines()
    assert [line.split("\t")[1] for line in lines] == texts
    assert all(len(re.findall(r"[a-z]+ [01]\.\d{3}", line)) == 3 for line in lines)
    piped = "很好\r\n\n太差了\n🎉\n"
    ran = yeban("predict", "weibo", "--top", 6, "--json", "--home", home.root, stdin=piped).succeeded()
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert [each["text"] for each in answers] == ["很好", "", "太差了", "🎉"]
    assert [each["status"] for each in answers] == ["scored", "empty", "scored", "scored"]
    assert [len(each["ranked"]) for each in answers] == [6, 0, 6, 6]
    assert sum(each["prob"] for each in answers[0]["ranked"]) == pytest.approx(1)
    assert lines[0].startswith(f"{answers[0]['ranked'][0]['label']} {answers[0]['ranked'][0]['prob']:.3f}")


def test_predict_on_a_terminal_that_lacks_characters(new_home: Callable[..., Home]) -> None:
    """What GBK can't show is escaped; JSON stays JSON."""
    home = new_home()

    def ask(*typed: str) -> CommandResult:
        env = environment({"PYTHONIOENCODING": "gbk:strict"})
        done = subprocess.run([YEBAN, *typed], cwd=home.root, env=env, capture_output=True, check=False)
        return CommandResult(done.returncode, done.stdout.decode("gbk"), done.stderr.decode("gbk"))

    assert ask("predict", "comment", "好🎉").succeeded().out.endswith("\t好\\U0001f389\n")
    assert json.loads(ask("predict", "comment", "好🎉", "--json").succeeded().out)["text"] == "好🎉"
    ask("score", "🎉", "--date", DAY).failed_with(2, "no task '\\U0001f389'")


@pytest.mark.parametrize(
    ("command", "place", "said"),
    [
        (
            ("score", "comment", "--date", DAY),
            "jobs.scoring.score.score",
            "what was finished is kept, and the same command",
        ),
        (
            ("backfill", "comment", "--from", DAY, "--to", DAY),
            "jobs.scoring.backfill.backfill",
            "what was finished is kept, and the same command",
        ),
        (("load",), "jobs.warehouse.load.load_staged", "what was finished is kept, and the same command"),
        (("predict", "comment", "好"), "jobs.scoring.predict.predict", "the same command begins anew"),
        (("train", "comment", "--train", "a.csv"), "jobs.training.train.train_task", "the same command begins anew"),
        (
            ("evaluate", "comment", "--data", "a.csv"),
            "jobs.training.evaluate.evaluate_bundle",
            "the same command begins anew",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
@pytest.mark.parametrize(("ending", "code"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)], ids=["130", "143"])
def test_who_stops_a_command_is_told_what_is_kept(
    new_home: Callable[..., Home],
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    place: str,
    said: str,
    ending: BaseException,
    code: int,
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise ending

    monkeypatch.setattr(place, stopped)
    ran = yeban(*command, "--home", new_home().root).without_traceback()
    assert ran.code == code
    assert said in ran.err


def test_predict_says_what_the_night_says(new_home: Callable[..., Home]) -> None:
    home = new_home()
    texts = comments(20)[0]
    home.dump("a.parquet", texts)
    home.score().succeeded()
    ran = yeban("predict", "comment", *texts, "--top", 1, "--json", "--home", home.root).succeeded()
    answers = [json.loads(line)["ranked"][0] for line in ran.out.splitlines()]
    night = home.query("SELECT label, confidence FROM predictions ORDER BY source_row")
    assert [(each["label"], each["prob"]) for each in answers] == night


def test_runs_are_listed_and_shown(new_home: Callable[..., Home]) -> None:
    home = new_home()
    assert json.loads(yeban("runs", "list", "--json", "--home", home.root).succeeded().out) == []
    home.score().failed_with(1, "no Parquet file")
    home.dump("a.parquet", comments(30)[0])
    home.score().succeeded()
    listed = json.loads(yeban("runs", "list", "comment", "--json", "--home", home.root).succeeded().out)
    assert [(each["job"], each["state"], each["rows"]) for each in listed] == [
        ("score", "done", 30),
        ("score", "failed", 0),
    ]
    run_id = listed[0]["run_id"]
    shown = json.loads(yeban("runs", "show", run_id, "--json", "--home", home.root).succeeded().out)
    assert shown == listed[0]
    assert shown["figures"]["docs_per_s"] > 0
    text = yeban("runs", "show", listed[1]["run_id"], "--home", home.root).succeeded().out
    assert "no Parquet file for 2026-01-05" in text
    table = yeban("runs", "list", "--limit", 1, "--home", home.root).succeeded().out.splitlines()
    assert len(table) == 2
    assert run_id in table[1]
    yeban("runs", "show", "1999", "--home", home.root).failed_with(2, "no runs start with '1999'")
    in_warehouse = home.query("SELECT run_id, state FROM runs ORDER BY started_at DESC")
    assert in_warehouse == [(each["run_id"], each["state"]) for each in listed]


def test_times_are_shown_in_the_configured_zone(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.change("[engine]", 'time_zone = "Pacific/Kiritimati"\n[engine]')  # 14 hours ahead of UTC, no summer time
    home.dump("a.parquet", ["好的"])
    home.score().succeeded()
    (record,) = json.loads(yeban("runs", "list", "--json", "--home", home.root).succeeded().out)
    local = datetime.fromisoformat(record["finished_at"]).astimezone(ZoneInfo("Pacific/Kiritimati"))
    assert f"{local:%Y-%m-%d %H:%M}" in yeban("runs", "list", "--home", home.root).succeeded().out


def test_bundles_list_says_what_is_in_use(new_home: Callable[..., Home]) -> None:
    home = new_home()
    shown = yeban("bundles", "list", "comment", "--home", home.root).succeeded().out
    assert f"in use: {home.bundle}" in shown


def test_bundles_list_shows_the_embedded_one(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.change(f'bundle = "{home.bundle}"', "")
    (row,) = json.loads(yeban("bundles", "list", "comment", "--json", "--home", home.root).succeeded().out)
    assert (row["in_use"], row["embedded"]) == (True, True)
    assert f"{row['bundle']} (embedded)" in yeban("bundles", "list", "comment", "--home", home.root).succeeded().out
    assert "no bundle yet" in yeban("bundles", "list", "nosuch", "--home", home.root).succeeded().out


def test_bundles_list_marks_a_version_that_is_configured_by_its_beginning(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.change(f'bundle = "{home.bundle}"', "")
    listing = ("bundles", "list", "comment", "--json", "--home", home.root)
    (version,) = [row["bundle"] for row in json.loads(yeban(*listing).succeeded().out)]
    home.change('input = "dumps', f'bundle = "{version[:5]}"\ninput = "dumps')
    (row,) = json.loads(yeban(*listing).succeeded().out)
    assert row["in_use"] is True
    shown = yeban("bundles", "list", "comment", "--home", home.root).succeeded().out
    assert f"in use: {version[:5]}, by yeban.toml" in shown
    home.change(f'bundle = "{version[:5]}"', 'bundle = "hfl/other"')
    (row,) = json.loads(yeban(*listing).succeeded().out)
    assert row["in_use"] is False


@pytest.fixture(scope="session")
def stock_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `save_pretrained` leaves it, of a model that knows nothing of us."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    folder = tmp_path_factory.mktemp("stock")
    characters = sorted(set("".join(comments(300)[0])) - {" "})
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]), "utf-8")
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(characters) + 5,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=48,
        num_labels=3,
        id2label={0: "差评", 1: "中评", 2: "好评"},
        label2id={"差评": 0, "中评": 1, "好评": 2},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer.from_pretrained(folder).save_pretrained(folder)
    return folder


def test_a_stock_sequence_classifier_scores(new_home: Callable[..., Home], stock_model: Path) -> None:
    home = new_home(rows=40)
    texts = [*comments(90)[0], "长" * 500, None]
    home.dump("a.parquet", texts)
    home.score("--bundle", stock_model).succeeded()
    assert home.query("SELECT labels FROM bundles") == [(["差评", "中评", "好评"],)]
    found = home.query(
        "SELECT status, count(*), count(*) FILTER (abs(list_sum(probs) - 1) < 1e-5), count(*) FILTER (truncated) "
        "FROM predictions GROUP BY ALL ORDER BY ALL"
    )
    assert found == [("empty", 1, 0, 0), ("scored", 91, 91, 1)]


def test_a_stock_classifier_gives_its_own_probabilities(new_home: Callable[..., Home], stock_model: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    home = new_home()
    texts = comments(8)[0]
    home.dump("a.parquet", texts)
    home.score("--bundle", stock_model).succeeded()
    tokenizer = AutoTokenizer.from_pretrained(stock_model)
    model = AutoModelForSequenceClassification.from_pretrained(stock_model).eval()
    with torch.inference_mode():
        logits = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits
    ours = [probs for (probs,) in home.query("SELECT probs FROM predictions ORDER BY source_row")]
    assert torch.allclose(torch.tensor(ours), logits.softmax(1), atol=1e-5)


def test_what_is_printed_while_a_bar_is_drawn_goes_where_it_was_sent(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True)
    with shown_progress(screen) as progress:
        progress.begin("score", 10)
        say("a summary")
    assert "a summary" in capsys.readouterr().out
