from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from monitoring.alerts.history import PastNight
from monitoring.alerts.judge import judge
from monitoring.alerts.rules import MAX_ALERTS, Rules
from monitoring.findings.record import Metric
from monitoring.statistics.multiple import adjust_p_values
from tests.support.sample_findings import FIRST, findings, judged_nights, metric

RULES = Rules()


def breached(*metrics: Metric, rules: Rules = RULES) -> list[bool]:
    return [each.breached for each in judge(findings(*metrics), rules, ()).verdicts]


class TestBreach:
    def test_effect_and_significance_are_both_needed(self) -> None:
        assert breached(metric()) == [True]
        assert breached(metric(effect=0.099)) == [False]
        assert breached(metric(p=0.02)) == [False]
        assert breached(metric(p=0.01, effect=0.1)) == [True]

    @pytest.mark.parametrize(
        ("name", "effect", "expected"),
        [
            ("empty_share", -0.3, True),
            ("empty_share", 0.3, True),
            ("failed_share", 0.3, True),
            ("failed_share", -0.3, False),
            ("accuracy_change", -0.3, True),
            ("accuracy_change", 0.3, False),
        ],
    )
    def test_only_the_direction_that_matters(self, name: str, effect: float, expected: bool) -> None:
        assert breached(metric(name, effect=effect)) == [expected]

    @pytest.mark.parametrize(
        ("each", "expected"),
        [
            (metric(n=299), False),
            (metric(m=299), False),
            (metric(n=300, m=300), True),
            (metric("prior_shift", n=300, m=0), True),
            (metric("prior_shift", n=299, m=0), False),
            (metric("ece", n=100, m=0), True),
            (metric("ece", n=99, m=0), False),
            (metric("accuracy_change", effect=-0.3, n=5000, m=99), False),
            (metric("rows", effect=0.9, n=7, m=1), True),
            (metric("rows", effect=0.9, n=6, m=1), False),
        ],
    )
    def test_enough_rows_on_each_side(self, each: Metric, expected: bool) -> None:
        assert breached(each) == [expected]

    def test_many_tokens_of_few_rows_are_not_enough(self) -> None:
        few = metric("empty_share", "source=a", effect=0.0, p=1.0, n=1000, m=20)
        many = metric("empty_share", "source=b", effect=0.0, p=1.0, n=1000, m=400)
        all_rows = metric("slice_share", "source=a", effect=0.0, p=1.0, n=9000, m=9000)
        tokens = [metric("token_js", rows, effect=0.05, n=50_000, m=4000) for rows in ("source=a", "source=b")]
        verdicts = {
            each.key: each.breached for each in judge(findings(few, many, all_rows, *tokens), RULES, ()).verdicts
        }
        assert not verdicts["token_js", "source=a", ""]
        assert verdicts["token_js", "source=b", ""]

    def test_p_values_are_adjusted_for_all_tests_that_could_alert(self) -> None:
        p_values = [1e-4, 0.004, 0.03, 0.5, 0.9]
        tests = [metric(item=str(i), p=p) for i, p in enumerate(p_values)]
        others = [metric("class_share", item=str(i), p=0.9) for i in range(50)]
        unknown = metric("ece", effect=math.nan, p=math.nan)
        judgement = judge(findings(*tests, *others, unknown), RULES, ())
        assert [each.adjusted_p for each in judgement.verdicts] == list(adjust_p_values(np.array(p_values)))
        assert [each.breached for each in judgement.verdicts] == [True, True, False, False, False]

    def test_a_threshold_of_zero_switches_a_metric_off(self) -> None:
        assert breached(metric(), rules=Rules({"class_psi": 0})) == []
        assert breached(metric(), rules=Rules({"class_psi": 0.2})) == [False]
        assert breached(metric("class_share"), rules=Rules({"class_share": 0.1})) == [True]


class TestOrder:
    def test_the_worst_first_and_causes_before_symptoms(self) -> None:
        found = (
            metric("token_js", effect=0.039),  # 3.9 thresholds
            metric("html_share", effect=0.31),  # 3.1
            metric("html_share", "source=app", item="x", effect=0.35),
            metric("length_psi", effect=0.16),  # the same size as the next, and only a symptom
            metric("new_words", item="绝绝子", effect=0.016),
        )
        alerts = judge(findings(*found), replace(RULES, nights=1), ()).alerts
        assert [(each.name, each.slice, each.severity) for each in alerts] == [
            ("html_share", "", "critical"),
            ("html_share", "source=app", "critical"),
            ("token_js", "", "critical"),
            ("new_words", "", "warning"),
            ("length_psi", "", "warning"),
        ]


class TestAlert:
    def test_the_second_night_in_a_row_makes_an_alert(self) -> None:
        first, second = judged_nights(RULES, (metric(),), (metric(),))
        assert (first.alerts, [each.key for each in first.watched]) == ((), [("class_psi", "", "")])
        (told,) = second.alerts
        assert (told.since, told.nights, told.is_new, told.severity) == (FIRST, 2, True, "warning")
        assert second.watched == ()

    def test_urgent_ones_come_at_once(self) -> None:
        (first,) = judged_nights(RULES, (metric(effect=0.31),))
        assert [each.severity for each in first.alerts] == ["critical"]
        (below,) = judged_nights(RULES, (metric(effect=0.29),))
        assert below.alerts == ()

    @pytest.mark.parametrize(("effect", "severity"), [(0.199, "warning"), (0.2, "critical")])
    def test_twice_the_threshold_is_critical(self, effect: float, severity: str) -> None:
        judgements = judged_nights(RULES, (metric(effect=effect),), (metric(effect=effect),))
        assert judgements[1].alerts[0].severity == severity

    @pytest.mark.parametrize("quiet", [(metric(effect=0.01),), ()], ids=["no breach", "not measured"])
    def test_a_quiet_night_breaks_the_streak(self, quiet: tuple[Metric, ...]) -> None:
        judgements = judged_nights(RULES, (metric(),), quiet, (metric(),), (metric(),))
        assert [len(each.alerts) for each in judgements] == [0, 0, 0, 1]
        assert judgements[3].alerts[0].since == FIRST + timedelta(days=2)

    def test_nights_that_were_never_monitored_do_not_break_it(self) -> None:
        first = PastNight(FIRST, judge(findings(metric()), RULES, ()))
        assert len(judge(findings(metric(), night=9), RULES, [first]).alerts) == 1

    def test_only_earlier_dates_count(self) -> None:
        later = PastNight(FIRST + timedelta(days=1), judge(findings(metric(), night=1), RULES, ()))
        same = PastNight(FIRST, later.judgement)
        assert judge(findings(metric()), RULES, [later, same]).alerts == ()

    def test_the_order_of_the_history_does_not_matter(self) -> None:
        nights = [(metric(),)] * 4
        past = [
            PastNight(FIRST + timedelta(days=number), judgement)
            for number, judgement in enumerate(judged_nights(RULES, *nights))
        ]
        tonight = findings(metric(), night=4)
        assert judge(tonight, RULES, past[::-1]) == judge(tonight, RULES, past)
        assert judge(tonight, RULES, past).alerts[0].nights == 5

    def test_a_long_streak_is_known_from_a_short_history(self) -> None:
        judgements = judged_nights(RULES, *[(metric(),)] * 20)
        past = [PastNight(FIRST + timedelta(days=n), each) for n, each in enumerate(judgements)]
        whole = judge(findings(metric(), night=20), RULES, past)
        assert judge(findings(metric(), night=20), RULES, past[-RULES.history_nights :]) == whole
        assert (whole.alerts[0].nights, whole.alerts[0].since) == (21, FIRST)

    def test_what_goes_on_is_told_again_after_a_week(self) -> None:
        judgements = judged_nights(RULES, *[(metric(),)] * 17)
        new = [night for night, each in enumerate(judgements, start=1) if any(alert.is_new for alert in each.alerts)]
        assert new == [2, 9, 16]

    def test_it_is_told_again_when_it_gets_worse_and_not_when_it_swings(self) -> None:
        mild, bad = (metric(effect=0.15),), (metric(effect=0.25),)
        judgements = judged_nights(RULES, mild, mild, bad, mild, bad)
        assert [[alert.is_new for alert in each.alerts] for each in judgements] == [
            [],
            [True],
            [True],
            [False],
            [False],
        ]

    def test_after_a_quiet_night_it_is_news_again(self) -> None:
        loud, quiet = (metric(effect=0.4),), (metric(effect=0.0),)
        judgements = judged_nights(RULES, loud, loud, quiet, loud)
        assert [[alert.is_new for alert in each.alerts] for each in judgements] == [[True], [False], [], [True]]

    def test_slices_that_show_the_same_are_folded_in(self) -> None:
        night = (
            metric(effect=0.4),
            metric(rows="source=a", effect=0.2),
            metric(rows="source=b", effect=0.5),
            metric(rows="source=c", effect=0.05),
            metric("empty_share", "source=a", effect=0.4),
        )
        (judgement,) = judged_nights(RULES, night)
        assert [each.key for each in judgement.alerts] == [("empty_share", "source=a", ""), ("class_psi", "", "")]
        assert judgement.alerts[1].slices == ("source=b", "source=a")
        assert judgement.watched == ()

    def test_slices_alone_raise_one_alert_and_what_is_not_known_of_them_is_news(self) -> None:
        one = metric(rows="source=a", effect=0.4)
        two = one, metric(rows="source=b", effect=0.35)
        judgements = judged_nights(RULES, (one,), two, two, tuple(reversed(two)))
        assert [[(each.slice, each.slices, each.is_new) for each in night.alerts] for night in judgements] == [
            [("source=a", (), True)],
            [("source=a", ("source=b",), True)],
            [("source=a", ("source=b",), False)],
            [("source=a", ("source=b",), False)],
        ]

    def test_items_stay_apart_but_there_is_an_end(self) -> None:
        words = [metric("new_words", item=f"词{i:02}", effect=0.03 + i / 1000) for i in range(15)]
        (judgement,) = judged_nights(RULES, tuple(words))
        assert [each.item for each in judgement.alerts] == [f"词{i:02}" for i in range(14, 14 - MAX_ALERTS, -1)]
        assert len(judgement.watched) == 5

    def test_the_worst_come_first(self) -> None:
        night = (metric(effect=0.31), metric("empty_share", effect=0.9), metric("short_share", effect=0.7))
        (judgement,) = judged_nights(RULES, night)
        assert [each.name for each in judgement.alerts] == ["empty_share", "short_share", "class_psi"]

    def test_an_id_says_which_night_and_metric_it_is(self) -> None:
        def ids(**changes: object) -> set[str]:
            found = replace(findings(metric(effect=0.4), metric(item="好", effect=0.4)), **changes)  # type: ignore[arg-type]
            return {each.alert for each in judge(found, RULES, ()).alerts}

        assert len(ids()) == 2
        assert ids() == ids()
        for change in ({"task": "news"}, {"bundle": "b2"}, {"logical_date": date(2025, 1, 1)}):
            assert not ids() & ids(**change)
