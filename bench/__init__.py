"""Measurements of what the README promises: ``python -m bench``, or ``make bench``; with ``--peers`` the peer's too.

**What is counted.** CPU seconds, never wall time: those of our process, of the children it has waited for (the reader of
workbooks) and of the PostgreSQL backends that work for it (``/proc/<pid>/schedstat``). Not counted: PostgreSQL's writers
and checkpointer. The server has autovacuum and parallel workers off, so that no helper works unseen; before a file is imported
again we ``VACUUM ANALYZE``, as autovacuum would have. Everything else is as the application sets it, ``fsync`` included. Promises
are ratios of two things measured in the same run, because machines differ and ours is shared.

**The world** (``world``). A server and databases of our own in a cache folder (``JIANGUAN_BENCH``, or
``/var/lib/jianguan-bench`` for root, else ``~/.cache/jianguan-bench``), made anew when the migrations or the code of the
world change: 14 offices, 300 main items, 900 sub-items, 12,600 implementation lists, 400 inspectors, 50,000 subjects,
and 99,000 inspections of the year before, which came in through the importer. Each measurement starts from a copy.

**imports**. A workbook of 100,000 inspections in 20 columns with shared strings, real date cells, five kinds of
references and two inspectors each; every party occurs once and every other one is a stored subject; 1 % of the rows
are bad in ten ways. A clerk of the city's bureau imports it under the row policies and with the audit log, as ``data
import`` does: ``look`` (finds and matches the headers), ``stage`` (checks every row), ``merge``; the reader's CPU is told
with ``stage``. The pages have to read the file once more, because a person answers in between: this other look is told
apart. The limit is fastexcel's parse of the same file into Arrow columns and COPY, by the superuser and without the audit
log, of the very rows that were accepted, with all their values, into both tables of an identical database with all
indexes, keys and checks. "The same indexes" means the search index too (97 pieces of words a row), which COPY fills with
the same long pending list as we do; both are measured without that index as well, in turns. Then the same file again, the
same with one row in a hundred changed, and one whose bad rows hold a hundred formulas.

**peer** (``--peers``). django-import-export with its defaults and in its bulk mode, an SQLAlchemy ORM loop and pandas with
``to_sql``, in a virtual environment of their own in the cache, on the very tables of a copy of the same world, in turns
with ours (``bench/peers/import_*.py`` say what each does). Workbooks of good rows, small ones: a row of theirs costs the
same at any size. django-import-export and we show a preview before we store, so both passes are counted; storing alone is
told as well. In the peers' favour: no audit log, no row policies, no CHECKs; they know no code lists and no rules, look up
no subject, write no derived value and no pinyin (so fewer pieces for the search index); the bulk mode stores no links.

**busy**. The same rows with inline strings, 100,000 and then 1,000,000, as an upload: received, checked and stored by jobs
of a worker process; CPU of the worker with its readers and of all backends. Memory is the peak resident size of each
process, for backends without the shared buffers. Meanwhile a process of the console answers list pages; wall time here,
against the same process before the import began.

**kills**. 200,000 rows by the worker on a server of its own; the worker, its backend (SIGKILL, or terminated by
PostgreSQL) or the postmaster is killed at random moments of the check and of the commit. After each kill the table is
looked at: none of the rows or all. At the end every good row, its links and its entries in the audit log are counted.

**pages**. The list of 198,000 inspections as the clerk asks for it, all tables in the menu, by the test client: the
median of 40 requests. Beside it a stock ModelView of Flask-AppBuilder with the same eight columns, for an administrator
and without row policies.

**start**. ``create_app()`` in a fresh process while the database server is running.

**exports**. Inspections in 20 columns to a workbook, streamed as a download is, against COPY to CSV and deflate, XlsxWriter
and openpyxl; 100,000 rows and 1,000,000 (see ``bench/exports.py``).
"""

from app import domains

domains.load()  # every table is declared before anything is mapped, whichever part of the bench is imported first
