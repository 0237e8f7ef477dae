"""What loading the seeds asked of the engine."""

import pytest

from app.core import checks
from app.core.judge import with_defaults
from app.core.table import by_name
from app.domains.catalogue.choices import SupervisionMode
from app.domains.catalogue.models import SupervisionSubItem
from app.transfer.columns import import_columns


def test_the_nation_has_a_code():
    assert checks.region_code("000000") is None


@pytest.mark.parametrize("separator", ["；", "、", "，", ";"])
def test_a_label_that_holds_a_separator_is_one_entry_of_a_list(separator):
    field = SupervisionSubItem.__fields__["supervision_modes"]
    written = separator.join(str(mode.label) for mode in (SupervisionMode.DOUBLE_RANDOM, SupervisionMode.CREDIT))
    assert field.read(written) == ["double_random", "credit"]


def test_every_choice_of_every_list_is_read_back_as_it_is_shown():
    for field in SupervisionSubItem.__fields__.values():
        if field.kind == "choices":
            everything = [member.value for member in field.choices]
            assert field.read(field.show(everything)) == everything


def test_a_new_row_has_the_defaults_of_its_fields_and_keeps_what_was_given():
    table = by_name("supervision_sub_item")
    assert with_defaults(table, {"status": None})["status"] == "drafting"
    assert with_defaults(table, {"status": "published"})["status"] == "published"
    optional = {column.field.name for column in import_columns(table) if not column.required}
    assert {"status", "valid_from"} <= optional
