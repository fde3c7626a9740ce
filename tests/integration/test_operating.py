"""What an operator sees of a night: log lines, a run's page, metrics."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.command import environment, yeban, yeban_process
from tests.support.homes import DAY, Home, comments

BEAT = "[[schedule.jobs]]\ntask = 'comment'\nheartbeat_url = 'env:YEBAN_NO_SUCH_BEAT'\n"


def test_a_night_in_json_lines(new_home: Callable[..., Home]) -> None:
    """All that is on standard error is for programs, the failure at the end included."""
    home = new_home(more='\n[metrics]\ntextfile = "yeban.prom"\n')
    home.dump("a.parquet", comments(30)[0])
    (home.folder() / "torn.parquet").write_bytes(b"PAR1 torn")
    ran = yeban_process("--log-json", "score", "comment", "--date", DAY, cwd=home.root).without_traceback()
    assert ran.code == 1
    lines = [json.loads(line) for line in ran.err.splitlines()]
    (listed,) = json.loads(yeban("runs", "list", "--json", "--home", home.root).succeeded().out)
    scored = [line for line in lines if "30 of 30 rows" in line["message"]]
    assert {line["run"] for line in scored} == {listed["run_id"]}
    assert any("left out" in line["message"] and "torn.parquet" in line["message"] for line in lines)
    assert 'last_run_failures{job="score",task="comment"} 1.0' in (home.root / "yeban.prom").read_text()
    refused = yeban_process("--log-json", "score", "comment", "--date", "2026-02-01", cwd=home.root)
    assert refused.code == 1
    last = json.loads(refused.err.splitlines()[-1])
    assert last["level"] == "error"
    assert "no Parquet file for 2026-02-01" in last["message"]


def test_json_lines_by_yeban_toml_and_only_what_is_asked_for(new_home: Callable[..., Home]) -> None:
    home = new_home(more='\n[logs]\njson = true\nlevel = "warning"\n')
    home.dump("a.parquet", comments(5)[0])
    ran = yeban_process("score", "comment", "--date", DAY, cwd=home.root).succeeded()
    assert ran.err == ""


def test_a_run_is_shown_with_its_stages(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.dump("a.parquet", comments(30)[0])
    home.score().succeeded()
    (record,) = json.loads(yeban("runs", "list", "--json", "--home", home.root).succeeded().out)
    shown = yeban("runs", "show", record["run_id"], "--home", home.root).succeeded().out
    rows = [line.split(maxsplit=1) for line in shown.splitlines()]
    told = {row[0]: row[1] for row in rows}
    assert told["rows"] == "30 in 1 units"
    assert told["state"] == "done"
    assert told["docs_per_s"] == f"{record['figures']['docs_per_s']:,}"
    for stage in ("network", "read", "prepare", "stage"):
        assert told[stage].startswith(f"{record['figures'][f'{stage}_s']:,.1f} s")
    assert "network_s" not in told


def test_the_doctor_looks_and_changes_nothing(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.dump("a.parquet", comments(5)[0])
    home.score().succeeded()
    before = {file: file.read_bytes() for file in home.root.rglob("*") if file.is_file()}
    ran = yeban("doctor", "--home", home.root).succeeded()
    assert f"ok       config: {home.config}, tasks comment" in ran.out
    assert "ok       schedule: no [[schedule.jobs]]" in ran.out
    assert "warning  dump of comment: no Parquet file for" in ran.out
    assert {file: file.read_bytes() for file in home.root.rglob("*") if file.is_file()} == before
    told = json.loads(yeban("doctor", "--json", "--home", home.root).succeeded().out)
    assert told["level"] == "warning"
    assert [each["about"] for each in told["checks"]][:2] == ["python", "packages"]
    assert all(each["action"] for each in told["checks"] if each["level"] != "ok")


def test_the_doctors_exit_code(new_home: Callable[..., Home]) -> None:
    home = new_home()
    home.change('device = "cpu"', 'device = "cuda:7"')
    ran = yeban("doctor", "--torch", "--home", home.root).without_traceback()
    assert ran.code == 1
    assert "problem  torch: device 'cuda:7'" in ran.out
    home.change("[engine]", "[engin]")
    broken = yeban("doctor", "--json", "--home", home.root).without_traceback()
    assert broken.code == 2
    told = json.loads(broken.out)
    assert told["level"] == "problem"
    assert "did you mean 'engine'" in told["checks"][-1]["found"]


def test_the_doctor_imports_nothing_heavy(new_home: Callable[..., Home]) -> None:
    home = new_home()
    code = (
        f"import sys; sys.argv = ['yeban', 'doctor', '--home', {str(home.root)!r}]\n"
        "from jobs.cli.app import main\n"
        "try: main()\n"
        "finally: print('heavy:', [name for name in ('torch', 'transformers', 'evidently') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert "heavy: []" in done.stdout, done.stdout + done.stderr


def test_a_configuration_is_checked(new_home: Callable[..., Home]) -> None:
    home = new_home(more="\n[[monitor.sinks]]\nkind = 'webhook'\nurl = 'env:YEBAN_NO_SUCH_HOOK'\n" + BEAT)
    said = yeban("config", "check", "--home", home.root).succeeded().out
    assert "no mistakes" in said
    assert "YEBAN_NO_SUCH_HOOK is not set here; alerts wait" in said
    assert "YEBAN_NO_SUCH_BEAT is not set here; `yeban schedule start` refuses" in said
    told = json.loads(yeban("config", "check", "--json", "--home", home.root).succeeded().out)
    assert told == {
        "file": str(home.config),
        "ok": True,
        "tasks": ["comment"],
        "variables_not_set": ["YEBAN_NO_SUCH_HOOK", "YEBAN_NO_SUCH_BEAT"],
    }
    home.change("rows = 1000", "row = 1000")
    yeban("config", "check", "--home", home.root).failed_with(2, "line 6: units.row: unknown key; did you mean 'rows'?")
    ran = yeban("config", "check", "--json", "--home", home.root).without_traceback()
    assert ran.code == 2
    wrong = [{"line": 6, "key": "units.row", "problem": "unknown key; did you mean 'rows'?"}]
    assert json.loads(ran.out) == {"file": str(home.config), "ok": False, "mistakes": wrong}


def test_the_schema_is_written_and_printed(tmp_path: Path) -> None:
    printed = json.loads(yeban("config", "schema").succeeded().out)
    yeban("config", "schema", "--out", tmp_path / "s.json").succeeded()
    yeban("init", tmp_path / "home").succeeded()
    for file in (tmp_path / "s.json", tmp_path / "home" / "yeban.schema.json"):
        assert json.loads(file.read_bytes()) == printed
    assert "tasks" in printed["properties"]
