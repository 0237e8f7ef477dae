"""The words that names of firms, persons and places are made of. None of them is meant to be anybody's."""

from __future__ import annotations

from random import Random

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎".strip()
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰萍红鹏辉斌波宁琳晨宇浩然子涵雨欣佳怡嘉诚思远文博建国志远海燕"
)
BRANDS = (
    "秦和 长兴 渭水 雁鸣 汉唐 丰镐 灞柳 沣惠 终南 曲江月 鼎盛源 康泰来 聚福 祥云 金穗 百惠 安舒 德润 瑞丰 恒通 "
    "美滋 鑫达 宏远 优禾 嘉禾 天禾 绿源 益民 同济康 福满楼 味佳 华润达 远航 启明 博雅 晟世 立信 众合 卓越 明德 "
    "洮河 草原情 格桑 雪莲 香巴 玛曲源 甘南红 高原风 白石 冶力"
).split()

#: Trades of firms: word in the name, section and class of GB/T 4754, business form of its food side.
TRADES = (
    ("餐饮管理", "H6210", "餐饮服务"), ("食品", "F5123", "食品销售"), ("商贸", "F5100", "食品销售"),
    ("超市", "F5212", "食品销售"), ("烘焙", "C1411", "食品生产"), ("大药房", "F5251", None),
    ("医疗器械", "F5154", None), ("化妆品", "F5134", None), ("装饰工程", "E5011", None), ("建筑工程", "E4700", None),
    ("物流", "G5430", None), ("客运", "G5412", None), ("汽车维修", "O8111", None), ("驾驶培训", "P8391", None),
    ("酒店管理", "H6110", "餐饮服务"), ("物业服务", "K7020", None), ("房地产开发", "K7010", None),
    ("印务", "C2319", None), ("机械制造", "C3400", None), ("化工", "C2600", None), ("环保科技", "N7721", None),
    ("信息技术", "I6510", None), ("广告传媒", "L7251", None), ("检测技术", "M7450", None), ("电子商务", "F5192", None),
    ("旅行社", "L7291", None), ("网络服务", "I6420", None), ("农业科技", "A0500", None), ("水务工程", "E4822", None),
    ("燃气", "D4511", None),
)  # fmt: skip
STREETS = (
    "示范路 和平路 解放路 人民路 建设路 文化路 兴庆路 丰庆路 科技路 友谊路 朝阳路 东风街 幸福街 团结街 学府街".split()
)
SHOPS = "餐馆 面馆 食品店 便利店 理发店 药店 五金店 服装店 洗车行 茶叶店 水果店 日用品店".split()


def person(rng: Random) -> str:
    """The name of a person who does not exist, as far as that can be said of a name."""
    return rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, rng.choice((1, 2, 2))))


def street(rng: Random) -> str:
    """A street and a number."""
    return f"{rng.choice(STREETS)}{rng.randint(1, 399)}号"
