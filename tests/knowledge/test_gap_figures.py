"""How many ask, week by week."""

from knowledge.gap_figures import Figures, Trend
from tests.jobs import CollectedJobs
from tests.knowledge.gap_desk import RACKS, asked, found, only_gap


def test_figures_are_counted_by_week(run_jobs: CollectedJobs) -> None:
    for days, who in ((1, "alice"), (2, "bob"), (3, "carol"), (9, "dora"), (30, "emil")):
        asked(RACKS[0], who, days_ago=days)
    found()
    figures = only_gap().figures
    assert figures.weeks == (3, 1, 0, 0, 1, 0, 0, 0)
    assert (figures.size, figures.askers, figures.trend) == (5, 5, Trend.GROWING)


def test_the_trend_compares_this_week_with_those_before() -> None:
    assert Figures((3, 0, 0, 0, 0, 0, 0, 0)).trend is Trend.NEW
    assert Figures((3, 3, 2, 4, 3, 0, 0, 0)).trend is Trend.STEADY
    assert Figures((0, 3, 2, 4, 3, 0, 0, 0)).trend is Trend.FALLING
    assert Figures((0, 3, 0, 0, 0, 0, 0, 0)).trend is Trend.FALLING
    assert Figures((9, 3, 2, 4, 3, 0, 0, 0)).trend is Trend.GROWING
