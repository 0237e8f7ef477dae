"""Inspections that a clerk of 雁塔 may enter, as the template wants them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.table import by_name
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db


def inspection_facts(app: Flask) -> dict[str, Any]:
    """References that a clerk of 雁塔 would look up: an implementation list, its item, two valid inspectors."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        place, listing, item = by_name("account"), by_name("implementation_list"), by_name("supervision_sub_item")
        inspector, department = by_name("inspector"), by_name("department")
        own = db.session.scalar(sa.select(place.department_id).where(place.username == "clerk_yanta"))
        office = db.session.get(department, own)
        row = db.session.execute(
            sa.select(listing.list_code, item.sub_code)
            .join(item, item.id == listing.sub_item_id)
            .where(listing.department_id == own, listing.status == "published")
            .where(item.measure_type == "inspection", item.status == "published")
            .order_by(listing.list_code)
        ).first()
        assert row is not None
        certificates = db.session.scalars(
            sa.select(inspector.cert_no)
            .where(
                inspector.department_id == own,
                inspector.state == "valid",
                sa.or_(inspector.cert_valid_until.is_(None), inspector.cert_valid_until > clock.today()),
            )
            .order_by(inspector.cert_no)
            .limit(2)
        ).all()
        assert len(certificates) == 2
        return {
            "list": row.list_code,
            "item": row.sub_code,
            "inspectors": "；".join(certificates),
            "region": office.region.code,
        }


def good_inspection(facts: dict[str, Any], word: str, number: int) -> dict[str, Any]:
    """A right row of the template, by header; `word` and the number name its subject."""
    return {
        "行政区划代码": facts["region"],
        "监管对象": f"雁塔{word}商店{number:03}",
        "行政相对人": f"雁塔{word}商店{number:03}",
        "行政相对人性质": "法人",
        "行政相对人证件类型": "统一社会信用代码",
        "行政相对人编码": "91610131MA6TX0WX5A",
        "监管事项目录编码": facts["item"],
        "监管事项检查实施清单编码": facts["list"],
        "检查形式": "日常检查",
        "检查类别": "日常巡查",
        "检查结果": "未发现问题",
        "检查时间": clock.today().isoformat(),
        "检查人员执法证号": facts["inspectors"],
    }
