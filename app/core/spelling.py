"""How Chinese names are typed on a keyboard: full pinyin and initials, surnames read as surnames. Pure.

``spelled("重庆银行", False)`` is ``"chongqingyinhang cqyh"``. A character alone has its commonest reading; a
phrase that is read otherwise (重庆, 银行, 长安) overrules it, the longest first. pypinyin's own search of phrases costs
ten times more for a name than its dictionaries looked up here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

#: Surnames that are read otherwise than the word, the compound ones first to be found.
_SURNAMES = {
    "尉迟": "yu chi", "长孙": "zhang sun", "万俟": "mo qi", "澹台": "tan tai", "单于": "chan yu",
    "宰父": "zai fu", "令狐": "ling hu", "鲜于": "xian yu", "亓官": "qi guan", "乐正": "yue zheng",
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "区": "ou", "查": "zha", "任": "ren",
    "华": "hua", "朴": "piao", "盖": "ge", "缪": "miao", "覃": "qin", "乐": "yue", "种": "chong",
    "员": "yun", "燕": "yan", "宁": "ning", "繁": "po", "牟": "mu", "逄": "pang", "冼": "xian",
    "召": "shao", "折": "she", "谌": "chen", "纪": "ji", "盛": "sheng", "洗": "xian", "佴": "nai",
    "尉": "wei", "那": "na", "黑": "he", "秘": "bi", "祭": "zhai", "能": "nai", "郇": "xun",
    "俞": "yu", "翟": "zhai", "薄": "bo", "柏": "bai", "葛": "ge", "贲": "ben", "车": "che",
    "晁": "chao", "钭": "tou", "郝": "hao", "隗": "kui", "阚": "kan", "句": "gou", "寇": "kou",
    "蒯": "kuai", "麻": "ma", "宓": "mi", "乜": "nie", "区阳": "ou yang", "裴": "pei", "卜": "bu",
    "瞿": "qu", "芮": "rui", "撒": "sa", "莘": "shen", "殳": "shu", "佟": "tong", "危": "wei",
    "鲜": "xian", "冯": "feng", "訾": "zi", "祖": "zu", "适": "kuo", "藏": "zang", "曲": "qu",
    "於": "yu", "呙": "guo", "沈": "shen", "石": "shi", "叶": "ye", "贾": "jia",
}  # fmt: skip

#: What such a character is read as where it stands alone, in names above all; dictionaries put another reading first.
_ALONE = {"长": "chang", "曾": "zeng", "翟": "zhai", "覃": "qin", "薄": "bo", "卜": "bu", "柏": "bai", "缪": "miao"}

#: Readings of this business that a dictionary of words does not know, or reads otherwise.
_PHRASES = {
    "重庆": "chong qing", "长安": "chang an", "乐山": "le shan", "银行": "yin hang", "行政": "xing zheng",
    "厦门": "xia men", "蚌埠": "beng bu", "六安": "lu an", "台州": "tai zhou", "亳州": "bo zhou", "铅山": "yan shan",
    "大厦": "da sha", "会计": "kuai ji", "音乐": "yin yue", "朝阳": "chao yang", "长春": "chang chun",
    "车行": "che hang", "商行": "shang hang", "分行": "fen hang", "支行": "zhi hang", "总行": "zong hang",
    "药行": "yao hang", "粮行": "liang hang", "重量": "zhong liang", "调味": "tiao wei", "调料": "tiao liao",
    "调查": "diao cha", "检查": "jian cha", "长寿": "chang shou", "成长": "cheng zhang", "重工": "zhong gong",
    "重型": "zhong xing", "供应": "gong ying", "便利": "bian li", "便民": "bian min", "参茸": "shen rong",
    "血液": "xue ye", "供给": "gong ji", "薄荷": "bo he", "东莞": "dong guan", "浐灞": "chan ba", "鄠邑": "hu yi",
    "灞桥": "ba qiao", "长乐": "chang le", "大夫": "dai fu", "阿房": "e pang", "柞水": "zha shui",
    "洛南": "luo nan", "吴堡": "wu bu", "瓦窑堡": "wa yao bu", "堡子": "bu zi", "铺子": "pu zi", "盛世": "sheng shi",
}  # fmt: skip

#: What makes a surname of the character before it.
_FAMILY = ("记", "氏")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
#: A person's name in Chinese has so many characters; firms are longer.
_LONGEST_PERSON = 4


@cache
def _toneless(reading: str) -> str:
    """``zhòng`` -> ``zhong``, ``lǜ`` -> ``lv``, as keyboards want it."""
    plain = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(sign for sign in plain if "a" <= sign <= "z")


def _dictionary(name: str) -> dict[Any, Any]:
    """One of pypinyin's dictionaries, and nothing else of it: the package keeps a copy of each besides."""
    package = find_spec("pypinyin")
    assert package is not None and package.origin is not None
    spec = spec_from_file_location(name, Path(package.origin).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[Any, Any] = getattr(module, name)
    return found


@cache
def _characters() -> dict[str, str]:
    """The commonest reading of every character; letters and digits are typed as they are."""
    known = _dictionary("pinyin_dict")
    found = {chr(number): _toneless(readings.partition(",")[0]) for number, readings in known.items()}
    return found | _ALONE | {sign: sign for sign in "abcdefghijklmnopqrstuvwxyz0123456789"}


@cache
def _phrases() -> dict[str, list[tuple[str, list[str]]]]:
    """Phrases that are read otherwise than their characters, by their first two characters, the longest first."""
    alone, known = _characters(), _dictionary("phrases_dict")
    found = {phrase: [_toneless(each[0]) for each in readings] for phrase, readings in known.items()}
    found |= {phrase: readings.split() for phrase, readings in _PHRASES.items()}
    result: dict[str, list[tuple[str, list[str]]]] = {}
    for phrase, readings in sorted(found.items(), key=lambda item: -len(item[0])):
        usual = all(alone.get(sign) == reading for sign, reading in zip(phrase, readings, strict=False))
        if len(phrase) == len(readings) > 1 and (phrase in _PHRASES or not usual):
            result.setdefault(phrase[:2], []).append((phrase, readings))
    return result


@cache
def _heads() -> frozenset[str]:
    """The characters that a phrase or a surname read otherwise begins with; all others stand for themselves."""
    return frozenset(pair[0] for pair in _phrases()) | _SURNAMES.keys()


def _readings(name: str) -> list[str]:
    """A reading for each Chinese character, letter and digit; other signs are not typed."""
    alone, phrases, heads = _characters(), _phrases(), _heads()
    readings: list[str] = []
    place, end = 0, len(name)
    while place < end:
        sign = name[place]
        if sign not in heads:
            if reading_alone := alone.get(sign):
                readings.append(reading_alone)
            place += 1
            continue
        if sign in _SURNAMES and name[place + 1 : place + 2] in _FAMILY:  # 单记面馆, 曾氏药房
            readings += _SURNAMES[sign].split()
            place += 1
            continue
        known = phrases.get(name[place : place + 2])
        if known is not None:
            for phrase, reading in known:
                if name.startswith(phrase, place):
                    readings += reading
                    place += len(phrase)
                    break
            else:
                known = None
        if known is None:
            if reading_alone := alone.get(sign):
                readings.append(reading_alone)
            place += 1
    return readings


def _of_person(name: str) -> list[str]:
    """The readings of a person's name: the surname as a surname, the rest as words."""
    for length in (2, 1):
        if name[:length] in _SURNAMES and len(name) > length:
            return [*_SURNAMES[name[:length]].split(), *_readings(name[length:])]
    return _readings(name)


def _typed(readings: list[str]) -> tuple[str, str]:
    """Full pinyin and initials."""
    return "".join(readings), "".join([reading[0] for reading in readings])


@lru_cache(maxsize=65_536)
def spelled(name: str, is_person: bool) -> str:
    """How the name is typed: full pinyin and initials with a blank between. A short name that is not surely a person's
    but may be has both its readings. Empty when the name holds no Chinese.
    """
    if not _HAN.search(name):
        return ""
    name = name.lower()
    ways = [_of_person(name)] if is_person else [_readings(name)]
    if not is_person and len(name) <= _LONGEST_PERSON:
        ways.append(_of_person(name))
    return " ".join(dict.fromkeys(part for way in ways for part in _typed(way) if part))


def spelling_of(names: list[tuple[str | None, bool]]) -> str | None:
    """What a row is typed as: the spellings of its names, each once; ``None`` when there is none."""
    words = [word for name, is_person in names if name for word in spelled(name, is_person).split()]
    return " ".join(dict.fromkeys(words)) or None
