"""What a password has to be: what is taken and what is not, case by case."""

from __future__ import annotations

import itertools
import random
import string

import pytest

from app.console.sign_in.passwords import policy
from app.console.sign_in.passwords.habits import is_common, words
from app.console.sign_in.passwords.policy import Demands, Owner

OWNER = Owner(
    "clerk_lintong", "张三丰", "西安市临潼区市场监督管理局", ("13812345678", "610115199003072314", "GH2026017")
)

TAKEN = """Ty7#kLm2vQ9x Lan.tian#Bai8yun Correct-Horse-7-battery Wx7!tKe9#pLd mYcat4te-9-Fish Kx7m-Qp4v-9TfH
    Xingqi6.Wo.He2Bei.Cha 7Mao+3Gou=10Tiao 骊山晚照Ku7#x雪落 h8Jq!zz0Lw Nine-Lives:4u&me R2d!pLq9#Zt""".split()

COMMON = """Password123! P@ssw0rd2024 Passw0rd!123 Abc@1234567 Abc@123456 a123456 A123456789a Woaini1314! Woaini@5201314
    Woaizhongguo1949! Qwerty@123 1qaz@WSX3edc !QAZ2wsx#EDC Qwer1234!@#$ Asdf1234!@ 1234Qwer!@ Zaq1@wsx2cde3 qwe123!@#QWE
    Aa123456789! Aa@12345678 Aaaa1111@@ Ab12345678! abcABC123!@# Admin@12345 Admin@2026admin Admin123!@# Test@1234567
    Huawei@123 Xian@2026!! Beijing@2008 Zhangwei1990@ ZhangWei@19900101 Zxy@19900101 Lisi@198805 Wang5201314. Jianguan@2026
    Summer2026!! Changeme@123 Mima@123456 Hello@World1 Iloveyou@520 20260101@Xian 12345678aA! 1111aaaaAAAA Qazwsx@123
    Renmin@1949 Jianguanju@12315""".split()

PERSONAL = """Zhangsanfeng!77x xZSF#zhangsanfeng2 Clerk_lintong#77xK Kq#9lintong!Zw z5f#13812345678K Kq!12345678#345678 张三丰x7#Kdq9!
    Zsf#99887766 K#q19900307Zw!610115199003072314 Xd#2026017!Kqw""".split()


@pytest.mark.parametrize("plain", TAKEN)
def test_taken(plain: str) -> None:
    assert policy.faults(plain, Demands(), OWNER) == []


@pytest.mark.parametrize("plain", COMMON)
def test_common_ones_are_not_taken(plain: str) -> None:
    assert "common" in policy.faults(plain, Demands(length=8), Owner())


@pytest.mark.parametrize("plain", PERSONAL)
def test_what_others_know_of_somebody_is_not_taken(plain: str) -> None:
    assert "personal" in policy.faults(plain, Demands(), OWNER)
    assert "personal" not in policy.faults(plain, Demands(), Owner("someone", "李四海", "合作市民政局"))


@pytest.mark.parametrize(
    ("plain", "demands", "wrong"),
    [
        ("Ty7#kLm2v", Demands(), ["length"]),
        ("Ty7#kLm2vQ", Demands(), []),
        ("Ty7#kLm2vQ", Demands(length=12), ["length"]),
        ("Ty7#kLm2vQ9x" * 10 + "Ab7#Kd!w", Demands(), []),
        ("Ty7#kLm2vQ9x" * 10 + "Ab7#Kd!wq", Demands(), ["length"]),
        ("Ty7#kLm2v\x00Q", Demands(), ["length"]),
        ("Ty7#kLm\n2vQw", Demands(), ["length"]),
        ("tyqkrlmzvqwx", Demands(), ["classes"]),
        ("tyqkrlmzvqwx", Demands(classes=1), []),
        ("tyqkr7mzvqwx", Demands(), ["classes"]),
        ("tyqkR7mzvqwx", Demands(), []),
        ("tyqkR7mzvqwx", Demands(classes=4), ["classes"]),
        ("tyqkR7mz骊山wx", Demands(classes=4), []),
        ("", Demands(), ["length", "classes", "common"]),
    ],
)
def test_length_and_classes(plain: str, demands: Demands, wrong: list[str]) -> None:
    assert policy.faults(plain, demands, Owner()) == wrong


def test_ten_thousand_and_more_are_known() -> None:
    tails = ("123", "1234", "123456", "2024", "2025!", "888", "@520", "1314", "!@#", "19900101", "@1988", "#12345678")
    tried = {f"{word.capitalize()}{tail}" for word, tail in itertools.product(sorted(words()), tails)}
    known = sum(is_common(each) for each in tried)
    assert len(words()) > 700
    assert known > 8_500 and known / len(tried) > 0.98, (known, len(tried))
    walks = ["1qaz", "2wsx", "3edc", "4rfv", "qwer", "asdf", "zxcv", "1234", "4321", "aaaa", "!@#$", "abcd", "8888"]
    pairs = ["".join(three) for three in itertools.product(walks, repeat=3)]
    assert all(map(is_common, pairs))
    assert known + len(pairs) > 10_000


def test_chance_is_not_taken_for_habit() -> None:
    rng = random.Random(20261122)
    signs = string.ascii_letters + string.digits + "!@#$%^&*-_=+"
    made = ["".join(rng.choices(signs, k=12)) for _ in range(5_000)]
    assert sum(map(is_common, made)) == 0


def test_what_is_asked_for_is_told_and_what_is_wrong_is_said() -> None:
    demands = Demands(length=12, classes=4, history=8)
    codes = [each.code for each in policy.requirements(demands)]
    assert codes == ["length", "classes", "common", "personal", "history"]
    told = " ".join(str(each.text) for each in policy.requirements(demands))
    assert "12 到 128 位" in told and "至少 4 类" in told and "最近 8 次" in told
    problems = policy.problems(codes, demands)
    assert [each.code for each in problems] == [f"password_{code}" for code in codes]
    assert all("{" not in str(each.message) for each in problems)
    assert [e.code for e in policy.requirements(Demands(classes=1, history=0))] == ["length", "common", "personal"]
