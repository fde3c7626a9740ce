"""Label Studio: tasks and labelling config out, its JSON export back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from monitoring.relabel.sheets.rows import ReturnedRow
from monitoring.relabel.sheets.sheet import Sheet

_NAME: Final = "label"
_TEXT: Final = "text"


def write_tasks(sheet: Sheet) -> bytes:
    """The rows as a JSON list of tasks; the suggestion is a prediction, which the labelling page shows preselected."""
    tasks = []
    for item in sheet.items:
        task: dict[str, Any] = {
            "data": {"row_id": item.item, _TEXT: item.text, "batch": sheet.batch, "note": item.note}
        }
        if sheet.suggestions:
            task["data"]["windows"] = list(item.windows)
            task["predictions"] = _predictions(sheet, item.suggestion, item.confidence)
        tasks.append(task)
    return f"{json.dumps(tasks, ensure_ascii=False, indent=1)}\n".encode("utf-8", "replace")


def labelling_config(sheet: Sheet) -> str:
    """The labelling interface of the project, to be pasted into its settings."""
    choices = "\n".join(
        f"    <Choice value={quoteattr(label)}" + (f' hotkey="{place + 1}"' if place < 9 else "") + "/>"
        for place, label in enumerate(sheet.labels)
    )
    header = f"  <Header value={quoteattr(sheet.guide)}/>\n" if sheet.guide else ""
    return (
        f'<View>\n{header}  <Text name="{_TEXT}" value="${_TEXT}"/>\n'
        f'  <Choices name="{_NAME}" toName="{_TEXT}" choice="single" showInline="true">\n'
        f"{choices}\n  </Choices>\n</View>\n"
    )


def read_tasks(content: Any) -> Iterator[ReturnedRow]:
    """The annotations of an export, full JSON or JSON-MIN; cancelled ones are passed over.

    Args:
        content: What the JSON holds. What is no task of ours gives a row without id.
    """
    tasks = content if isinstance(content, list) else [content]
    for place, task in enumerate(tasks, start=1):
        if not isinstance(task, Mapping):
            yield ReturnedRow(place, {"row_id": _text(task), "label": "?"})
        elif isinstance(task.get("annotations"), list):
            yield from _full(place, task, task["annotations"])
        else:
            yield _row(place, task, _choice_of_min(task), task.get("annotator"), task.get("updated_at"))


def _predictions(sheet: Sheet, suggestion: str | None, confidence: float | None) -> list[dict[str, Any]]:
    if suggestion is None:
        return []
    choice = {"from_name": _NAME, "to_name": _TEXT, "type": "choices", "value": {"choices": [suggestion]}}
    score = {} if confidence is None else {"score": round(confidence, 4)}
    return [{"model_version": sheet.batch, **score, "result": [choice]}]


def _full(place: int, task: Mapping[str, Any], annotations: list[Any]) -> Iterator[ReturnedRow]:
    data = task["data"] if isinstance(task.get("data"), Mapping) else {}
    given = [one for one in annotations if isinstance(one, Mapping) and not one.get("was_cancelled")]
    for one in given:
        yield _row(place, data, _choice(one.get("result")), one.get("completed_by"), one.get("updated_at"))
    if not given:
        yield _row(place, data, "", None, None)


def _row(place: int, data: Mapping[str, Any], label: str, who: Any, when: Any) -> ReturnedRow:
    cells = {
        "row_id": _text(data.get("row_id")),
        "text": _text(data.get(_TEXT)),
        "label": label,
        "annotator": _who(who),
    }
    return ReturnedRow(place, cells, _moment(when), any_annotator=True)


def _choice(result: Any) -> str:
    """The label of an annotation; several of them together, which is none."""
    chosen = [
        choice
        for part in (result if isinstance(result, list) else [])
        if isinstance(part, Mapping) and part.get("type", "choices") == "choices"
        for choice in _choices(part.get("value"))
    ]
    return " + ".join(chosen)


def _choices(value: Any) -> list[str]:
    found = value.get("choices") if isinstance(value, Mapping) else None
    return [_text(each) for each in found] if isinstance(found, list) else []


def _choice_of_min(task: Mapping[str, Any]) -> str:
    found = task.get(_NAME)
    return " + ".join(_choices(found)) if isinstance(found, Mapping) else _text(found)


def _who(who: Any) -> str:
    if isinstance(who, Mapping):
        who = who.get("email") or who.get("id")
    if who is None or who == "":
        return ""
    return _text(who) if "@" in _text(who) else f"label-studio:{_text(who)}"


def _moment(when: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(when)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
