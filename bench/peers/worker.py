"""The loop of a process that is measured: a request a line, its cost as the answer. Needs the standard library alone.

A line holds the name of a case; ``get`` answers it and tells the status and the body; ``statements`` is the list into
which the process notes its SQL. The CPU of its PostgreSQL backend is measured by who asks.
"""

import json
import sys
import time


def serve(get, statements):
    """Answer cases until there are none."""
    out = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no answer
    print(json.dumps({"ready": True}), file=out, flush=True)
    for line in sys.stdin:
        statements.clear()
        started = time.process_time()
        status, body = get(json.loads(line))
        own = time.process_time() - started
        answer = {"own": own, "queries": len(statements), "status": status, "bytes": len(body)}
        answer |= {"shown": body.count(b"JC20"), "statements": [str(each)[:4000] for each in statements]}
        print(json.dumps(answer), file=out, flush=True)


class Spent:
    """What a block of work cost: CPU of this process and of its PostgreSQL backend."""

    def __init__(self, pid):
        self.path = f"/proc/{pid}/schedstat"

    def served(self):
        with open(self.path) as told:
            return int(told.read().split()[0]) / 1e9

    def __enter__(self):
        self.own, self.database = time.process_time(), self.served()
        return self

    def __exit__(self, *_):
        self.own, self.database = time.process_time() - self.own, self.served() - self.database

    def told(self):
        return {"own": self.own, "database": self.database, "cpu": self.own + self.database}
