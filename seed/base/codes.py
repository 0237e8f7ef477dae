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


def patterns() -> list[dict[str, Any]]:
    """How codes of items and lists are built (domain.md §2.6): proposed, so they advise and refuse nothing."""
    return [
        {
            "kind": "sub_item",
            "name": "省级以下统一结构",
            "pattern": r"[0-9]{2}[0-9]{3}[0-9]{4}(?P<measure>01|02|03|09)[0-9]{3}",
            "explanation": "2 位省码、3 位部门、4 位主项、2 位措施（01 检查、02 处罚、03 强制、09 其他）、3 位子项",
            "is_hard": False,
        },
        {
            "kind": "implementation_list",
            "name": "信用代码加层级加事项编码",
            "pattern": r"(?P<office>[0-9A-Z]{18})[1-5](?P<item>[0-9]{14})[0-9]{2}",
            "explanation": "18 位实施部门信用代码、1 位层级、14 位监管事项目录编码、2 位顺序号",
            "is_hard": False,
        },
    ]
