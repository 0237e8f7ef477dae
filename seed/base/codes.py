"""Code lists of national standards, as in codes.csv, each with its standard named."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("codes.csv")

LISTS = {
    "GB/T4754": ("国民经济行业分类（门类）", "GB/T 4754-2017", "只含 20 个门类；大类、中类、小类由 Excel 导入"),
    "GB/T2261.1": ("人的性别代码", "GB/T 2261.1-2003", None),
    "GB/T3304": ("中国各民族名称", "GB/T 3304-1991", None),
    "GB/T4658": ("学历代码", "GB/T 4658-2006", None),
    "GB/T4762": ("政治面貌代码", "GB/T 4762-1984", None),
}


def lists() -> list[dict[str, Any]]:
    """The code lists."""
    return [
        {"code": code, "name": name, "source": source, "note": note} for code, (name, source, note) in LISTS.items()
    ]


def entries() -> list[dict[str, Any]]:
    """The values of every list, numbered in the order of the file."""
    counted: Counter[str] = Counter()
    found = []
    with _FILE.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            counted[row["list"]] += 1
            found.append(
                {"code_list": row["list"], "code": row["code"], "name": row["name"], "seq": counted[row["list"]]}
            )
    return found
