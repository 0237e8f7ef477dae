"""Uploads that wait for a person: received, checked, committed or discarded. Only this package changes their state.

A small upload takes each step in one transaction. A large one is worked on by a job: ``begin_check`` and
``begin_commit`` say so in the transaction that starts the job, ``check_on`` and ``commit`` do it, ``give_back`` ends
what will not be finished. A check commits every few thousand rows together with the number of the last row that is
staged, and goes on behind it when it is run again; the merge is one transaction.
"""

from app.transfer.upload.arrival import file_of, receive, rows_in
from app.transfer.upload.checking import MODES, begin_again, begin_check, check, check_on, check_rows, understand
from app.transfer.upload.standing import BEFORE, give_back, hold, staging_of, take_up
from app.transfer.upload.storing import KEPT, begin_commit, commit, discard, sweep

__all__ = [
    "BEFORE", "KEPT", "MODES", "begin_again", "begin_check", "begin_commit", "check", "check_on", "check_rows",
    "commit",
    "discard", "file_of", "give_back", "hold", "receive", "rows_in", "staging_of", "sweep", "take_up", "understand",
]  # fmt: skip
