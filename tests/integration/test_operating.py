"""What an operator sees of a night: log lines, a run's page, metrics."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.support.command import yeban, yeban_process
from tests.support.homes import DAY, Home, comments


def test_a_night_in_json_lines(new_home: Callable[..., Home]) -> None:
    """All that is on standard error is for programs, the failure at the end included."""
    home = new_home(more='\n[metrics]\ntextfile = "yeban.prom"\n')
    home.dump("a.parquet", comments(30)[0])
    (home.folder() / "torn.parquet").write_bytes(b"PAR1 torn")
    ran = yeban_process("--log-json", "score", "comment", "--date", DAY, cwd=home.root).calmly()
    assert ran.code == 1
    lines = [json.loads(line) for line in ran.err.splitlines()]
    (listed,) = json.loads(yeban("runs", "list", "--json", "--home", home.root).well().out)
    scored = [line for line in lines if "30 of 30 rows" in line["message"]]
    assert {line["run"] for line in scored} == {listed["run_id"]}
    assert any("left out" in line["message"] and "torn.parquet" in line["message"] for line in lines)
    assert f'last_run_failures{{task="comment",job="score"}} {1}' in (home.root / "yeban.prom").read_text()
    refused = yeban_process("--log-json", "score", "comment", "--date", "2026-02-01", cwd=home.root)
    assert refused.code == 1
    last = json.loads(refused.err.splitlines()[-1])
    assert last["level"] == "error"
    assert "no Parquet file for 2026-02-01" in last["message"]


def test_json_lines_by_yeban_toml_and_only_what_is_asked_for(new_home: Callable[..., Home]) -> None:
    home = new_home(more='\n[logs]\njson = true\nlevel = "warning"\n')
    home.dump("a.parquet", comments(5)[0])
    ran = yeban_process("score", "comment", "--date", DAY, cwd=home.root).well()
    assert ran.err == ""


def test_a_run_is_shown_with_its_stages(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.dump("a.parquet", comments(30)[0])
    home.score().well()
    (record,) = json.loads(yeban("runs", "list", "--json", "--home", home.root).well().out)
    shown = yeban("runs", "show", record["run_id"], "--home", home.root).well().out
    rows = [line.split(maxsplit=1) for line in shown.splitlines()]
    told = {row[0]: row[1] for row in rows}
    assert told["rows"] == "30 in 1 units"
    assert told["state"] == "done"
    assert told["docs_per_s"] == f"{record['figures']['docs_per_s']:,}"
    for stage in ("network", "read", "prepare", "stage"):
        assert told[stage].startswith(f"{record['figures'][f'{stage}_s']:,.1f} s")
    assert "network_s" not in told
