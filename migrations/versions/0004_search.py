"""pieces of words, pinyin, orders: what makes rows quick to find

Revision ID: 0004
Revises: 0003
"""

import sys

import sqlalchemy as sa
from alembic import op

from app.core import grams
from app.core.spelling import spelling_of

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: Tables that keep pinyin: the names it is made from, and whether they are persons'.
SPELLED: dict[str, list[tuple[str, bool]]] = {
    "region": [("name", False)],
    "department": [("name", False)],
    "user_place": [("real_name", True)],
    "supervision_item": [("main_name", False)],
    "supervision_sub_item": [("sub_name", False)],
    "permit_item": [("task_name", False)],
    "subject": [("name", False)],
    "inspector": [("name", True)],
    "inspection": [("party_name", False)],
    "penalty": [("party_name", False)],
    "coercion": [("party_name", False)],
    "other_action": [("party_name", False)],
}
#: Name, table, method, and what is indexed.
INDEXES = [
    ("find_import_batch_words", "import_batch", "gin", 'public.grams(VARIADIC ARRAY["file_name"::text])'),
    (
        "find_import_batch_order_0",
        "import_batch",
        "btree",
        '"created_at" DESC, "id" DESC, "department_id", "scope_region"',
    ),
    ("find_header_memory_order_0", "header_memory", "btree", '"id" DESC, "department_id", "scope_region"'),
    (
        "find_region_words",
        "region",
        "gin",
        'public.grams(VARIADIC ARRAY["name"::text, "code"::text, "spelling"::text])',
    ),
    ("find_region_order_0", "region", "btree", '"code", "id"'),
    (
        "find_department_words",
        "department",
        "gin",
        'public.grams(VARIADIC ARRAY["name"::text, "uscc"::text, "spelling"::text])',
    ),
    (
        "find_user_place_words",
        "user_place",
        "gin",
        'public.grams(VARIADIC ARRAY["username"::text, "real_name"::text, "staff_number"::text, "spelling"::text])',
    ),
    ("find_user_place_order_0", "user_place", "btree", '"username", "id", "department_id", "scope_region"'),
    ("find_code_list_words", "code_list", "gin", 'public.grams(VARIADIC ARRAY["name"::text, "code"::text])'),
    ("find_code_list_order_0", "code_list", "btree", '"code", "id"'),
    ("find_code_entry_words", "code_entry", "gin", 'public.grams(VARIADIC ARRAY["name"::text, "code"::text])'),
    ("find_code_entry_order_0", "code_entry", "btree", '"code_list_id", "seq", "id"'),
    ("find_work_day_order_0", "work_day", "btree", '"day" DESC, "id" DESC'),
    (
        "find_deadline_policy_words",
        "deadline_policy",
        "gin",
        'public.grams(VARIADIC ARRAY["name"::text, "code"::text])',
    ),
    ("find_deadline_policy_order_0", "deadline_policy", "btree", '"code", "effective_from" DESC, "id" DESC'),
    (
        "find_supervision_item_words",
        "supervision_item",
        "gin",
        'public.grams(VARIADIC ARRAY["main_name"::text, "main_code"::text, "spelling"::text])',
    ),
    ("find_supervision_item_order_0", "supervision_item", "btree", '"main_code", "id"'),
    (
        "find_supervision_sub_item_words",
        "supervision_sub_item",
        "gin",
        'public.grams(VARIADIC ARRAY["sub_name"::text, "sub_code"::text, "spelling"::text])',
    ),
    ("find_supervision_sub_item_order_0", "supervision_sub_item", "btree", '"sub_code", "id"'),
    (
        "find_joint_draw_item_words",
        "joint_draw_item",
        "gin",
        'public.grams(VARIADIC ARRAY["participants"::text, "check_object"::text, "item_name"::text, "initiator"::text, "domain"::text])',
    ),
    (
        "find_implementation_list_words",
        "implementation_list",
        "gin",
        'public.grams(VARIADIC ARRAY["impl_dept_name"::text, "list_code"::text])',
    ),
    ("find_implementation_list_order_0", "implementation_list", "btree", '"list_code", "id"'),
    ("find_check_item_words", "check_item", "gin", 'public.grams(VARIADIC ARRAY["name"::text, "item_no"::text])'),
    ("find_check_item_order_0", "check_item", "btree", '"item_no", "id"'),
    (
        "find_check_content_words",
        "check_content",
        "gin",
        'public.grams(VARIADIC ARRAY["content"::text, "content_code"::text])',
    ),
    ("find_check_content_order_0", "check_content", "btree", '"content_code", "id"'),
    (
        "find_permit_item_words",
        "permit_item",
        "gin",
        'public.grams(VARIADIC ARRAY["task_name"::text, "task_code"::text, "catalog_code"::text, "spelling"::text])',
    ),
    ("find_permit_item_order_0", "permit_item", "btree", '"task_code", "id"'),
    ("find_subject_tag_words", "subject_tag", "gin", 'public.grams(VARIADIC ARRAY["name"::text])'),
    ("find_subject_tag_order_0", "subject_tag", "btree", '"name", "id"'),
    (
        "find_subject_permit_words",
        "subject_permit",
        "gin",
        'public.grams(VARIADIC ARRAY["permit_name"::text, "permit_no"::text])',
    ),
    ("find_subject_permit_order_0", "subject_permit", "btree", '"approved_on" DESC NULLS LAST, "id" DESC'),
    (
        "find_subject_words",
        "subject",
        "gin",
        'public.grams(VARIADIC ARRAY["name"::text, "reg_no"::text, "uscc"::text, "spelling"::text])',
    ),
    (
        "find_inspector_words",
        "inspector",
        "gin",
        'public.grams(VARIADIC ARRAY["cert_no"::text, "name"::text, "spelling"::text])',
    ),
    (
        "find_recusal_declaration_words",
        "recusal_declaration",
        "gin",
        'public.grams(VARIADIC ARRAY["subject_name"::text, "declaration_no"::text])',
    ),
    (
        "find_recusal_declaration_order_0",
        "recusal_declaration",
        "btree",
        '"valid_from" DESC NULLS LAST, "id" DESC, "department_id", "scope_region"',
    ),
    (
        "find_inspection_words",
        "inspection",
        "gin",
        'public.grams(VARIADIC ARRAY["name"::text, "party_name"::text, "subject_name"::text, "document_no"::text, "action_no"::text, "spelling"::text])',
    ),
    ("find_inspection_order_1", "inspection", "btree", '"checked_on" DESC, "id" DESC, "department_id", "scope_region"'),
    (
        "find_inspection_item_result_words",
        "inspection_item_result",
        "gin",
        'public.grams(VARIADIC ARRAY["item_name"::text])',
    ),
    (
        "find_inspection_item_result_order_0",
        "inspection_item_result",
        "btree",
        '"id" DESC, "department_id", "scope_region"',
    ),
    (
        "find_penalty_words",
        "penalty",
        "gin",
        'public.grams(VARIADIC ARRAY["name"::text, "party_name"::text, "subject_name"::text, "document_no"::text, "inspection_no"::text, "action_no"::text, "spelling"::text])',
    ),
    ("find_penalty_order_0", "penalty", "btree", '"id" DESC, "department_id", "scope_region"'),
    ("find_penalty_order_1", "penalty", "btree", '"decided_on" DESC, "id" DESC, "department_id", "scope_region"'),
    (
        "find_coercion_words",
        "coercion",
        "gin",
        'public.grams(VARIADIC ARRAY["name"::text, "party_name"::text, "subject_name"::text, "decision_no"::text, "inspection_no"::text, "action_no"::text, "spelling"::text])',
    ),
    ("find_coercion_order_0", "coercion", "btree", '"id" DESC, "department_id", "scope_region"'),
    (
        "find_other_action_words",
        "other_action",
        "gin",
        'public.grams(VARIADIC ARRAY["name"::text, "party_name"::text, "subject_name"::text, "inspection_no"::text, "action_no"::text, "spelling"::text])',
    ),
    ("find_other_action_order_0", "other_action", "btree", '"id" DESC, "department_id", "scope_region"'),
    ("find_abnormal_listing_words", "abnormal_listing", "gin", 'public.grams(VARIADIC ARRAY["decision_no"::text])'),
    (
        "find_abnormal_listing_order_0",
        "abnormal_listing",
        "btree",
        '"listed_on" DESC, "id" DESC, "department_id", "scope_region"',
    ),
    (
        "find_serious_listing_words",
        "serious_listing",
        "gin",
        'public.grams(VARIADIC ARRAY["penalty_document_no"::text, "decision_no"::text])',
    ),
    (
        "find_serious_listing_order_0",
        "serious_listing",
        "btree",
        '"listed_on" DESC NULLS LAST, "id" DESC, "department_id", "scope_region"',
    ),
]
ROWS = 5000


def upgrade() -> None:
    connection = op.get_bind()
    if connection.scalar(sa.text(grams.MISSING)):
        connection.exec_driver_sql(grams.CREATE)
    if connection.scalar(sa.text(grams.UNMARKED)):
        print(  # noqa: T201 - whoever migrates has to know
            "Text search will not use its indexes under row policies until a superuser has run "
            "`python -m app.embedded provision`.",
            file=sys.stderr,
        )
    for table, names in SPELLED.items():
        op.add_column(table, sa.Column("spelling", sa.Text(), nullable=True, comment="全拼与首字母"))
        _spell(connection, table, names)
    for name, table, method, content in INDEXES:
        connection.exec_driver_sql(f'CREATE INDEX "{name}" ON "{table}" USING {method} ({content})')
        connection.exec_driver_sql(f"COMMENT ON INDEX \"{name}\" IS '{method} ({content})'")


def _spell(connection: sa.Connection, table: str, names: list[tuple[str, bool]]) -> None:
    """Every row that is there has its pinyin; so many at a time, in the order of their identifiers."""
    columns = ", ".join(name for name, _ in names)
    kind = {"region": "integer", "department": "bigint"}.get(table, "uuid")
    last = None
    while True:
        beyond = "" if last is None else "WHERE id > :last"
        rows = connection.execute(
            sa.text(f'SELECT id, {columns} FROM "{table}" {beyond} ORDER BY id LIMIT {ROWS}'),
            {} if last is None else {"last": last},
        ).all()
        if not rows:
            return
        last = rows[-1][0]
        texts = [
            spelling_of([(text, person) for text, (_, person) in zip(row[1:], names, strict=True)]) for row in rows
        ]
        connection.execute(
            sa.text(
                f'UPDATE "{table}" t SET spelling = s.spelling FROM unnest(CAST(:ids AS text[]), CAST(:texts AS text[])) '
                f"AS s(id, spelling) WHERE t.id = CAST(s.id AS {kind}) AND s.spelling IS NOT NULL"
            ),
            {"ids": [str(row[0]) for row in rows], "texts": texts},
        )


def downgrade() -> None:
    for name, *_ in INDEXES:
        op.execute(f'DROP INDEX IF EXISTS "{name}"')
    for table in SPELLED:
        op.drop_column(table, "spelling")
