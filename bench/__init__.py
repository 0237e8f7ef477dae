"""Measurements of what the README promises: ``python -m bench``, or ``make bench``; with ``--peers`` the peer's too.

**What is counted.** CPU seconds, never wall time: those of our process, of the children it has waited for (the reader of
workbooks) and of the PostgreSQL backends that work for it (``/proc/<pid>/schedstat``). Not counted: PostgreSQL's writers
and checkpointer. The server has autovacuum and parallel workers off, so that no helper works unseen; after each step we
``VACUUM ANALYZE``, as autovacuum would have. Everything else is as the application sets it, ``fsync`` included. Promises
are ratios of two things measured in the same run, because machines differ and ours is shared.

**The world** (``world``). A server and databases of our own in a cache folder (``JIANGUAN_BENCH``, or
``/var/lib/jianguan-bench`` for root, else ``~/.cache/jianguan-bench``), made anew when the migrations or the code of the
world change: 14 offices, 300 main items, 900 sub-items, 12,600 implementation lists, 400 inspectors, 50,000 subjects,
and 99,000 inspections of the year before, which came in through the importer. Each measurement starts from a copy.

**imports**. A workbook of 100,000 inspections in 26 columns with shared strings, real date cells, five kinds of
references and two inspectors each; every party occurs once and every other one is a stored subject; 1 % of the rows
are bad in ten ways. A clerk of the city's bureau imports it under the row policies, as ``data import`` does: ``look``
(finds and matches the headers), ``stage`` (checks every row), ``merge``; the reader's CPU is told with ``stage``. The
pages have to read the file once more, because a person answers in between: this other look is told apart. The limit is
calamine's bare parse of the same file and COPY, by the superuser, of the very rows that were accepted, with all their
values, into both tables of an identical database with all indexes, keys and checks. Then the same file again, the same
with one row in a hundred changed, and one whose bad rows hold a hundred formulas. Memory is the peak resident size of
our process plus the reader's.

**peer** (``--peers``). django-import-export with its defaults on the same columns and indexes, references by
ForeignKeyWidget, in a virtual environment of its own in the cache. 1,000 rows, all good. Both ways show a preview before
they store, so both passes are counted; one pass alone is told as well. In the peer's favour: it checks no rule, knows no
code list, keeps no row policy, looks up no subject and writes no derived value.

**pages**. The list of 198,000 inspections as the clerk asks for it, all tables in the menu, by the test client: the
median of 40 requests. Beside it a stock ModelView of Flask-AppBuilder with the same eight columns, for an administrator
and without row policies.

**start**. ``create_app()`` in a fresh process while the database server is running.
"""

from app import domains

domains.load()  # every table is declared before anything is mapped, whichever part of the bench is imported first
