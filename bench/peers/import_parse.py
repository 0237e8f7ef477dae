"""fastexcel's parse of a workbook into Arrow columns, as polars and pandas take them: the floor of reading."""

import json
import os
import sys
import time

os.environ["POLARS_MAX_THREADS"] = "1"

import fastexcel

started = time.process_time()
rows = fastexcel.read_excel(json.load(sys.stdin)["file"]).load_sheet(0).to_polars().height
print(json.dumps({"own": time.process_time() - started, "rows": rows}))
