"""The roster as it is frozen before the first seed: people, ways, pairs that keep apart, seats of items (SSJ1, 5.6).

Its hash stands in the freeze record. Together with the drawn subjects it is everything that the second stage follows
from: whoever has both computes the matching, the table and, with the second seed, the teams.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domains.draw.choices import Kind
from app.domains.draw.rules.canon import VERSION
from app.domains.draw.rules.joint import Drawn, Item, Seats, tasks
from app.domains.draw.rules.teams.facts import Case, Inspector, Terms
from app.domains.draw.rules.teams.regions import Regions

Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Roster:
    """What is known of the second stage before anybody knows who is drawn."""

    terms: Terms
    km: Mapping[str, Mapping[str, int]]
    inspectors: tuple[Inspector, ...]
    items: tuple[Item, ...]
    declared: Pairs = frozenset()
    last_pairs: Pairs = frozenset()


def record(roster: Roster, draw_id: str) -> dict[str, Any]:
    """The roster in the record of a draw (`roster.json`)."""
    terms = roster.terms
    return {
        "ver": VERSION,
        "draw_id": draw_id,
        "window": [day.isoformat() for day in terms.window],
        "mu": terms.mu,
        "rounds": terms.rounds,
        "crossed": int(terms.is_crossed),
        "ways": int(terms.weighs_ways),
        "year": int(terms.weighs_year),
        "limit": terms.limit,
        "km": {region: dict(ways) for region, ways in roster.km.items()},
        "inspectors": [_line(each) for each in sorted(roster.inspectors, key=lambda each: each.id.encode())],
        "items": {
            item.name: {
                department: [sorted(seats.needs), seats.experts, seats.members]
                for department, seats in item.seats.items()
            }
            for item in roster.items
        },
        "declared": _pairs(roster.declared),
        "last_pairs": _pairs(roster.last_pairs),
    }


def roster_of(record: Mapping[str, Any]) -> Roster:
    """The roster that stands in a record."""
    first, last = (date.fromisoformat(day) for day in record["window"])
    crossed, ways, year = (bool(record[name]) for name in ("crossed", "ways", "year"))
    return Roster(
        Terms((first, last), record["mu"], record["rounds"], crossed, ways, year, record["limit"]),
        record["km"],
        tuple(_inspector(line) for line in record["inspectors"]),
        tuple(
            Item(name, {department: Seats(frozenset(needs), *count) for department, (needs, *count) in seats.items()})
            for name, seats in record["items"].items()
        ),
        frozenset((one, other) for one, other in record["declared"]),
        frozenset((one, other) for one, other in record["last_pairs"]),
    )


def case(roster: Roster, drawn: Iterable[Drawn]) -> Case:
    """What the second stage begins with, once the subjects are drawn."""
    items = {item.name: item for item in roster.items}
    return Case(
        roster.terms,
        Regions(roster.km),
        roster.inspectors,
        tasks(drawn, items),
        declared=roster.declared,
        last_pairs=roster.last_pairs,
    )


def _line(each: Inspector) -> list[Any]:
    until = each.certified_until.isoformat() if each.certified_until else ""
    leave = [[first.isoformat(), last.isoformat()] for first, last in sorted(each.leave)]
    who = [each.id, sorted(each.departments), each.unit, each.region, each.kind.value, sorted(each.qualifications)]
    return [*who, each.most, each.load, until, int(each.is_valid), leave]


def _inspector(line: list[Any]) -> Inspector:
    id_, departments, unit, region, kind, held, most, load, until, is_valid, leave = line
    return Inspector(
        id_,
        frozenset(departments),
        unit,
        region,
        most,
        load,
        frozenset(held),
        date.fromisoformat(until) if until else None,
        bool(is_valid),
        tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in leave),
        Kind(kind),
    )


def _pairs(pairs: Pairs) -> list[list[str]]:
    return [list(pair) for pair in sorted(pairs, key=lambda pair: (pair[0].encode(), pair[1].encode()))]
