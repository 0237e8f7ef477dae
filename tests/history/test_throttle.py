"""A crawler cannot flood the log: so many entries a minute, the rest is counted."""

from __future__ import annotations

from app.console.history.denials import Throttle


def test_the_rest_is_counted_and_told_later():
    throttle = Throttle(most=3, seconds=60)
    assert [throttle.admit("a", at) for at in (0, 1, 2)] == [0, 0, 0]
    assert [throttle.admit("a", at) for at in (3, 4, 59)] == [None] * 3
    assert throttle.admit("b", 59) == 0, "others are noted"
    assert throttle.admit("a", 60) == 3
    assert throttle.admit("a", 61) == 0


def test_it_remembers_no_more_than_so_many():
    throttle = Throttle(most=1, seconds=60, remembered=10)
    for number in range(100):
        throttle.admit(str(number), 0)
    assert len(throttle._windows) == 10


def test_ten_thousand_refusals_leave_no_more_entries_than_the_minutes_allow():
    throttle = Throttle(most=20, seconds=60)
    noted = [throttle.admit("crawler", second / 100) for second in range(10_000)]
    assert sum(each is not None for each in noted) == 40
    assert sum(each or 0 for each in noted) <= 10_000 - 40
