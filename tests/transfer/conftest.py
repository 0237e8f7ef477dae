"""The tables are there before a test module asks for one: each can be run alone."""

from tests.every_table import tables

_ = tables
