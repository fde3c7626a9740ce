"""A night in one sentence, and what is the matter beside its metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from models.pages.localized_text import NO_TEXT, LocalizedText
from monitoring.findings.judgement import Judgement
from monitoring.findings.morning import Morning
from monitoring.findings.record import Findings
from storage.runs.log import RunRecord

State = Literal["ok", "watch", "alert"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something beside the metrics that people should know.

    Attributes:
        state: `alert` where somebody has to act today, otherwise `watch`.
        what: What is the matter.
        action: What to do.
    """

    state: State
    what: LocalizedText
    action: LocalizedText


@dataclass(frozen=True, slots=True)
class Headline:
    """The night in one sentence.

    Attributes:
        state: Whether action is needed.
        text: The sentence.
    """

    state: State
    text: LocalizedText


_STAGED: Final = LocalizedText("已打分，但未写入数据仓库", "Scored, not yet in the warehouse")
_NO_ROWS: Final = LocalizedText("今晚没有任何数据", "There are no rows tonight")
_NO_ROWS_ACTION: Final = LocalizedText(
    "检查数据是否送达，再重新打分。", "See whether the dump was delivered, then score the date again."
)
_NOT_JUDGED: Final = LocalizedText(
    "变化未作判断，不能说一切正常", "Changes were not judged, so nobody knows that all is well"
)
_NO_REFERENCE: Final = LocalizedText("没有基准，看不出变化", "There is no reference, so no change can be seen")


def notices(findings: Findings, runs: Sequence[RunRecord]) -> tuple[Notice, ...]:
    """What is the matter beside the metrics: nothing to read, a run that did not end well, no reference."""
    found = [] if findings.now.rows else [Notice("alert", _NO_ROWS, _NO_ROWS_ACTION)]
    last = {run.job: run for run in runs}
    loaded = last.get("load")
    for run in last.values():
        if run.state in ("failed", "interrupted"):
            found.append(_broken_run(run))
        elif run.state == "staged" and not (loaded and loaded.state == "done" and loaded.started_at >= run.started_at):
            command = f"yeban load {run.task}"
            found.append(Notice("watch", _STAGED, LocalizedText(f"运行 `{command}`。", f"Run `{command}`.")))
    if findings.reference is None:
        command = f"yeban monitor {findings.task} --freeze-reference --from DATE --to DATE"
        action = LocalizedText(f"选几个正常的夜晚作基准：`{command}`。", f"Freeze some good nights: `{command}`.")
        found.append(Notice("watch", _NO_REFERENCE, action))
    return tuple(found)


def _broken_run(run: RunRecord) -> Notice:
    how = LocalizedText("失败", "failed") if run.state == "failed" else LocalizedText("中断", "was interrupted")
    command = f"yeban runs show {run.run_id}"
    return Notice(
        "alert",
        LocalizedText(f"{run.job} 运行{how.zh}", f"The {run.job} run {how.en}"),
        LocalizedText(f"用 `{command}` 查看原因，修复后重跑。", f"See why with `{command}`, mend it and run it again."),
    )


def headline(morning: Morning) -> Headline:
    """Say in one sentence whether somebody has to act."""
    found = notices(morning.findings, morning.runs)
    urgent = len(morning.judgement.alerts) + sum(each.state == "alert" for each in found)
    watching = len(morning.judgement.watched) + sum(each.state == "watch" for each in found)
    critical = sum(each.severity == "critical" for each in morning.judgement.alerts)
    if urgent:
        grave = LocalizedText(f"，其中 {critical} 件严重", f", {critical} of them critical") if critical else NO_TEXT
        many = LocalizedText(
            f"需要处理：{urgent} 件事{grave.zh}。", f"Action needed: {urgent} thing{_s(urgent)}{grave.en}."
        )
        return Headline("alert", many)
    if not morning.findings.is_judged:
        more = LocalizedText(f"；{watching} 件事留意观察", f"; {watching} thing{_s(watching)} to watch")
        zh, en = (more.zh, more.en) if watching else ("", "")
        return Headline("watch", LocalizedText(f"{_NOT_JUDGED.zh}{zh}。", f"{_NOT_JUDGED.en}{en}."))
    if watching:
        text = LocalizedText(
            f"今天不用处理，{watching} 件事留意观察。", f"No action today; {watching} thing{_s(watching)} to watch."
        )
        return Headline("watch", text)
    return Headline("ok", LocalizedText("一切正常，不用处理。", "All is well, nothing to do."))


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def state_of(key: tuple[str, str, str], judgement: Judgement) -> State:
    """Whether a metric has raised an alert, is watched, or neither."""
    if any(each.key == key for each in judgement.alerts):
        return "alert"
    verdict = judgement.verdict(key)
    return "watch" if verdict and verdict.breached else "ok"
