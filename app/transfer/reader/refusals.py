"""The words for every reason why a file is not read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core.errors import Refused
from app.core.messages import N_, Message

Words = Callable[[dict[str, Any]], Message]

WORDS: dict[str, Words] = {
    "empty_file": lambda facts: N_("文件是空的"),
    "file_too_large": lambda facts: N_("文件超过 {limit} MB，请拆分后分别上传", **facts),
    "not_a_workbook": lambda facts: N_("这不是 Excel 工作簿，请上传 .xlsx、.xls 或 .csv 文件"),
    "not_text": lambda facts: N_("扩展名是 .csv，内容却不是文本；请在 Excel 或 WPS 中另存为 .xlsx 后再上传"),
    "web_page": lambda facts: N_("这个文件其实是网页，只是改了扩展名；请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传"),
    "xlsb": lambda facts: N_("不能读取 .xlsb 二进制工作簿，请另存为 .xlsx 后再上传"),
    "encrypted": lambda facts: N_("工作簿有打开密码，请取消密码后再上传"),
    "encoding": lambda facts: N_("无法识别文本的编码，请另存为 UTF-8 或 GB18030 编码的 .csv"),
    "corrupt": lambda facts: N_("工作簿已损坏或格式不规范，无法读取；请用 Excel 或 WPS 打开并另存后再上传"),
    "too_many_entries": lambda facts: N_("工作簿内部的文件超过 {limit} 个，已拒绝读取", **facts),
    "inflates_too_far": lambda facts: N_("工作簿解压后过大（上限 {limit} MB），已拒绝读取", **facts),
    "strange_entry": lambda facts: N_("工作簿内含有不安全的路径“{name}”，已拒绝读取", **facts),
    "dtd": lambda facts: N_("工作簿内含有文档类型定义（DTD），已拒绝读取"),
    "no_sheet": lambda facts: N_("工作簿内没有工作表"),
    "unknown_sheet": lambda facts: N_("没有名为“{sheet}”的工作表；有：{names}", **facts),
    "too_many_rows": lambda facts: N_("工作表“{sheet}”超过 {limit} 行，请拆分后分别上传", **facts),
    "too_many_columns": lambda facts: N_("工作表“{sheet}”超过 {limit} 列，请删除表格右侧多余的单元格", **facts),
    "too_many_merged": lambda facts: N_("工作表“{sheet}”的合并单元格超过 {limit} 处，请取消合并后再上传", **facts),
    "too_many_formulas": lambda facts: N_("公式和错误值单元格超过 {limit} 个，请选择性粘贴为数值后再上传", **facts),
    "cell_too_long": lambda facts: N_("单元格 {cell} 的内容超过 {limit} 个字符", **facts),
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
