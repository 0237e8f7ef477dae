"""Every move × state × standing × permission × department of every workflow, against the table written by hand."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import saving
from app.core.errors import Invalid, NotVisible, Refused
from app.core.roles import Role
from app.core.table import TABLES, Table, tables_with_pages
from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from app.core.workflow import locks, moving
from tests.every_table.world import World
from tests.workflow.rows import one, put, taken_back
from tests.workflow.table import EDITABLE, ROLES, TABLE, Line

NAMES = sorted(TABLE)
#: Whose moves each person of the world may make: his department is the row's own, above it, or neither.
PLACES = {"own": {"own"}, "parent": {"own", "above"}, "office": {"own", "above"}, "stranger": set()}
FILL = {"process_text": "流程", "result_text": "结果", "gap_note": "缺口", "due_on": "2027-01-01"}


def test_every_workflow_stands_in_the_table():
    assert sorted(name for name, table in tables_with_pages().items() if table.__flow__) == NAMES
    for name, lines in TABLE.items():
        flow = TABLES[name].__flow__
        assert {move.name for move in flow.moves if not move.is_hidden} == set(lines), name
        assert set(flow.editable) == EDITABLE[name]


@pytest.mark.parametrize("role", [role.value for role in Role])
@pytest.mark.parametrize("name", NAMES)
def test_each_role_has_the_permissions_of_the_table(name: str, role: str):
    granted = TABLES[name].__may__.get(role, frozenset()) & {"edit", "review", "publish"}
    assert granted == ROLES.get(role, set()), (name, role)


def standings(name: str) -> list[tuple[str, bool, bool]]:
    """Every state, published or not, of a local regulation or not, as far as the table knows the difference."""
    flow = TABLES[name].__flow__
    editions = (False, True) if flow.edition else (False,)
    local = (False, True) if "approve_on" in TABLE[name] else (False,)
    return [(each.value, *more) for each in flow.states for more in itertools.product(editions, local)]


def asked(state: str, justice: Viewer) -> dict[str, Any]:
    """Who was asked for his opinion when the row came to that state, and so reads it."""
    return {"asked_of": justice.department_id} if state == "second_review" else {}


def set_local(session: Session, row: Table, *, local: bool) -> None:
    main = row if row.__tablename__ == "supervision_item" else getattr(row, "main_item", None)
    if main is not None:
        value = "local_regulation" if local else "provincial"
        with looking_as(session, THE_SYSTEM):
            table = type(main).__table__
            session.execute(sa.update(table).where(table.c.id == main.id).values(source_level=value))
            session.refresh(main)


def give(session: Session, row: Table) -> None:
    """Whatever a move may require is filled."""
    values: dict[str, Any] = {n: v for n, v in FILL.items() if n in type(row).__fields__}
    if row.__tablename__ == "approval_reform_case":
        items = TABLES["supervision_sub_item"].__table__
        values["sub_item_id"] = session.scalar(sa.select(items.c.id).where(items.c.edition.is_not(None)).limit(1))
    table = type(row).__table__
    if values:
        session.execute(sa.update(table).where(table.c.id == row.id).values(values))


@pytest.fixture
def justice(world: World, session: Session) -> Viewer:
    """Somebody of the justice bureau of the row's region, for the time of a test."""
    with looking_as(session, THE_SYSTEM):
        own = world.viewers["own"]
        region = session.scalar(sa.text("SELECT region_id FROM department WHERE id = :id"), {"id": own.department_id})
        given = {"name": "万事甲县司法局", "region": str(region), "level": "county", "duty_line": "justice"}
        bureau, _ = saving.save(session, TABLES["department"], given | {"dept_kind": "gov_department"}, by_id=True)
        return Viewer("viewer_line", bureau.id, bureau.high, 10**6, "司法", bureau.id, bureau.name)


def colleague(world: World, who: str) -> Viewer:
    """Somebody of the same office who has not written the row."""
    return replace(world.viewers[who], user_id=world.viewers["stranger"].user_id)


def expected(line: Line, standing: tuple[str, bool, bool], actions: set[str], whose: set[str]) -> bool:
    state, published, local = standing
    return line.may in actions and line.where in whose and line.is_open(state, published=published, local=local)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_offered_and_what_is_done(name: str, world: World, session: Session, justice: Viewer):
    """Offered is what the table says and nothing else; whatever is not, is refused when it is tried all the same."""
    row, lines, tried = one(session, world, name), TABLE[name], 0
    people = {who: (colleague(world, who), whose) for who, whose in PLACES.items()} | {
        "justice": (justice, {"justice"})
    }
    sets = [frozenset(), *({frozenset(each) for each in ROLES.values()})]
    for standing in standings(name):
        state, published, local = standing
        with taken_back(session, THE_SYSTEM):
            set_local(session, row, local=local)
            give(session, row)
            put(session, row, state, published=published, **asked(state, justice))
            for (who, (viewer, whose)), actions in itertools.product(people.items(), sets):
                offered = what_is_offered(session, row, viewer, actions)
                wanted = {n for n, line in lines.items() if expected(line, standing, actions, whose)}
                if any(not n.startswith("recall") for n in wanted):  # who judges is not offered to take back
                    offered -= {n for n in offered if n.startswith("recall")}
                    wanted = {n for n in wanted if not n.startswith("recall")}
                assert offered == wanted, (name, standing, who, sorted(actions))
            for who, (viewer, whose) in people.items():
                for line in lines.values():
                    tried += 1
                    is_right = expected(line, standing, {line.may}, whose)
                    got = attempt(session, row, line, viewer)
                    wanted_state = line.target if is_right else None
                    assert got == wanted_state, (name, standing, who, line.name, got)
    assert tried >= 4 * len(lines) * len(list(TABLES[name].__flow__.states))


def what_is_offered(session: Session, row: Table, viewer: Viewer, actions: frozenset[str]) -> set[str]:
    """The moves that the viewer may make; none of a row that he does not see."""
    with looking_as(session, viewer):
        try:
            found = saving.find(session, type(row), sa.inspect(row).identity[0])
        except NotVisible:
            return set()
        return {move.name for move in moving.offered(session, found, actions)}


def attempt(session: Session, row: Table, line: Line, viewer: Viewer) -> str | None:
    """The state after the move; None where it was refused (403: not his, 409: not from there)."""
    flow = type(row).__flow__
    with taken_back(session, viewer):
        try:
            found = saving.find(session, type(row), sa.inspect(row).identity[0])
            why = {"change_kind": "law_revised", "doc_no": "文1号"} if line.name == "change" else {}
            moving.move(session, found, line.name, opinion="理由", version=found.version, given=why)
            return str(getattr(found, flow.field))
        except Refused as error:
            is_hidden = isinstance(error, NotVisible) and not locks.follows_it(_as_it_is(session, row), viewer)
            assert error.status in (403, 409) or is_hidden, (line.name, error)
            return None


def _as_it_is(session: Session, row: Table) -> Table:
    with looking_as(session, THE_SYSTEM):
        return saving.find(session, type(row), sa.inspect(row).identity[0])


@pytest.mark.parametrize("name", NAMES)
def test_what_must_be_said_and_filled(name: str, world: World, session: Session, justice: Viewer):
    row = one(session, world, name)
    own, parent = world.viewers["own"], world.viewers["parent"]
    by = {"own": own, "above": parent, "justice": justice}
    for line in TABLE[name].values():
        state = sorted(line.sources)[0]
        published, local = "published" in line.words, "local" in line.words or line.where == "justice"
        with taken_back(session, THE_SYSTEM):
            set_local(session, row, local=local)
            give(session, row)
            put(session, row, state, published=published, **asked(state, justice))
            if "reason" in line.words:
                with taken_back(session, by[line.where]), pytest.raises(Invalid) as refused:
                    moving.move(session, row, line.name)
                assert "理由" in str(refused.value)
            for field in line.needs:
                column = TABLES[name].__fields__[field].column
                with taken_back(session, THE_SYSTEM):
                    put(session, row, state, published=published, **{column: None})
                    with looking_as(session, by[line.where]), pytest.raises(Invalid) as refused:
                        moving.move(session, row, line.name, opinion="理由")
                    assert field in {f for problem in refused.value.problems for f in problem.fields}


@pytest.mark.parametrize("name", NAMES)
def test_nobody_judges_his_own_work(name: str, world: World, session: Session):
    row, own = one(session, world, name), colleague(world, "own")
    for line in TABLE[name].values():
        if "apart" not in line.words or line.where != "own":
            continue
        with taken_back(session, THE_SYSTEM):
            set_local(session, row, local="local" in line.words)
            put(session, row, "submitted", writer=own.user_id)
            with taken_back(session, own), pytest.raises(Refused) as refused:
                moving.move(session, row, line.name)
            assert refused.value.status == 403 and "其他审核人" in str(refused.value)
            with looking_as(session, own):
                assert line.name not in {m.name for m in moving.offered(session, row, frozenset({"review"}))}
            put(session, row, "submitted", writer=world.viewers["parent"].user_id)
            with looking_as(session, own):
                assert line.name in {m.name for m in moving.offered(session, row, frozenset({"review"}))}


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_written_in_their_editable_states_only(name: str, world: World, session: Session):
    row, own = one(session, world, name), world.viewers["own"]
    editor = Viewer(own.kind, own.low, own.high, own.user_id, own.name, own.department_id, own.department)
    flow = TABLES[name].__flow__
    for each in flow.states:
        for published in (False, True) if flow.edition else (False,):
            with taken_back(session, THE_SYSTEM):
                put(session, row, each.value, published=published)
                assert locks.is_editable(row, editor) == (each.value in EDITABLE[name])
                assert locks.is_editable(row, own) == (each.value in EDITABLE[name]), "who loads is no exception"
                values = {n: getattr(row, n) for n in type(row).__fields__}
                other = next(s.value for s in flow.states if s is not each)
                for who in (editor, own):
                    changed = values | {flow.field: other}
                    assert locks.standing_in_the_way(TABLES[name], changed, values, who)
                    assert locks.standing_in_the_way(TABLES[name], changed, values, who, by_hand=False)
    first = {flow.field: flow.initial[0]}
    assert locks.standing_in_the_way(TABLES[name], first, None, editor) == []
    for each in flow.states:
        refused = locks.standing_in_the_way(TABLES[name], {flow.field: each.value}, None, editor)
        assert bool(refused) == (each.value not in flow.initial)
        assert bool(locks.standing_in_the_way(TABLES[name], {flow.field: each.value}, None, own)) == bool(refused)
        loaded = {"kept": None, "viewer": own, "by_hand": False}
        assert locks.standing_in_the_way(TABLES[name], {flow.field: each.value}, **loaded) == []
        editors = loaded | {"viewer": editor}
        assert bool(locks.standing_in_the_way(TABLES[name], {flow.field: each.value}, **editors)) == bool(refused)


@pytest.mark.parametrize("name", NAMES)
def test_hidden_moves_are_the_systems(name: str, world: World, session: Session):
    row, own = one(session, world, name), world.viewers["own"]
    for move in TABLES[name].__flow__.moves:
        if not move.is_hidden:
            continue
        for state in move.sources:
            with taken_back(session, THE_SYSTEM):
                put(session, row, state)
                with taken_back(session, own), pytest.raises(Refused) as refused:
                    moving.move(session, row, move.name)
                assert refused.value.status == 404
                moving.move(session, row, move.name)
                assert getattr(row, TABLES[name].__flow__.field) == move.target
