"""Regions by nearness, and ways as weights: published integers."""

from decimal import Decimal, localcontext
from hashlib import sha256

import pytest

from app.domains.draw.rules.teams.regions import EXP, WIDTHS, weight
from tests.domains.draw.teams.given import ABROAD, FAR, MIDDLE, NEAR, REGIONS


def test_the_published_table_of_exp() -> None:
    assert (len(EXP), EXP[0], EXP[256], EXP[2560], EXP[4095]) == (4096, 1 << 20, 385749, 47, 0)
    with localcontext() as fine:
        fine.prec = 80
        assert all(value <= (Decimal(-k) / 256).exp() * (1 << 20) < value + 1 for k, value in enumerate(EXP))
    assert (
        sha256(",".join(map(str, EXP)).encode()).hexdigest()
        == "a9c4e00260957ff4a9e8e978e2a7ecad5d00e412ce09dd62d08e07fc2d5b35c1"
    )


@pytest.mark.parametrize(("km", "out"), [(0, 1024), (15, 797), (60, 376), (120, 138), (416, 1), (10_000, 1)])
def test_weights_fall_to_a_third_in_sixty_kilometres_and_never_to_nothing(km: int, out: int) -> None:
    assert weight(km) == out


def test_weights_never_rise_with_the_way() -> None:
    assert all(weight(km) >= weight(km + 1) >= 1 for km in range(1000))


@pytest.mark.parametrize(
    ("width", "regions"),
    [
        (0, {NEAR}),
        (1, {NEAR, MIDDLE}),
        (2, {NEAR, MIDDLE, ABROAD}),
        (4, {NEAR, MIDDLE, ABROAD, FAR}),
        (None, {NEAR, MIDDLE, FAR}),
    ],
)
def test_the_nearest_regions_and_the_prefecture(width: int | None, regions: set[str]) -> None:
    assert REGIONS.near(NEAR, width) == regions


def test_equal_ways_are_taken_in_the_order_of_codes() -> None:
    assert REGIONS.near(ABROAD, 2) == {ABROAD, NEAR, MIDDLE}
    assert REGIONS.near("999999", 4) == {"999999"}
    assert WIDTHS == (0, 1, 2, 4, None)


def test_a_way_that_is_not_in_the_roster_is_no_way_of_length_nothing() -> None:
    assert REGIONS.km(NEAR, NEAR) == 0
    with pytest.raises(KeyError):
        REGIONS.km(NEAR, "999999")
