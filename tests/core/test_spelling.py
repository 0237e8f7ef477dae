"""How names are typed: surnames as surnames, words as words, and fast enough for an import."""

from __future__ import annotations

import pytest

from app.core.spelling import spelled, spelling_of


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("单雄信", "shanxiongxin", "sxx"),
        ("曾国藩", "zengguofan", "zgf"),
        ("仇英", "qiuying", "qy"),
        ("解珍", "xiezhen", "xz"),
        ("区寄", "ouji", "oj"),
        ("查良镛", "zhaliangyong", "zly"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("长孙无忌", "zhangsunwuji", "zswj"),
        ("万俟卨", "moqixie", "mqx"),
        ("乐毅", "yueyi", "yy"),
        ("任长霞", "renchangxia", "rcx"),
        ("吕布", "lvbu", "lb"),
        ("王重阳", "wangchongyang", "wcy"),
    ],
)
def test_people_are_read_by_their_surnames(name: str, full: str, initials: str):
    assert spelled(name, is_person=True) == f"{full} {initials}"


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("重庆火锅店", "chongqinghuoguodian", "cqhgd"),
        ("中国银行西安分行", "zhongguoyinhangxianfenhang", "zgyhxafh"),
        ("长安区市场监督管理局", "changanqushichangjianduguanliju", "caqscjdglj"),
        ("乐山市人民政府", "leshanshirenminzhengfu", "lssrmzf"),
        ("西安市雁塔区示例食品店", "xianshiyantaqushilishipindian", "xasytqslspd"),
        ("西安市鄠邑区", "xianshihuyiqu", "xashyq"),
        ("行政检查与调查", "xingzhengjianchayudiaocha", "xzjcydc"),
        ("西安市碑林区单记面馆", "xianshibeilinqushanjimianguan", "xasblqsjmg"),
        ("曾氏成长教育", "zengshichengzhangjiaoyu", "zsczjy"),
        ("绿色 Food（7-11）超市", "lvsefood711chaoshi", "lsfood711cs"),
    ],
)
def test_places_firms_and_things_are_read_as_words(name: str, full: str, initials: str):
    assert spelled(name, is_person=False) == f"{full} {initials}"


def test_a_short_name_that_may_be_a_persons_has_both_readings():
    assert spelled("单雄信", is_person=False) == "danxiongxin dxx shanxiongxin sxx"
    assert spelled("张三", is_person=False) == "zhangsan zs"


def test_what_is_not_chinese_has_no_pinyin():
    for text in ("", "ABC-123", "！？", "😀", "éß"):
        assert spelled(text, is_person=False) == ""
    assert spelling_of([(None, False), ("abc", True)]) is None
    assert spelling_of([("张三", True), ("张三", True), ("李四", True)]) == "zhangsan zs lisi ls"
