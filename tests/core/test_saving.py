"""The one way a single row is written: what is refused, what is derived, what stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, saving, sealing
from app.core.errors import Invalid, NotVisible, Refused
from app.core.fields.write import masked
from app.core.table import LINKS, TABLES
from tests.every_table.values import CITIZEN, fresh, varied
from tests.every_table.world import OWN, STRANGE, World

TAG, DAY, INSPECTOR, INSPECTION = (TABLES[name] for name in ("subject_tag", "work_day", "inspector", "inspection"))


@pytest.fixture
def looking(world: World) -> Iterator[Session]:
    with world.session("own") as session:
        yield session


def problems(refused: pytest.ExceptionInfo[Invalid]) -> set[tuple[str, ...]]:
    return {problem.fields for problem in refused.value.problems}


def new_inspector(world: World, **more: Any) -> dict[str, Any]:
    return world.given("inspector")[0] | more


def test_every_problem_is_told_at_once(looking: Session):
    with pytest.raises(Invalid) as refused:
        saving.save(looking, INSPECTOR, {"name": "王" * 51, "birth_date": "abc", "state": "nonsense", "nonsense": "1"})
    assert problems(refused) >= {
        ("name",),
        ("birth_date",),
        ("state",),
        ("nonsense",),
        ("cert_no",),
        ("org_full_name",),
    }
    assert refused.value.status == 422


@pytest.mark.parametrize(
    "name", ["quality_flags", "due_on", "subject", "id", "version", "department_id", "created_by", ""]
)
def test_what_the_system_sets_is_not_given(looking: Session, name: str):
    with pytest.raises(Invalid) as refused:
        saving.save(looking, INSPECTION, {name: "1"})
    assert (name,) in problems(refused)


def test_a_row_is_of_the_viewers_department_and_names_its_writer(looking: Session, world: World):
    own = world.viewers["own"]
    row, warnings = saving.save(looking, INSPECTOR, new_inspector(world))
    assert (row.department_id, row.created_by, row.updated_by, row.version) == (
        own.department_id,
        own.user_id,
        own.user_id,
        1,
    )
    assert list(warnings) == []
    saved, _ = saving.save(looking, INSPECTOR, {"name": "乙"}, row=row, version=1)
    assert (saved.name, saved.version) == ("乙", 2)


def test_a_superior_writes_for_his_county(world: World):
    with world.session("parent") as session:
        row, _ = saving.save(session, INSPECTOR, new_inspector(world, department=STRANGE))
        assert row.department_id == world.viewers["stranger"].department_id
        with pytest.raises(Invalid):
            saving.save(session, INSPECTOR, new_inspector(world, department="陕西省水利厅"))


def test_the_government_of_the_region_writes_for_its_offices(world: World):
    with world.session("office") as session:
        row, _ = saving.save(session, INSPECTOR, new_inspector(world, department=OWN))
        assert row.department_id == world.viewers["own"].department_id
        with pytest.raises(Invalid) as refused:
            saving.save(session, INSPECTOR, new_inspector(world, department=STRANGE))
        assert [problem.code for problem in refused.value.problems] == ["ROW"]


def test_a_stale_version_is_refused(looking: Session, world: World):
    row, _ = saving.save(looking, TAG, {"name": f"标签{fresh()}"})
    saving.save(looking, TAG, {"description": "一"}, row=row, version=1)
    with pytest.raises(Refused) as refused:
        saving.save(looking, TAG, {"description": "二"}, row=row, version=1)
    assert refused.value.status == 409
    assert row.description == "一"


def test_of_two_sessions_the_second_is_refused_without_a_version_too(world: World):
    key = world.another("subject_tag").id
    with world.session("own") as first:
        mine = saving.find(first, TAG, key)
        with world.session("stranger") as second:
            saving.save(second, TAG, {"description": "先"}, row=saving.find(second, TAG, key))
            second.commit()
        with pytest.raises(Refused) as refused:
            saving.save(first, TAG, {"description": "后"}, row=mine)
        assert refused.value.status == 409


def test_a_key_that_is_taken_is_refused_at_its_fields(looking: Session, world: World):
    row = world.another("work_day")
    with pytest.raises(Invalid) as refused:
        saving.save(looking, DAY, row.given)
    assert problems(refused) == {("day",)}
    assert [problem.code for problem in refused.value.problems] == ["KEY"]
    assert "SELECT" not in str(refused.value)


def test_a_key_that_a_stranger_has_is_free(world: World):
    given = {n: v for n, v in new_inspector(world).items() if n != "item_scope"}  # which strangers do not see
    with world.session("stranger") as session:
        saving.save(session, INSPECTOR, given)
        session.commit()
    with world.session("own") as session:
        row, _ = saving.save(session, INSPECTOR, given)
        assert row.cert_no == given["cert_no"], "nobody learns of hidden rows by their keys"


def test_a_masked_value_that_comes_back_stays_what_it_was(looking: Session, world: World):
    number = next(varied(CITIZEN, fresh()))
    row, _ = saving.save(looking, INSPECTOR, new_inspector(world, id_no=number))
    saved, _ = saving.save(looking, INSPECTOR, {"id_no": masked(number), "name": "丙"}, row=row)
    assert (sealing.value_of(saved, INSPECTOR.__fields__["id_no"]), saved.name) == (number, "丙")
    with pytest.raises(Invalid):
        saving.save(
            looking, INSPECTOR, {"id_no": masked(number)[:-1] + ("8" if number.endswith("9") else "9")}, row=row
        )
    with pytest.raises(Invalid):
        saving.save(looking, INSPECTOR, new_inspector(world, id_no=masked(number)))


def test_what_is_derived_is_derived_anew(looking: Session, world: World):
    number = next(varied(CITIZEN, fresh()))
    row, _ = saving.save(looking, INSPECTOR, new_inspector(world, id_no=number, birth_date=None, gender=None))
    born = sealing.value_of(row, INSPECTOR.__fields__["birth_date"])
    assert born == date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    assert str(row.birth_date) == "****-**-**", "it would make the masked number whole"
    assert row.gender in ("male", "female")


def test_links_are_exactly_the_given_ones(looking: Session, world: World):
    names = [world.another("inspector").given["cert_no"] for _ in range(3)]
    given = world.given("inspection")[0]
    row, _ = saving.save(looking, INSPECTION, given | {"inspectors": names[:2]})
    link = LINKS["inspection_inspectors"].table

    def linked() -> set[str]:
        query = sa.select(INSPECTOR.cert_no).join(link, link.c.inspector_id == INSPECTOR.id)
        return set(looking.scalars(query.where(link.c.inspection_id == row.id)))

    assert linked() == set(names[:2])
    saving.save(looking, INSPECTION, {"inspectors": names[1:]}, row=row)
    assert linked() == set(names[1:])
    saving.save(looking, INSPECTION, {"inspectors": "、".join(names)}, row=row)
    assert linked() == set(names)
    with pytest.raises(Invalid):
        saving.save(looking, INSPECTION, {"inspectors": names[:1]}, row=row)
    looking.rollback()


def test_a_warning_accepts_and_flags(looking: Session, world: World):
    given = world.given("inspection")[0]
    row, warnings = saving.save(looking, INSPECTION, given)
    codes = {warning.code for warning in warnings}
    assert codes == set(row.quality_flags or [])
    again, more = saving.save(looking, INSPECTION, given | {"action_no": None, "name": None})
    assert "R16" in {warning.code for warning in more}, "two rows that agree are suspicious"
    assert "R16" in again.quality_flags
    saved, _ = saving.save(looking, INSPECTION, {}, row=row)
    assert "R16" in (saved.quality_flags or []), "now the first has a twin too"


@pytest.mark.parametrize(
    "key", [None, "", "x", 0, "99999999999999999999999", object(), b"1", "00000000-0000-7000-8000-000000000000"]
)
def test_what_is_not_there_is_not_visible(looking: Session, key: Any):
    for table in (TAG, TABLES["department"]):
        with pytest.raises(NotVisible):
            saving.find(looking, table, key)


def test_deleting_what_others_need_is_refused(looking: Session, world: World):
    needed = looking.scalar(sa.select(TABLES["region"]).where(TABLES["region"].code == "610113"))
    with pytest.raises(Refused) as refused:
        saving.delete(looking, needed)
    assert refused.value.status == 409


def test_one_row_may_be_saved_at_any_hour(looking: Session, monkeypatch: pytest.MonkeyPatch):
    late = clock.now().replace(hour=23, minute=59, second=59)
    monkeypatch.setattr(clock, "now", lambda: late)
    row, _ = saving.save(looking, TAG, {"name": f"标签{fresh()}"})
    assert row.updated_at == late
