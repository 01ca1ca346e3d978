"""Scores of forecasts: errors, coverage, and the plain ways of reckoning beside."""

import json

from matchmaker.domain.backtest import Backtest, Trial, last_month, score, straight
from matchmaker.domain.calendar import YearProgress


def trial(point: int, truth: int, *, month: int = 6, unit: str = "", low: int = 0, high: int = 200) -> Trial:
    return Trial(
        "outbound", 2025, month, unit, 50, point, low, high, straight=truth + 9, last_month=truth - 4, truth=truth
    )


def test_the_plain_ways_of_reckoning() -> None:
    assert straight(44, YearProgress(110, 250, known=True)) == 100
    assert straight(0, YearProgress(0, 250, known=True)) == 0
    assert straight(7, YearProgress(250, 250, known=True)) == 7
    assert last_month(60, 8, 9) == 84
    assert last_month(60, 8, 12) == 60


def test_errors_are_averaged_with_and_without_their_sign() -> None:
    found = score([trial(90, 100), trial(106, 100), trial(97, 100, low=98)])
    assert found is not None
    assert round(found.mean_error, 2) == -2.33
    assert {name: round(value, 2) for name, value in found.absolute.items()} == {
        "forecast": 6.33,
        "straight": 9.0,
        "last_month": 4.0,
    }
    assert found.best == "last_month"
    assert found.coverage == 1.0
    assert score([]) is None


def test_the_ends_of_the_interval_belong_to_it() -> None:
    covered = [
        trial(100, 100, low=low, high=high).covered for low, high in ((100, 110), (90, 100), (101, 110), (90, 99))
    ]
    assert covered == [True, True, False, False]


def test_the_city_and_its_units_are_scored_apart_by_month() -> None:
    whole = Backtest(0.8, (trial(90, 100, month=3), trial(99, 100, month=9), trial(5, 9, month=9, unit="guan")))
    assert [(one.month, one.number) for one in Backtest.by_month(whole.city)] == [(3, 1), (9, 1)]
    assert [one.month for one in Backtest.by_month(whole.units)] == [9]
    assert whole.years == [2025]
    assert whole.of_years([2024]).trials == ()


def test_it_survives_being_stored() -> None:
    whole = Backtest(0.8, (trial(90, 100), trial(5, 9, unit="guan")))
    assert Backtest.of_json(json.loads(json.dumps(whole.as_json()))) == whole
