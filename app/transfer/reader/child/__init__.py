"""The sandboxed side of the reader: one workbook in, plain rows out.

This package runs in a process of its own under hard limits of memory, CPU, files and output. It uses the standard
library and calamine only, imports nothing of the app, trusts nothing in the file it reads, and answers in framed JSON.
"""
