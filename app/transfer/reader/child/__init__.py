"""The sandboxed side of the reader: one workbook in, plain rows out.

This package runs in a process of its own under hard limits of memory, CPU, files and output. It uses the standard
library, isal (inflating) and calamine (old .xls) only, imports nothing of the app, trusts nothing in the file it reads,
and answers in framed JSON. Memory is flat: rows and strings are streams, and what is known only at the end of a sheet
is found by a first pass.
"""
