"""A line to the server that can be cut for everything in the browser: its pages, its workers, what it loads ahead."""

from __future__ import annotations

import contextlib
import socket
import threading


class Line:
    """A port that leads to another one, while the line is whole."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition("/")[2].partition(":")
        self._goal, self._ends = (host, int(port)), set[socket.socket]()
        self._door = socket.create_server(("127.0.0.1", 0))
        self._port = self._door.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"
        threading.Thread(target=self._open, args=(self._door,), daemon=True).start()

    def cut(self) -> None:
        """Nothing gets through any more, and what was on its way is lost."""
        for each in (self._door, *self._ends):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._ends.clear()

    def mend(self) -> None:
        """The line is whole again."""
        self._door = socket.create_server(("127.0.0.1", self._port))
        threading.Thread(target=self._open, args=(self._door,), daemon=True).start()

    def _open(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = door.accept()
                there = socket.create_connection(self._goal)
                self._ends |= {here, there}
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := one.recv(65536):
            other.sendall(content)
    for end in (one, other):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
