"""References by their written names, and one row judged: what forms, requests and workbooks have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import BadValue
from app.core.judge import Row, is_inside, judge, scope_of, with_defaults
from app.core.lookup import Lookup
from app.core.rules import Severity, rule
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, Viewer
from tests.domains.given import context
from tests.every_table.test_query_counts import counted  # noqa: F401 - a fixture
from tests.every_table.world import CITY, OWN, STRANGE, World


@pytest.fixture
def looking(world: World) -> Iterator[Session]:
    with world.session("own") as session:
        yield session


def reference(table: str, name: str) -> Any:
    return TABLES[table].__fields__[name]


def test_a_reference_is_found_by_any_of_its_names(looking: Session):
    lookup = Lookup(looking, reference("department", "region"))
    by_code, by_name = lookup.one("610113"), lookup.one("莲湖区")
    assert by_code.code == "610113" and by_name.code == "610104"
    assert by_code.id == lookup.by_id(str(by_code.id)).id
    assert lookup.one(" ６１０１１３".strip()).id == by_code.id, "codes are found however they are spelled"


def test_a_name_that_fits_two_rows_is_refused(looking: Session):
    with pytest.raises(BadValue, match="有多个行政区划叫“鼓楼区”"):
        Lookup(looking, reference("department", "region")).one("鼓楼区")


@pytest.mark.parametrize("name", ["", "x", "610113x", "9" * 500, "%", "_", "'"])
def test_a_name_of_nothing_is_refused(looking: Session, name: str):
    with pytest.raises(BadValue, match="没有找到行政区划"):
        Lookup(looking, reference("department", "region")).one(name)


@pytest.mark.parametrize("key", ["x", "", "9" * 30, "-1", None, [], 1.5])
def test_an_identifier_of_nothing_is_refused(looking: Session, key: Any):
    for table, name in (("department", "region"), ("subject_permit", "subject")):
        with pytest.raises(BadValue, match="没有找到"):
            Lookup(looking, reference(table, name)).by_id(key)


def test_thousands_of_names_cost_one_query_for_each_way_of_naming(looking: Session, counted: Any):  # noqa: F811
    lookup = Lookup(looking, reference("department", "region"))
    with counted() as statements:
        lookup.learn([f"6101{number:02d}" for number in range(100)])
        lookup.learn([f"6101{number:02d}" for number in range(100)])
        assert lookup.find("610113").code == "610113"
    assert len(statements) == len(lookup.field.by)


def test_what_strangers_have_is_not_found(world: World, looking: Session):
    row = world.another("inspector", "stranger")
    field = reference("inspection", "inspectors")
    with pytest.raises(BadValue):
        Lookup(looking, field).one(row.given["cert_no"])
    with pytest.raises(BadValue):
        Lookup(looking, field).by_id(row.id)
    assert Lookup(looking, field).titles([str(row.id)]) == {}
    lookup = Lookup(looking, field)
    assert lookup.kept([row.id])[row.id].cert_no == row.given["cert_no"], "rules may judge what a stored row refers to"
    assert lookup.keeping([], [lookup.unseen[row.id]]) == [lookup.unseen[row.id]], (
        "and nobody removes what he cannot see"
    )


def test_numbers_of_a_row_come_from_its_department_or_its_parent(looking: Session, world: World):
    own = world.viewers["own"]
    department = Lookup(looking, reference("inspection", "department")).one(OWN)
    assert scope_of(TABLES["inspection"], {"department": department}) == {
        "department_id": own.department_id,
        "scope_region": department.region_id,
    }
    parent = Lookup(looking, reference("recusal_declaration", "inspector")).by_id(world.row("inspector").id)
    assert scope_of(TABLES["recusal_declaration"], {"inspector": parent})["department_id"] == own.department_id
    assert scope_of(TABLES["region"], {}) == scope_of(TABLES["inspection"], {}) == {}


def test_inside_is_an_interval_of_departments_or_of_regions():
    line, region = Viewer("viewer_line", 100, 199), Viewer("viewer_region", 610113000, 610113999)
    assert is_inside(line, 100, 0) and is_inside(line, 199, 0) and not is_inside(line, 200, 610113000)
    assert is_inside(region, 500, 610113000) and not is_inside(region, 100, 610114000)
    assert is_inside(THE_SYSTEM, 0, 0) and not is_inside(Viewer("viewer_line"), 0, 0)


def test_a_rule_that_misspells_a_field_fails():
    row = Row({"name": "甲", "other": None})
    assert (row.name, row.other) == ("甲", None)
    with pytest.raises(AttributeError):
        _ = row.nmae


def values(looking: Session, **more: Any) -> dict[str, Any]:
    department = Lookup(looking, reference("inspector", "department")).one(OWN)
    return {"name": "甲", "department": department, "org_full_name": "乙", "cert_no": "1"} | more


def judged(world: World, given: dict[str, Any], who: str = "own") -> list[tuple[tuple[str, ...], str | None]]:
    table = TABLES["inspector"]
    found = judge(table, with_defaults(table, given), context(clock.today()), world.viewers[who], "id")
    return [(problem.fields, problem.code) for problem in found.problems]


def test_a_complete_row_is_fine(world: World, looking: Session):
    assert judged(world, values(looking)) == []


@pytest.mark.parametrize("empty", [None, "", []])
def test_what_is_required_is_asked_for_and_rules_wait(world: World, looking: Session, empty: Any):
    born = clock.today()  # a rule would say: not yet an adult
    found = judged(world, values(looking, name=empty or None, birth_date=born))
    assert found == [(("name",), None)]
    assert (("birth_date",), "I02") in judged(world, values(looking, birth_date=born))


def test_defaults_fill_what_was_left_empty(looking: Session):
    table = TABLES["inspector"]
    assert with_defaults(table, {})["state"] == "valid"
    assert with_defaults(table, {"state": None})["state"] == "valid"
    assert with_defaults(table, {"state": "suspended"})["state"] == "suspended"


def test_a_strangers_department_is_refused(world: World, looking: Session):
    other = Lookup(looking, reference("inspector", "department")).one(STRANGE)
    assert judged(world, values(looking, department=other)) == [(("department",), "ROW")]
    city = Lookup(looking, reference("inspector", "department")).one(CITY)
    assert judged(world, values(looking, department=city)) == [(("department",), "ROW")]
    assert judged(world, values(looking, department=other), "parent") == []


def test_a_field_of_another_kind_is_refused_by_both_labels(world: World, looking: Session):
    table = TABLES["subject"]
    field = next(field for field in table.__fields__.values() if field.only_when)
    other, allowed = field.only_when
    foreign = next(m.value for m in table.__fields__[other].choices if m.value not in allowed)
    found = judge(table, {field.name: "x", other: foreign}, context(), world.viewers["own"], "id").problems
    told = [str(problem.message) for problem in found if problem.fields == (field.name,)]
    assert told == [f"{field.label}不适用于所选的{table.__fields__[other].label}"]


def test_rules_tell_errors_from_warnings(world: World, looking: Session, monkeypatch: pytest.MonkeyPatch):
    @rule("X1", on="name", severity=Severity.WARNING)
    def always(row: Any, ctx: Any) -> Any:
        """X1: always."""
        return reference("inspector", "name").label

    table = TABLES["inspector"]
    monkeypatch.setattr(table, "__rules__", (always, replace(always, code="X2", severity=Severity.ERROR)))
    found = judge(table, with_defaults(table, values(looking)), context(), world.viewers["own"], "id")
    assert [(p.code, p.is_warning) for p in found.problems] == [("X1", True), ("X2", False)]
    assert [p.code for p in found.errors] == ["X2"]
    assert found.values["quality_flags"] == ["X1"]
    assert always.text == "X1: always."
