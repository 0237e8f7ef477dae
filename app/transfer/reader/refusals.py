"""The words for every reason why a file is not read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core.errors import Refused
from app.core.messages import N_, Message

Words = Callable[[dict[str, Any]], Message]

WORDS: dict[str, Words] = {
    "empty_file": lambda facts: N_("文件是空的"),
    "file_too_large": lambda facts: N_("文件有 {size} MB，超过上限 {limit} MB，请拆分后分别上传", **facts),
    "not_a_workbook": lambda facts: N_("这不是 Excel 工作簿，请上传 .xlsx、.xls 或 .csv 文件"),
    "not_text": lambda facts: N_("扩展名是 .csv，内容却不是文本；请在 Excel 或 WPS 中另存为 .xlsx 后再上传"),
    "web_page": lambda facts: N_("这个文件其实是网页，只是改了扩展名；请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传"),
    "xlsb": lambda facts: N_("不能读取 .xlsb 二进制工作簿，请另存为 .xlsx 后再上传"),
    "encrypted": lambda facts: N_("工作簿有打开密码，请取消密码后再上传"),
    "encoding": lambda facts: N_("无法识别文本的编码，请另存为 UTF-8 或 GB18030 编码的 .csv"),
    "corrupt": lambda facts: N_("工作簿已损坏或格式不规范，无法读取；请用 Excel 或 WPS 打开并另存后再上传"),
    "damaged_part": lambda facts: N_(
        "工作簿内的“{part}”已损坏，无法读取；请用 Excel 或 WPS 打开并另存后再上传", **facts
    ),
    "damaged_rows": lambda facts: N_(
        "工作表“{sheet}”第 {row} 行附近的内容已损坏，无法读取；请用 Excel 或 WPS 打开并另存后再上传", **facts
    ),
    "part_too_large": lambda facts: N_("工作簿内的“{part}”超过 {limit} MB，已拒绝读取", **facts),
    "item_too_large": lambda facts: N_("工作簿内有一行或一段文本超过 {limit} MB，已拒绝读取", **facts),
    "no_relations": lambda facts: N_("工作簿缺少工作表目录，无法读取；请用 Excel 或 WPS 打开并另存后再上传"),
    "no_part": lambda facts: N_(
        "工作簿内缺少工作表“{sheet}”的内容，无法读取；请用 Excel 或 WPS 打开并另存后再上传", **facts
    ),
    "duplicate_entry": lambda facts: N_("工作簿内部有重名的文件，已拒绝读取；请用 Excel 或 WPS 打开并另存后再上传"),
    "too_many_entries": lambda facts: N_("工作簿内部的文件超过 {limit} 个，已拒绝读取", **facts),
    "inflates_too_far": lambda facts: N_("工作簿解压后过大（上限 {limit} MB），已拒绝读取", **facts),
    "strange_entry": lambda facts: N_("工作簿内含有不安全的路径“{name}”，已拒绝读取", **facts),
    "dtd": lambda facts: N_("工作簿内的“{part}”含有文档类型定义（DTD），已拒绝读取", **facts),
    "no_sheet": lambda facts: N_("工作簿内没有工作表"),
    "unknown_sheet": lambda facts: N_("没有名为“{sheet}”的工作表；有：{names}", **facts),
    "too_many_rows": lambda facts: N_("工作表“{sheet}”有 {rows} 行，超过上限 {limit} 行，请拆分后分别上传", **facts),
    "too_many_columns": lambda facts: N_(
        "工作表“{sheet}”的内容延伸到 {column} 列，超过上限 {limit} 列，请删除表格右侧多余的单元格", **facts
    ),
    "too_many_merged": lambda facts: N_("工作表“{sheet}”的合并单元格超过 {limit} 处，请取消合并后再上传", **facts),
    "too_many_formulas": lambda facts: N_(
        "工作表“{sheet}”的公式和错误值单元格超过 {limit} 个，请选择性粘贴为数值后再上传", **facts
    ),
    "too_disordered": lambda facts: N_(
        "工作表“{sheet}”的行没有按顺序存放，且超过 {limit} 行；请用 Excel 或 WPS 打开并另存后再上传", **facts
    ),
    "disordered": lambda facts: N_(
        "工作表“{sheet}”第 {row} 行没有按顺序存放；请用 Excel 或 WPS 打开并另存后再上传", **facts
    ),
    "bad_merge": lambda facts: N_("工作表“{sheet}”的合并单元格范围“{cell}”无效", **facts),
    "no_such_row": lambda facts: N_("工作表“{sheet}”的行号“{row}”超出 Excel 的范围", **facts),
    "no_such_cell": lambda facts: N_("工作表“{sheet}”的单元格 {cell} 超出 Excel 的范围", **facts),
    "bad_string": lambda facts: N_("工作表“{sheet}”的单元格 {cell} 引用了不存在的文本（编号 {value}）", **facts),
    "bad_number": lambda facts: N_("工作表“{sheet}”的单元格 {cell} 标为数字，内容却是“{value}”", **facts),
    "bad_text": lambda facts: N_("工作表“{sheet}”的单元格 {cell} 含有无法识别的字符“{value}”", **facts),
    "bad_cell_type": lambda facts: N_("工作表“{sheet}”的单元格 {cell} 的类型“{value}”无法识别", **facts),
    "cell_too_long": lambda facts: N_("工作表“{sheet}”的单元格 {cell} 超过 {limit} 个字符", **facts),
    "open_quote": lambda facts: N_("第 {row} 行的引号没有闭合，无法读取", **facts),
    "no_space": lambda facts: N_("服务器的临时磁盘空间不足，暂时不能读取这个文件；请稍后重试或联系管理员"),
    "memory": lambda facts: N_(
        "读取这个工作簿需要的内存过多；请检查是否在离表格很远的位置（如最后一行、最后一列）有内容，或拆分后分别上传"
    ),
    "cpu": lambda facts: N_("读取这个工作簿用时过长，已停止；请删除多余的行列或拆分后分别上传"),
    "missing": lambda facts: N_("找不到要读取的文件"),
}


class Unreadable(Refused):
    """A file that is not read; ``code`` is the reason for programs, ``detail`` what the log should know."""

    def __init__(self, code: str, facts: dict[str, Any] | None = None, detail: str = "") -> None:
        facts = dict(facts or {})
        self.detail = str(facts.pop("detail", detail))
        self.code = code if code in WORDS else "corrupt"
        super().__init__(WORDS[self.code](facts))
