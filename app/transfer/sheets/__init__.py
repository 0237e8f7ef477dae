"""Our own workbooks: rows of any number, written as they come, in constant memory and next to no CPU.

A sheet of data needs little of what a workbook can be: a header, values, eight looks. So it is written as plain XML
with its texts inside the cells, deflated and put into a zip that is sent while it is made. Pure: bytes go to a
function, rows come from wherever they come. Workbooks with drop-downs, comments or merged cells are XlsxWriter's
(``app.transfer.writer``).
"""

from app.transfer.sheets.book import Book, Heading
from app.transfer.sheets.copied import CopiedRows
from app.transfer.sheets.looks import Look

__all__ = ["Book", "CopiedRows", "Heading", "Look"]
