"""Demo data: two cities' departments at work for eleven months. The same day and seed always make the same data.

All firms and persons are made up; their numbers are right but were never issued (``numbers``). Rows of subjects are
recognised by their source record ``DEMO-…``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random

from seed.base import workdays
from seed.demo import (
    accounts,
    claims,
    followups,
    inspections,
    listings,
    matters,
    offices,
    people,
    procedures,
    subjects,
    timing,
    words,
)
from seed.upload import Upload

SEED = 20210701


def _random(about: str) -> Random:
    """Randomness of its own for each part, so that a change of one leaves the others as they are."""
    return Random(f"{SEED} {about}")  # noqa: S311 - made-up data, no secret


def uploads(now: datetime) -> Iterator[Upload]:
    """The workbooks of a demo that ends now, in the order in which they can be entered."""
    today = now.date()
    names = _random("names")
    for rows in offices.by_level(lambda: words.person(names)):
        yield Upload("department", rows)
    yield Upload("account", accounts.place_rows())
    yield from _catalogue()
    yield from claims.uploads(now)
    maker = subjects.Maker(_random("subjects"), today)
    found = maker.make()
    yield Upload("subject_tag", [{"name": name, "description": about} for name, about in subjects.TAGS])
    holders = ("market_entity", "social_org", "natural_person")
    yield Upload("subject", [s.row for s in found if s.kind in holders])
    yield Upload("subject", [s.row for s in found if s.kind not in holders])
    yield Upload("subject_permit", listings.permits(_random("permits"), today, found))
    inspectors = people.make(_random("inspectors"), today, maker.citizens)
    yield Upload("inspector", [inspector.row for inspector in inspectors])
    yield Upload("recusal_declaration", people.recusals(_random("recusals"), today, inspectors, found))
    yield from _actions(timing.times(workdays.calendar(), now), found, inspectors)


def _catalogue() -> Iterator[Upload]:
    permits = procedures.permit_rows()
    yield Upload("permit_item", [{k: v for k, v in row.items() if k != "objects"} for row in permits])
    yield Upload("supervision_item", matters.main_rows(permits))
    yield Upload("supervision_sub_item", matters.sub_rows())
    yield Upload("implementation_list", procedures.list_rows())
    yield Upload("check_item", procedures.item_rows())
    yield Upload("check_content", procedures.content_rows())
    yield Upload("joint_draw_item", procedures.joint_rows())


def _actions(
    times: timing.Times, found: list[subjects.Subject], inspectors: list[people.Inspector]
) -> Iterator[Upload]:
    by_office = inspections.fields(found, inspectors)
    seen = inspections.make(_random("inspections"), times, by_office)
    late = _random("late")
    yield from timing.scheduled(late, times, "inspection", [each.row for each in seen], "checked_on")
    yield Upload("inspection_item_result", list(inspections.item_results(_random("results"), seen)))
    penalties = followups.penalties(_random("penalties"), times, seen)
    yield from timing.scheduled(late, times, "penalty", penalties, "decided_on")
    coercions = followups.coercions(_random("coercions"), times, seen)
    yield from timing.scheduled(late, times, "coercion", coercions, "started_on")
    others = followups.others(_random("others"), times, seen)
    yield from timing.scheduled(late, times, "other_action", others, "started_on")
    yield Upload("abnormal_listing", listings.abnormal(_random("abnormal"), times, found))
    yield Upload("serious_listing", listings.serious(_random("serious"), times, penalties, found))
