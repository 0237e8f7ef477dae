"""Long work that goes on while its person does something else: asked for in his transaction, done under his name.

A job is a row (``Job``) that its person owns. Whoever works on it holds a session advisory lock by its number, on the
very connection that does the work: when the worker or its backend dies, the lock is free at once, and a worker that
merely stands still keeps it. The last thing the work does and the word "done" are one transaction. So a job may be
begun several times and takes effect once. The queue (procrastinate) only rings: a call too many finds nothing to do,
a call that got lost is rung again (``rescue``).
"""

from app.jobs.asking import JobState, active, cancel, defer, retry, state_of
from app.jobs.kinds import KINDS, Kind, swept, task
from app.jobs.models import Job, State
from app.jobs.runner import run_waiting
from app.jobs.work import Cancelled, Work

__all__ = [
    "KINDS", "Cancelled", "Job", "JobState", "Kind", "State", "Work", "active", "cancel", "defer", "retry",
    "run_waiting", "state_of", "swept", "task",
]  # fmt: skip
