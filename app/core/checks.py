"""Pure checks of one value: each takes a cell's value and answers a message for the person, or None when it is fine.

They see the value after the engine has normalised it (full-width digits, blanks, upper case), never a row and never
the database.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache

from stdnum.cn import ric

from app.core import clock
from app.core.messages import N_, Message

Check = Callable[[str], Message | None]

# Letters are real in the first two places (N 农业, Y 其他, A 中央军委), which python-stdnum's own validate() refuses.
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
#: GB 32100 §4.6: the weight of place n is 3 to the power of n, modulo 31; here with the value of each sign.
_CREDIT_WEIGHTS = [{s: at * pow(3, n, 31) % 31 for at, s in enumerate(_CREDIT_SIGNS)} for n in range(17)]
_CITIZEN_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
_ITEM_CODE = re.compile(r"[0-9]{14}")
_REGION_CODE = re.compile(r"000000|[1-9][0-9]{5}([0-9]{3})?")
_PHONE = re.compile(r"\+?[0-9(（][0-9()（）\-－ ]{5,18}[0-9]([转,,\-]?[0-9]{1,6})?")
_LEVEL_DIGITS = frozenset("12345")
_LIST_CODE_LENGTH = 64
_FIRST_BIRTH_YEAR = 1850


# Fields and rules ask for the same code again and again; the code of an organisation is no secret to keep.
@lru_cache(maxsize=20_000)
def _credit_digit(body: str) -> str:
    """The check digit of a credit code's first 17 signs; stdnum's, in a fifth of its time."""
    total = sum([weights[sign] for weights, sign in zip(_CREDIT_WEIGHTS, body, strict=True)])
    return _CREDIT_SIGNS[-total % 31]


def credit_code(value: str) -> Message | None:
    """A unified social credit code of GB 32100: alphabet, digits of the region, and the check digit are right."""
    if not _CREDIT_CODE.fullmatch(value):
        return N_("统一社会信用代码应为 18 位数字或大写字母（不含 I、O、Z、S、V），第 3 至 8 位为数字")
    if _credit_digit(value[:17]) != value[17]:
        return N_("统一社会信用代码的校验位不对，请核对 18 位是否有误")
    return None


def citizen_number(value: str, *, today: date | None = None) -> Message | None:
    """A citizen number of GB 11643: 18 places, a birth date that exists and has passed, and the right check digit.

    The birthplace is not looked up: codes of abolished counties stay valid on the cards that carry them.
    """
    if not _CITIZEN_NUMBER.fullmatch(value):
        return N_("身份证号码应为 18 位：前 17 位为数字，末位为数字或大写 X")
    try:
        born = date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return N_("身份证号码中的出生日期 {digits} 不存在", digits=value[6:14])
    if born.year < _FIRST_BIRTH_YEAR or born > (today or clock.today()):
        return N_("身份证号码中的出生日期 {digits} 不合理", digits=value[6:14])
    if ric.calc_check_digit(value) != value[17]:
        return N_("身份证号码的校验位不对，请核对 18 位是否有误")
    return None


def item_code(value: str) -> Message | None:
    """The code of a sub-item (监管事项目录编码): exactly 14 digits. Their inner split is not published."""
    if not _ITEM_CODE.fullmatch(value):
        return N_("监管事项目录编码应为 14 位数字")
    return None


def list_code(value: str) -> Message | None:
    """The code of an implementation list: credit code of the department, then its level 1-5, at most 64 places."""
    if len(value) > _LIST_CODE_LENGTH:
        return N_("检查实施清单编码不能超过 {limit} 位", limit=_LIST_CODE_LENGTH)
    if credit_code(value[:18]) is not None:
        return N_("检查实施清单编码的前 18 位应为实施部门的统一社会信用代码")
    if value[18:19] not in _LEVEL_DIGITS:
        return N_("检查实施清单编码的第 19 位应为层级 1 至 5")
    return None


def region_code(value: str) -> Message | None:
    """A division code of GB/T 2260 (6 digits, all zeros for the whole nation) or of a town (9 digits)."""
    if not _REGION_CODE.fullmatch(value):
        return N_("行政区划代码应为 6 位数字（乡镇、街道为 9 位）")
    return None


def phone_number(value: str) -> Message | None:
    """A telephone number as people write it: area code, hyphens, brackets and an extension are all fine."""
    if not _PHONE.fullmatch(value):
        return N_("电话号码应为 7 至 20 位数字，可含区号、短横线和分机号")
    return None


def pattern(regex: str, message: Message) -> Check:
    """The check that a whole value has this form, answering this message when it does not."""
    compiled = re.compile(regex)

    def has_the_form(value: str) -> Message | None:
        return None if compiled.fullmatch(value) else message

    return has_the_form


def digits(count: int) -> Check:
    """The check that a value is exactly so many digits."""
    return pattern(rf"[0-9]{{{count}}}", N_("应为 {count} 位数字", count=count))


def max_length(limit: int) -> Check:
    """The check that a value is at most so many characters long."""

    def is_short_enough(value: str) -> Message | None:
        return (
            None
            if len(value) <= limit
            else N_("不能超过 {limit} 个字，现有 {length} 个字", limit=limit, length=len(value))
        )

    return is_short_enough


def not_negative(value: Decimal | int) -> Message | None:
    """A number or an amount of at least zero."""
    return N_("不能小于 0") if value < 0 else None


def between(low: int, high: int) -> Callable[[int], Message | None]:
    """The check that a whole number lies between two others, both allowed."""

    def is_between(value: int) -> Message | None:
        return None if low <= value <= high else N_("应在 {low} 至 {high} 之间", low=str(low), high=str(high))

    return is_between
