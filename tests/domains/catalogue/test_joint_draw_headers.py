"""The header rows of lists that offices publish find their fields without a person's help."""

import pytest

from app import domains
from app.core.table import by_name
from app.transfer.columns import match_headers

domains.load()
TABLE = by_name("joint_draw_item")


@pytest.mark.parametrize(("headers", "fields"), [
    ("序号 抽查领域 抽查事项 检查对象 发起部门 配合部门 抽查层级",
     "domain item_name check_object initiator participants implement_level"),
    ("序号 抽查类别 抽查事项名称 事项类别 抽查对象 检查方式 检查主体 检查依据",
     "domain item_name item_class check_object verify_methods initiator legal_basis"),
    ("序号 抽查领域 检查事项 抽查对象 牵头部门 参与部门 实施层级",
     "domain item_name check_object initiator participants implement_level"),
    ("序号 抽查领域 联合抽查事项 检查对象 事项类别 抽查比例及频次 检查时间 检查方式 "
     "组织层级 牵头单位 配合单位 实施层级 备注",
     "domain item_name check_object item_class ratio check_period verify_methods organise_level initiator "
     "participants implement_level remark"),
])  # fmt: skip
def test_published_headers_are_known(headers, fields):
    match = match_headers(TABLE, list(enumerate(headers.split())))
    assert list(match.fields.values()) == fields.split()
    assert match.unknown == ("序号",)


def test_only_the_item_itself_is_required():
    required = [name for name, field in TABLE.__fields__.items() if field.required and not field.is_owner]
    assert required == ["item_name"]


def test_the_longest_key_fits_an_index_entry():
    letters = sum(TABLE.__fields__[name].length or 0 for name in TABLE.__key__)
    assert letters * 3 + 64 <= 2704  # three bytes for a Chinese character, and the entry's own head
