"""The kinds of jobs. ``@task`` declares one where its code stands; console and worker know the same ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.core.messages import Message

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.jobs.work import Work

#: The queues. A worker serves some or all of them.
QUEUES = ("imports", "exports", "others")


@dataclass(frozen=True)
class Kind:
    """One kind of job: its name, what people call it, its queue, the work, and what is put right without it."""

    name: str
    label: Message
    queue: str
    work: Callable[[Work], None]
    #: Called with session, args and state when a job failed for good or was cancelled, in the transaction that says so,
    #: as the system: what waited for the job (a batch) must not wait any longer.
    given_up: Callable[[Session, dict[str, Any], str], None] | None = None


KINDS: dict[str, Kind] = {}
#: What takes away, every hour, what nobody needs any more; each is called with a session of the system.
SWEEPS: list[Callable[[Session], object]] = []


def swept(sweep: Callable[[Session], object]) -> Callable[[Session], object]:
    """Declare something that is swept every hour. It never commits."""
    SWEEPS.append(sweep)
    return sweep


def task(
    name: str,
    label: Message,
    *,
    queue: str = "others",
    given_up: Callable[[Session, dict[str, Any], str], None] | None = None,
) -> Callable[[Callable[[Work], None]], Callable[[Work], None]]:
    """Declare a kind of job: the function does the work, under whatever it is called elsewhere."""
    if queue not in QUEUES:
        raise ValueError(f"no queue is called {queue!r}: it is one of {', '.join(QUEUES)}")

    def declare(work: Callable[[Work], None]) -> Callable[[Work], None]:
        if name in KINDS:
            raise ValueError(f"two tasks are called {name!r}")
        KINDS[name] = Kind(name, label, queue, work, given_up)
        return work

    return declare
