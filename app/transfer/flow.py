"""Bytes that are pushed on one side and pulled on the other: what makes a file pushes, whoever sends it pulls."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

#: Bytes of a piece that is worth a hand-over, and pieces that may lie between the two sides.
_PIECE, _BETWEEN = 1 << 16, 16


class Stopped(Exception):
    """Nobody takes the bytes any more."""


class Flow:
    """Runs ``make(send)`` in a thread of its own; ``pieces`` gives what it sends.

    What was sent last is held back until ``make`` has returned: a file that was broken off is never whole. An error of
    ``make`` is raised where the bytes are taken. ``stop`` interrupts what ``make`` waits for.
    """

    def __init__(self, make: Callable[[Callable[[bytes], None]], Any], stop: Callable[[], Any]) -> None:
        self._stop, self._pieces = stop, deque[bytes]()
        self._lock = threading.Condition()
        self._held, self._is_done, self._is_stopped, self._is_first = bytearray(), False, False, True
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(make,), daemon=True)
        self._thread.start()

    def is_done(self, seconds: float) -> bool:
        """True when everything has been made within that time. Raises what ``make`` raised meanwhile."""
        end = time.monotonic() + seconds
        with self._lock:
            while not self._is_done and len(self._pieces) < _BETWEEN and (left := end - time.monotonic()) > 0:
                self._lock.wait(left)
            if self._error is not None:
                raise self._error
            return self._is_done

    def pieces(self, tick: float | None = None) -> Iterator[bytes]:
        """The bytes, piece by piece; an empty piece whenever there was none for so many seconds."""
        while True:
            with self._lock:
                is_something = self._lock.wait_for(lambda: self._pieces or self._is_done, tick)
                if self._error is not None:
                    raise self._error
                if is_something and not self._pieces:
                    return
                piece = self._pieces.popleft() if self._pieces else b""
                self._lock.notify_all()
            yield piece

    def close(self) -> None:
        """Nothing is made any more; whatever was made stays untaken."""
        with self._lock:
            self._is_stopped = True
            self._lock.notify_all()
        while self._thread.is_alive():
            if not self._is_done:
                self._stop()
            self._thread.join(0.2)

    def _run(self, make: Callable[[Callable[[bytes], None]], Any]) -> None:
        error: BaseException | None = None
        try:
            make(self._send)
        except BaseException as raised:
            error = raised
        with self._lock:
            if error is None and self._held:
                self._pieces.append(bytes(self._held))
            self._is_done, self._error = True, error
            self._lock.notify_all()

    def _send(self, content: bytes) -> None:
        if self._held and (self._is_first or len(self._held) >= _PIECE):
            self._hand_over(bytes(self._held))
            self._held.clear()
        self._held += content

    def _hand_over(self, piece: bytes) -> None:
        with self._lock:
            self._is_first = False
            self._lock.wait_for(lambda: len(self._pieces) < _BETWEEN or self._is_stopped)
            if self._is_stopped:
                raise Stopped
            self._pieces.append(piece)
            self._lock.notify_all()
