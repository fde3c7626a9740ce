from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitoring.evidently.extra import evidently_imports
from monitoring.evidently.snapshot import make_snapshot
from monitoring.evidently.workspace import WorkspaceStore, project_id
from monitoring.findings.record import Findings
from tests.support.evidently_nights import HOSTILE, figure, judged, night, sample

with evidently_imports():
    from evidently.ui.workspace import Workspace


def snapshot_of(findings: Findings) -> Any:
    return make_snapshot(findings, judged(findings), sample(), None, show_texts=False)


def runs(root: Path, task: str) -> dict[str, dict[str, float]]:
    """What Evidently's own workspace finds: the figures of each night."""
    with evidently_imports():
        workspace = Workspace(str(root))
    found = {}
    for run in workspace.list_runs(project_id(task)):
        model = workspace.get_run(project_id(task), run)
        assert model is not None
        figures = [
            each.metric_value_location.metric.params | {"value": each.value} for each in model.metric_results.values()
        ]
        found[model.timestamp.date().isoformat()] = {each["name"]: each["value"] for each in figures}
    return found


@pytest.fixture
def store(tmp_path: Path) -> WorkspaceStore:
    return WorkspaceStore(tmp_path / "evidently")


def test_nights_of_a_task_are_one_project(store: WorkspaceStore) -> None:
    for number in range(3):
        store.add(snapshot_of(night(number)))
    store.add(snapshot_of(night(0, task="weibo")))
    found = runs(store.root, "comment")
    assert {day: figures["token_js"] for day, figures in found.items()} == {
        "2026-01-05": pytest.approx(0.01),
        "2026-01-06": pytest.approx(0.02),
        "2026-01-07": pytest.approx(0.03),
    }
    with evidently_imports():
        projects = Workspace(str(store.root)).list_projects()
    assert sorted(project.name for project in projects) == ["comment", "weibo"]


def test_a_night_monitored_again_is_replaced_whatever_bundle_scored_it(store: WorkspaceStore) -> None:
    first = store.add(snapshot_of(night()))
    again = replace(night(), bundle="b2", metrics=(figure("token_js", 0.5),))
    assert store.add(snapshot_of(again)) == first
    assert {day: figures["token_js"] for day, figures in runs(store.root, "comment").items()} == {"2026-01-05": 0.5}


def test_what_people_did_to_the_dashboard_stays(store: WorkspaceStore) -> None:
    store.add(snapshot_of(night()))
    dashboard = store.project_folder("comment") / "dashboard.json"
    assert len(json.loads(dashboard.read_bytes())["panels"]) > 8
    dashboard.write_text('{"tabs": [], "panels": []}')
    store.add(snapshot_of(night(1)))
    assert dashboard.read_text() == '{"tabs": [], "panels": []}'


def test_a_night_does_not_read_the_others(store: WorkspaceStore) -> None:
    store.add(snapshot_of(night())).write_bytes(b"unreadable")
    store.add(snapshot_of(night(1)))


def test_a_project_half_made_is_made_whole(store: WorkspaceStore) -> None:
    (store.project_folder("comment") / "snapshots").mkdir(parents=True)
    store.add(snapshot_of(night()))
    assert list(runs(store.root, "comment")) == ["2026-01-05"]


def test_the_page_that_the_ui_lets_people_download_is_no_trap(store: WorkspaceStore) -> None:
    classes = ("好评", HOSTILE)
    findings = night(classes=classes)
    sides = sample(classes=classes), sample(classes=classes, seed=1)
    path = store.add(make_snapshot(findings, judged(findings), *sides, show_texts=False))
    with evidently_imports():
        from evidently.core.report import Snapshot
    data = Snapshot.loads(path.read_text("utf-8")).get_html_str(as_iframe=False).partition("</style>")[2]
    assert data.partition("</script>")[0].rstrip().endswith("};")  # the first script ends where the data does
