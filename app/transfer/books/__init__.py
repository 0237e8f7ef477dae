"""Workbooks with several tables: which sheet is which table, in which order they are checked and stored, as one."""
