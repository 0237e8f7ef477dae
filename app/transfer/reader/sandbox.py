"""The parent's end of the sandbox: starts the child, asks it, and turns every way it can fail into a refusal."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from app.transfer.reader.limits import Limits
from app.transfer.reader.refusals import Unreadable

#: No site hooks, no environment, no user folder: the child starts in 30 ms and sees little.
BOOT = "import sys; sys.path += sys.argv[1].split('|'); from child.main import main; main(sys.argv[2])"
LARGEST_FRAME = 200_000_000


@cache
def _search_path() -> str:
    calamine = importlib.util.find_spec("python_calamine")
    if calamine is None or calamine.origin is None:
        raise ModuleNotFoundError("python_calamine")
    return f"{Path(__file__).parent}|{Path(calamine.origin).parent.parent}"


class Child:
    """One child process that holds one workbook. Closing it ends it, whatever it is doing."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.limits = limits
        self.buffer = bytearray()
        self.unanswered = 1  # the first answer comes unasked
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as problem:
            raise Unreadable("missing", detail=str(problem)) from problem
        try:
            with TemporaryFile() as scratch:
                self._start(path, descriptor, scratch.fileno())
        finally:
            os.close(descriptor)

    def _start(self, path: Path, descriptor: int, scratch: int) -> None:
        settings = asdict(self.limits) | {"fd": descriptor, "scratch": scratch}
        settings["suffix"] = path.suffix.lstrip(".").lower()
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", BOOT, _search_path(), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            pass_fds=(descriptor, scratch),
            env={},
            cwd="/",
            start_new_session=True,
        )

    def ask(self, **request: Any) -> None:
        """Send a request; the answer comes with ``answer()``."""
        assert self.process.stdin is not None
        if self.process.stdin.closed:
            raise ValueError("the book is closed")
        with suppress(OSError):  # the child is gone; why it went is read by answer()
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.unanswered += 1

    def answer(self) -> dict[str, Any]:
        """Wait for the next answer; a refusal of the child, its death and its silence are raised as ``Unreadable``."""
        deadline = time.monotonic() + self.limits.answer_seconds
        while (end := self.buffer.find(b"\n", 0, 24)) < 0:
            self._receive(deadline)
        try:
            length = int(self.buffer[:end])
            if length > LARGEST_FRAME:
                raise ValueError(length)
            start = end + 1
            while len(self.buffer) < start + length:
                self._receive(deadline)
            answer = json.loads(self.buffer[start : start + length])
        except ValueError as problem:
            self.close()
            raise Unreadable("corrupt", detail=f"frame: {problem}") from problem
        del self.buffer[: start + length]
        self.unanswered -= 1
        if "refused" in answer:
            self.close()
            raise Unreadable(answer["refused"], answer.get("facts"))
        return answer

    def drain(self) -> None:
        """Forget the answers to questions that nobody waits for any more."""
        while self.unanswered:
            self.answer()

    def _receive(self, deadline: float) -> None:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN | select.POLLHUP)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            self.close()
            raise Unreadable("cpu", detail="no answer in time")
        data = os.read(descriptor, 1 << 20)
        if not data:
            raise self._failure()
        self.buffer += data

    def _failure(self) -> Unreadable:
        """Say why the child is gone without a word."""
        complaint = b""
        with suppress(subprocess.TimeoutExpired, ValueError, OSError):
            complaint = self.process.communicate(timeout=5)[1] or b""
        self.close()
        code = self.process.returncode
        detail = f"exit {code}: {complaint[-500:].decode(errors='replace')}"
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return Unreadable("cpu", detail=detail)
        if code == -signal.SIGABRT or b"memory" in complaint.lower():
            return Unreadable("memory", detail=detail)
        return Unreadable("corrupt", detail=detail)

    def close(self) -> None:
        """End the process and free its pipes. Closing twice does no harm."""
        if self.process.poll() is None:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None and not pipe.closed:
                with suppress(OSError):
                    pipe.close()
        self.process.wait()
