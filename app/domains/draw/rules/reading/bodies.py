"""Which departments a cell names: 教育、卫生健康部门 are two; 文化和旅游或卫生健康部门 must be asked back."""

import re
from typing import Any

from app.core.errors import BadValue
from app.core.messages import N_
from app.domains.draw.rules.reading.signs import plain, without_remark

_BETWEEN = re.compile(r"[、,;，；/]|以及|及")
_KIND = re.compile(r"(?:等)?(?P<kind>部门|主管部门|行政部门|行政主管部门|机构|单位)$")


def bodies(cell: Any) -> tuple[str, ...]:
    """The departments in the order in which they are named, each with the word for its kind (教育部门); () for none.

    Raises BadValue where the cell leaves a choice (或) or conditions: who takes part is fixed before a draw.
    """
    text, remark = without_remark(plain(cell))
    if not text or text in ("无", "-", "/"):
        return ()
    if "或" in text or "等部门" in text or "有关部门" in text or "相关部门" in text:
        raise BadValue(N_("“{text}”没有写定是哪几个部门，请逐一写明", text=" ".join(str(cell).split())[:60]))
    if "时" in remark:
        raise BadValue(
            N_("“{text}”附有条件；抽取前要定下由谁参加，请分成几行填写", text=" ".join(str(cell).split())[:60])
        )
    names = [name for name in _BETWEEN.split(text) if name]
    if not names:
        return ()
    kind = found["kind"] if (found := _KIND.search(names[-1])) else ""
    # 教育、卫生健康部门: the word at the end is said of each.
    whole = [
        name if _KIND.search(name) or name.endswith(("局", "委", "办", "队", "所")) else name + kind for name in names
    ]
    return tuple(dict.fromkeys(whole))
