"""Corrections of records that have been published or reported: both values are kept (Xi'an art. 33, rule R19)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.fields import long_text, moment, text
from app.core.messages import N_
from app.core.rows import hidden
from app.core.table import Table


class Correction(Table):
    """更正记录: why a published record was changed, with the values before and after. Whoever sees that sees it."""

    __label__ = N_("更正记录")
    __help__ = N_("已公示或已上报的记录更正时须写明理由，更正前后的内容都保留。")
    __title__ = "reason"
    __rows__ = hidden()
    __pages__ = False

    table_name: Mapped[str] = text(N_("数据表"), 63)
    row_key: Mapped[str] = text(N_("记录"), 64)
    reason: Mapped[str] = long_text(N_("更正理由"), 1000)
    corrected_at: Mapped[datetime] = moment(N_("更正时间"))
    person: Mapped[str | None] = text(N_("更正人"), 100)
    unit: Mapped[str | None] = text(N_("更正单位"), 200)
    changes: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="field -> [before, after] as shown; values of persons are masked"
    )


sa.Index("ix_correction_row", Correction.__table__.c.table_name, Correction.__table__.c.row_key)
