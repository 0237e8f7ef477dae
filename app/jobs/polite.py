"""A job gives way to the pages: so does its worker, and so does the backend of the database that works for it."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

#: How much less than the pages a job gets of the processor (nice).
POLITE = 10

_PEER = struct.Struct("3i")


def give_way() -> None:
    """This process is polite."""
    os.nice(POLITE)


def give_way_together(connection: Any) -> None:
    """The backend of a psycopg connection is as polite as this process, where we may say so.

    We may where the server is our own: on this machine, under our account. Elsewhere its operator decides (README).
    """
    with suppress(OSError, ValueError, AttributeError):  # another system, or another's server
        pid, nice = connection.info.backend_pid, os.getpriority(os.PRIO_PROCESS, 0)
        if not _is_served_by(connection, pid) or nice <= os.getpriority(os.PRIO_PROCESS, pid):
            return
        os.setpriority(os.PRIO_PROCESS, pid, nice)
        # Each backend is a session of its own, and Linux weighs sessions first (sched(7), autogroup).
        Path(f"/proc/{pid}/autogroup").write_text(str(nice))


def _is_served_by(connection: Any, pid: int) -> bool:
    """True when the process of that number, as we see numbers, is a child of the server behind the connection."""
    if not connection.info.host.startswith("/"):
        return False
    with socket.socket(fileno=os.dup(connection.fileno())) as wire:
        server, _, _ = _PEER.unpack(wire.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
    return server > 0 and int(parent) == server
