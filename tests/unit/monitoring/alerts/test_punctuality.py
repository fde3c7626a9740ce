from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.alerts.notice import read_notice
from monitoring.alerts.punctuality import ExpectedRun, RunRules, expected_seconds, judge_runs
from monitoring.alerts.run_alert import RunAlert
from monitoring.findings.record import to_json
from storage.runs.log import RunRecord, RunState
from tests.support.sample_findings import alert

DAY = date(2026, 1, 5)
DUE = datetime(2026, 1, 5, 18, 30, tzinfo=UTC)
"""02:30 on the 6th in Shanghai."""
ZONE = ZoneInfo("Asia/Shanghai")
RULES = RunRules(start_within_s=3600, finish_within_s=4 * 3600, least_past=3, past_runs=5)
EXPECTED = ExpectedRun("nightly", "comment", DAY, DUE)


def run(
    state: RunState = "done", *, after_min: float = 1, minutes: float = 10, rows: int = 1000, nights_ago: int = 0
) -> RunRecord:
    start = DUE + timedelta(minutes=after_min) - timedelta(days=nights_ago)
    return RunRecord(
        run_id=f"{start:%Y%m%dT%H%M%S}-comment",
        job="nightly",
        task="comment",
        logical_date=DAY - timedelta(days=nights_ago),
        bundle="b1",
        started_at=start,
        finished_at=None if state == "running" else start + timedelta(minutes=minutes),
        state=state,
        rows=rows,
        units=1,
        failures=["no dump\n  expected: one"] if state == "failed" else [],
        figures={},
        host="night",
        pid=1,
    )


def judged(*records: RunRecord, after_min: float = 30, rules: RunRules = RULES) -> RunAlert | None:
    found = judge_runs([EXPECTED, EXPECTED], records, rules, DUE + timedelta(minutes=after_min), ZONE)
    assert len(found) <= 1
    return found[0] if found else None


def trouble(*records: RunRecord, after_min: float = 30, rules: RunRules = RULES) -> str | None:
    found = judged(*records, after_min=after_min, rules=rules)
    return found.trouble if found else None


@pytest.mark.parametrize(
    ("records", "after_min", "expected"),
    [
        ((), 59, None),
        ((), 61, "missed"),
        ((run("running"),), 239, None),
        ((run("running"),), 241, "late"),
        ((run("interrupted"),), 239, None),
        ((run("interrupted"),), 241, "late"),
        ((run("staged"),), 241, "late"),
        ((run("failed"),), 61, None),
        ((run("failed"),), 62, "failed"),
        ((run("failed"),), 999, "failed"),
        ((run("failed"), run("running", after_min=20)), 90, None),
        ((run("failed"), run("done", after_min=20)), 90, None),
        ((run("done"), run("failed", after_min=20)), 30, None),
        ((run("done", minutes=239),), 999, None),
        ((run("done", minutes=240),), 999, "late"),
    ],
)
def test_what_is_wrong_with_a_night(records: tuple[RunRecord, ...], after_min: float, expected: str | None) -> None:
    assert trouble(*records, after_min=after_min) == expected


def test_the_records_of_others_say_nothing() -> None:
    strangers = (
        replace(run(), task="weibo"),
        replace(run(), job="score"),
        run(nights_ago=1),
        replace(run("failed"), logical_date=None),
    )
    assert trouble(*strangers, after_min=61) == "missed"


def test_words_say_what_when_and_why() -> None:
    missed, failed = judged(after_min=61), judged(run("failed"), after_min=62)
    assert missed is not None
    assert failed is not None
    assert missed.message_en == "nightly missed: it was due at 2026-01-06 02:30 and has not started"
    assert missed.message_zh == "nightly 未运行：应于 2026-01-06 02:30 开始，至今没有记录"
    assert (missed.severity, missed.run_id) == ("critical", "")
    assert failed.message_en == "nightly failed: no dump"
    assert failed.run_id == run("failed").run_id


PAST = tuple(run(nights_ago=ago, minutes=30) for ago in range(1, 6))


@pytest.mark.parametrize(
    ("minutes", "rows", "expected"),
    [
        (60, 1000, None),  # twice the usual is the limit itself
        (61, 1000, "slow"),
        (61, 2000, None),  # for twice the rows it is the usual
        (61, 1016, "slow"),
        (20, 100, "slow"),  # 3 minutes were to be expected
        (13, 100, None),  # ten minutes more are no matter
    ],
)
def test_slow_is_measured_against_the_median_for_as_many_rows(minutes: float, rows: int, expected: str | None) -> None:
    assert trouble(run(minutes=minutes, rows=rows), *PAST) == expected


def test_slow_in_words() -> None:
    found = judged(run(minutes=90), *PAST)
    assert found is not None
    assert found.message_en == "nightly slow: 1,000 rows took 90 min, usually 30 min"


def test_one_bad_night_moves_no_median() -> None:
    assert trouble(run(minutes=61), *PAST[:-1], run(nights_ago=5, minutes=3000)) == "slow"


def test_only_the_last_runs_count() -> None:
    long_ago = tuple(run(nights_ago=ago, minutes=300) for ago in range(6, 60))
    assert expected_seconds(run(), (*long_ago, *PAST), RULES) == 1800


def test_too_few_runs_say_nothing() -> None:
    assert trouble(run(minutes=200), *PAST[:2]) is None
    assert trouble(run(minutes=200), *PAST[:3]) == "slow"


def test_reruns_that_found_nothing_to_do_are_no_measure() -> None:
    idle = tuple(run(nights_ago=ago, minutes=0.1, rows=0) for ago in range(1, 6))
    assert expected_seconds(run(), idle, RULES) is None
    assert trouble(run(rows=0, minutes=30), *idle) == "slow"


def test_an_alert_survives_its_file() -> None:
    found = judged(after_min=61)
    assert found is not None
    assert read_notice(to_json(found)) == found
    assert read_notice(to_json(alert())) == alert()
    with pytest.raises(ValueError, match="trouble"):
        read_notice(b'{"trouble": "odd"}')


def test_the_same_trouble_has_the_same_id_and_another_another() -> None:
    found = [
        judged(after_min=61),
        judged(after_min=99),
        judged(run("failed"), after_min=99),
        judged(run("running"), after_min=999),
    ]
    assert all(found)
    ids = [each.alert for each in found if each]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@given(st.lists(st.sampled_from(["running", "done", "failed", "interrupted", "staged"]), max_size=4), st.data())
def test_the_order_of_records_is_no_matter_and_time_only_makes_it_worse(
    states: list[RunState], data: st.DataObject
) -> None:
    records = [run(state, after_min=number) for number, state in enumerate(states)]
    mixed = data.draw(st.permutations(records))
    minutes = sorted(data.draw(st.lists(st.integers(0, 600), min_size=2, max_size=2)))
    assert trouble(*records, after_min=minutes[0]) == trouble(*mixed, after_min=minutes[0])
    if trouble(*records, after_min=minutes[0]) is not None:
        assert trouble(*records, after_min=minutes[1]) is not None


YESTERDAY = ExpectedRun("nightly", "comment", DAY - timedelta(days=1), DUE - timedelta(days=1))


def slept(*records: RunRecord, after_min: float, woke_min: float | None = None) -> dict[date, str]:
    """What is wrong with two nights, so long after the second was due."""
    woke = None if woke_min is None else DUE + timedelta(minutes=woke_min)
    found = judge_runs([YESTERDAY, EXPECTED], records, RULES, DUE + timedelta(minutes=after_min), ZONE, woke)
    return {each.logical_date: each.trouble for each in found}


def test_what_a_machine_slept_through_counts_from_when_it_woke() -> None:
    both = {YESTERDAY.logical_date: "missed", DAY: "missed"}
    assert slept(after_min=600) == both
    assert slept(after_min=600, woke_min=599) == {}
    assert slept(after_min=660, woke_min=599) == both
    assert slept(after_min=61, woke_min=-600) == both, "it woke before that night was due"


def test_late_counts_from_when_it_woke_too() -> None:
    running = run("running", after_min=1001)
    assert trouble(running, after_min=1100) == "late"
    done = replace(run(after_min=1001), logical_date=DAY)
    for record, after_min, expected in [
        (running, 1000 + 240, None),
        (running, 1000 + 241, "late"),
        (done, 5000, None),
        (replace(done, finished_at=DUE + timedelta(minutes=1241)), 5000, "late"),
    ]:
        found = judge_runs(
            [EXPECTED], [record], RULES, DUE + timedelta(minutes=after_min), ZONE, DUE + timedelta(minutes=1000)
        )
        assert [each.trouble for each in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("records", "after_min", "expected"),
    [
        ((run("running", nights_ago=1, after_min=1440),), 239, None),  # began when the second was due
        ((run("running", nights_ago=1, after_min=1440),), 241, "missed"),  # it hangs, and hides no other
        ((run("done", nights_ago=1, after_min=1440),), 70, None),  # it took ten minutes
        ((run("done", nights_ago=1, after_min=1440),), 71, "missed"),
        ((run("failed", nights_ago=1, after_min=1440),), 70, None),
        ((run("interrupted", nights_ago=1, after_min=1440),), 71, "missed"),
        ((run("done", nights_ago=1),), 61, "missed"),
        ((replace(run("running", nights_ago=1, after_min=1440), task="weibo"),), 61, "missed"),
        ((run("running", nights_ago=2, after_min=2880),), 61, "missed"),  # nobody waits for that one
    ],
)
def test_a_night_waits_while_the_queue_moves(
    records: tuple[RunRecord, ...], after_min: float, expected: str | None
) -> None:
    assert slept(*records, after_min=after_min).get(DAY) == expected


def test_the_time_for_other_tries_counts_from_the_first() -> None:
    first, second = run("failed", after_min=600), run("failed", after_min=640)
    assert trouble(first, second, after_min=660) is None
    assert trouble(first, second, after_min=661) == "failed"
    early = run("failed", after_min=-600)
    assert trouble(early, after_min=60) is None
    assert trouble(early, after_min=61) == "failed"


def test_what_was_done_before_its_hour_says_nothing_of_it() -> None:
    """With two hours a night, a second look that never came."""
    early = run("done", after_min=-179)
    looked = replace(early, figures={"checked_at": (DUE + timedelta(minutes=1)).isoformat()})
    passed = replace(early, figures={"checked_at": (DUE - timedelta(minutes=1)).isoformat()})
    assert trouble(early, after_min=60) is None
    assert trouble(early, after_min=61) == "missed"
    assert trouble(run("failed", after_min=-200), early, after_min=61) == "missed"
    assert trouble(passed, after_min=61) == "missed"
    assert trouble(looked, after_min=61) is None
    assert trouble(looked, run("done", after_min=-100), after_min=61) is None
    assert trouble(early, run("failed", after_min=1), after_min=62) == "failed"


def test_a_run_that_was_told_to_leave_something_out_hides_no_failure() -> None:
    failed, part = run("failed", after_min=0), replace(run("done", after_min=30), figures={"left_out": ["monitor"]})
    assert trouble(failed, part, after_min=61) == "failed"
    assert trouble(failed, part, run("done", after_min=50), after_min=61) is None
