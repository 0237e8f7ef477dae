"""Rows in, rows out, by the declared fields. Knows no domain."""
