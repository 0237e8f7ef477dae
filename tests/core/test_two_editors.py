"""Two people edit one row: 10,000 random schedules of what they read and save, and nothing is overwritten unseen.

Each schedule is a random merge of the steps of two editors in two database sessions of their own. An editor reads the
row (and with it its version), may hold it in an open transaction for a while, and saves it with the version he read,
once or twice. A save that is accepted must have met exactly what its editor had read; one that is refused must have
changed nothing. All 10,000 take about a minute.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import saving
from app.core.errors import Refused
from app.core.table import TABLES
from app.core.viewer import look_as
from app.extensions import db
from tests.every_table.values import fresh
from tests.every_table.world import World

SCHEDULES = 10_000
TAG = TABLES["subject_tag"]
NAMES = ("description", "is_valid")


@dataclass
class Editor:
    """One person with his own session: what he read last, and the row he holds open."""

    session: Session
    name: str
    held: Any = None
    version: int = 0
    seen: dict[str, Any] = field(default_factory=dict)

    def read(self, key: Any) -> None:
        """As a page does: the row is shown, the transaction ends."""
        row = saving.find(self.session, TAG, key)
        self.version, self.seen = row.version, {name: getattr(row, name) for name in NAMES}
        self.session.rollback()
        self.session.expunge_all()
        self.held = None

    def hold(self, key: Any) -> None:
        """As a request does that is slow between reading the row and writing it."""
        self.held = saving.find(self.session, TAG, key)

    def save(self, key: Any, given: dict[str, Any], *, blindly: bool) -> bool:
        """The row is saved with the version read, unless it was changed meanwhile."""
        try:
            row = self.held or saving.find(self.session, TAG, key)
            saving.save(self.session, TAG, given, row=row, version=None if blindly else self.version)
            self.session.commit()
            return True
        except Refused as error:
            assert error.status == 409
            self.session.rollback()
            return False
        finally:
            self.held = None
            self.session.expunge_all()


@dataclass
class Tally:
    """What the schedules did."""

    saved: int = 0
    refused: int = 0
    overwritten: int = 0


@pytest.fixture
def editors(world: World) -> Iterator[tuple[Editor, Editor]]:
    with world.app.app_context():
        made = []
        for who in ("own", "parent"):
            session = Session(db.engine, autoflush=False)
            look_as(session, world.viewers[who])
            made.append(Editor(session, who))
        yield made[0], made[1]
        for editor in made:
            editor.session.close()


def steps(chance: random.Random) -> list[str]:
    """What one editor does: he reads, then saves, holding the row open in between or not; perhaps twice."""
    one = [
        ["read", "save"],
        ["read", "hold", "save"],
        ["read", "save", "save"],
        ["read", "hold", "save", "read", "save"],
    ]
    return list(chance.choice(one))


def run(
    editors: tuple[Editor, Editor], key: Any, rounds: int, chance: random.Random, *, blindly: bool = False
) -> Tally:
    """That many random schedules on one row."""
    tally, truth = Tally(), editors[0].session
    stored = TAG.__table__
    wanted = sa.select(stored.c.version, *(stored.c[name] for name in NAMES)).where(stored.c.id == key)
    for turn in range(rounds):
        plans = {editor.name: steps(chance) for editor in editors}
        while any(plans.values()):
            editor = chance.choice([each for each in editors if plans[each.name]])
            match plans[editor.name].pop(0):
                case "read":
                    editor.read(key)
                case "hold":
                    editor.hold(key)
                case "save":
                    with truth.get_bind().connect() as apart:  # what stands there, seen by nobody's session
                        apart.exec_driver_sql("SET LOCAL ROLE viewer_system")
                        before = apart.execute(wanted).one()._mapping
                    given = {"description": f"{editor.name} {turn} {fresh()}", "is_valid": chance.random() < 0.5}
                    if editor.save(key, given, blindly=blindly):
                        tally.saved += 1
                        tally.overwritten += any(before[name] != editor.seen[name] for name in NAMES)
                    else:
                        tally.refused += 1
                        with truth.get_bind().connect() as apart:
                            apart.exec_driver_sql("SET LOCAL ROLE viewer_system")
                            assert apart.execute(wanted).one()._mapping == before
    return tally


def test_nothing_is_overwritten_unseen(editors: tuple[Editor, Editor], world: World):
    key = world.another("subject_tag").id
    tally = run(editors, key, SCHEDULES, random.Random(20261122))
    assert tally.overwritten == 0
    assert tally.saved > SCHEDULES  # somebody always wins …
    assert tally.refused > SCHEDULES / 4  # … and many are told that they came late


def test_the_proof_would_see_an_overwriting(editors: tuple[Editor, Editor], world: World):
    key = world.another("subject_tag").id
    tally = run(editors, key, 200, random.Random(1), blindly=True)
    assert tally.overwritten > 20
