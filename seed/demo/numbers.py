"""Numbers of made-up organisations and persons: right in every check digit, and never issued to anybody.

Organisation codes carry ``MAXD`` (numbers that are not allotted), citizens have serial numbers from 996 (kept for
centenarians) with birth dates of working age, and telephone numbers begin with 0 after the area code.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from stdnum.cn import ric, uscc

_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CENTENARIANS = range(996, 1000)


def organisation_code(body: str) -> str:
    """The 9 places of an organisation code of GB 11714, from its first 8."""
    total = sum(int(sign, 36) * weight for sign, weight in zip(body, _WEIGHTS, strict=True))
    rest = 11 - total % 11
    return body + {10: "X", 11: "0"}.get(rest, str(rest))


def credit_code(head: str, region: str, serial: int) -> str:
    """The credit code of a made-up organisation: authority and type, six places of the region, a running number."""
    high, low = divmod(serial, len(_LETTERS) ** 3)
    if high >= len(_LETTERS):
        raise ValueError(f"no room for number {serial}")
    places = [high, *(low // len(_LETTERS) ** power % len(_LETTERS) for power in (2, 1, 0))]
    body = f"{head}{region}{organisation_code('MAXD' + ''.join(_LETTERS[place] for place in places))}"
    return body + str(uscc.calc_check_digit(body))


def agency_code(region: str, serial: int) -> str:
    """The credit code of a government agency, in the form of the samples of the templates."""
    body = f"11{region}016{serial:06d}"
    return body + str(uscc.calc_check_digit(body))


def citizen_number(region: str, born: date, serial: int) -> str:
    """A citizen number with one of the four serials that nobody of working age has; even ones are women's."""
    body = f"{region}{born:%Y%m%d}{_CENTENARIANS[serial % 4]}"
    return body + str(ric.calc_check_digit(body + "0"))


class Citizens:
    """Makes citizen numbers, each once."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.given: set[str] = set()

    def number(self, region: str) -> str:
        """A number that was not given before."""
        while True:
            born = date(1966, 1, 1) + timedelta(days=self.rng.randrange(365 * 36))
            number = citizen_number(region, born, self.rng.randrange(4))
            if number not in self.given:
                self.given.add(number)
                return number


def phone(region: str, serial: int) -> str:
    """A telephone number that no exchange can reach: it begins with 0 behind the area code."""
    area, digits = ("0941", 6) if region.startswith("6230") else ("029", 7)
    return f"{area}-0{serial % 10**digits:0{digits}d}"
