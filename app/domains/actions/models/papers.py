"""The sheets that are signed in ink at an inspection, a penalty, a coercive measure and any other act."""

from app.core.messages import N_
from app.core.paper import Paper, Parts

_PARTY = (
    ("party_name", "party_id_no"),
    ("party_nature", "party_id_type"),
    ("subject.legal_person_name", "subject.contact_phone"),
    ("address_registered",),
    ("address_operating",),
)

INSPECTION = Paper(
    N_("行政检查记录"),
    (
        ("name",),
        ("sub_item",),
        ("implementation_list",),
        *_PARTY,
        ("check_form",),
        ("check_mode",),
        ("check_type",),
        ("checked_on", "document_no"),
        ("plan_id", "region"),
        ("inspectors",),
        ("joint_depts",),
        ("check_result",),
    ),
    number="action_no",
    parts=Parts(
        "InspectionItemResult", ("item_name", "result", "problem", "handling"), otherwise="CheckItem", by="sub_item"
    ),
    notes=(N_("后续处置"),),
)

PENALTY = Paper(
    N_("行政处罚记录"),
    (
        ("name",),
        ("sub_item",),
        ("document_no", "decided_on"),
        *_PARTY,
        ("case_source",),
        ("filed_on", "inspection_no"),
        ("illegal_fact",),
        ("illegal_basis",),
        ("legal_basis",),
        ("procedure", "is_hearing"),
        ("is_legal_review", "is_collective"),
        ("penalty_types",),
        ("fine_amount", "confiscated_income"),
        ("confiscated_goods", "licence_no"),
        ("result_text",),
    ),
    number="action_no",
)

COERCION = Paper(
    N_("行政强制记录"),
    (
        ("name",),
        ("sub_item",),
        ("decision_no", "inspection_no"),
        *_PARTY,
        ("illegal_fact",),
        ("legal_basis",),
        ("coercion_kind",),
        ("measure_kind",),
        ("execution_kind",),
        ("started_on", "ended_on"),
        ("extend_days", "result"),
    ),
    number="action_no",
)

OTHER = Paper(
    N_("日常监督管理行为记录"),
    (
        ("name",),
        ("sub_item",),
        ("item_source", "inspection_no"),
        *_PARTY,
        ("measure", "closing"),
        ("started_on", "ended_on"),
        ("region", "entrust_dept"),
    ),
    number="action_no",
    story=(N_("行为经过及内容"),),
    notes=(N_("后续处置"),),
)
