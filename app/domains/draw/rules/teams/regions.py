"""Where inspectors may come from, and how their way weighs (draw.md §5.6.2, §7.2 rung 1)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext

#: How many of the nearest regions count beside the own one, from narrow to wide; None is the whole prefecture.
WIDTHS: tuple[int | None, ...] = (0, 1, 2, 4, None)
#: The digits of a division's code that name its prefecture (GB/T 2260).
_PREFECTURE = 4
#: Steps of EXP in one unit of its argument; places of its values; places of a weight.
STEPS, PLACES, WEIGHT_PLACES = 256, 20, 10
#: The way over which a weight falls to 1/e.
_KM = 60


def _decaying() -> tuple[int, ...]:
    """exp(-k/256) for k below 4096, in units of 2^-20, rounded down (draw.md §5.6.4)."""
    with localcontext() as fifty:
        fifty.prec = 50
        return tuple(int((Decimal(-k) / STEPS).exp() * (1 << PLACES)) for k in range(4096))


EXP = _decaying()


def weight(km: int) -> int:
    """exp(-km/60) in units of 2^-10, never below 1: far is unlikely and not impossible."""
    return max(1, EXP[min(km * STEPS // _KM, len(EXP) - 1)] >> (PLACES - WEIGHT_PLACES))


class Regions:
    """The distances between regions in whole kilometres, as frozen with the roster."""

    def __init__(self, km: Mapping[str, Mapping[str, int]]) -> None:
        self._km = km
        self._near: dict[tuple[str, int | None], frozenset[str]] = {}

    def km(self, one: str, other: str) -> int:
        """The way from one to the other; none within a region. Raises KeyError for a way that is not in the roster."""
        return 0 if one == other else self._km[one][other]

    def near(self, region: str, width: int | None) -> frozenset[str]:
        """The region and as many of its nearest as ``width`` says; ``None`` is all of its prefecture.

        Ways of the same length are taken in the order of codes.
        """
        if (region, width) not in self._near:
            ways = self._km.get(region, {})
            others = sorted(ways, key=lambda other: (ways[other], other))
            same = [other for other in others if other[:_PREFECTURE] == region[:_PREFECTURE]]
            self._near[region, width] = frozenset((region, *(same if width is None else others[:width])))
        return self._near[region, width]
