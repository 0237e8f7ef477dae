"""What the log does not hold, and why. Every other table of the house, with all its columns, is captured."""

from __future__ import annotations

#: Tables that are not captured, with the reason of each.
LEFT_OUT: dict[str, str] = {
    "alembic_version": "the state of the schema; migrations are acts of the operator and no data",
    "user_session": "touched by every request; signing in, signing out and ending are events of their own",
    "sign_in_brake": "touched by every failed sign-in, which is an event of its own",
    "submission": "what a person sent, kept to answer a repeated click alike; the rows it wrote are captured",
    "stored_piece": "pieces of uploads and results that leave after a week; the rows an upload writes are captured",
    "draft": "unfinished typing of one person that nobody else ever reads; the saved row is captured",
}

#: Columns that are not captured, with the reason of each.
COLUMNS_LEFT_OUT: dict[str, dict[str, str]] = {
    "job": {
        "state": "every step of a job is an event of its own",
        "attempts": "told by those events",
        "started_at": "told by those events",
        "ended_at": "told by those events",
        "version": "counts those events",
        "done": "how far it is, told every second while it runs",
        "total": "told with it",
        "message": "told with it; what came of the job is told by its last event",
        "told_at": "when that was told",
        "call_id": "the queue's number of the call; the calls themselves leave when they are answered",
        "worker": "the process at work, told by the job's page while it runs",
    },
    "ab_user": {
        "login_count": "counted at every sign-in, which is an event of its own",
        "last_login": "told by the sign-in event",
        "fail_login_count": "told by the events of failed sign-ins",
    },
    "credential": {
        "failures": "told by the events of failed sign-ins",
        "failures_since": "told by the events of failed sign-ins",
        "last_at": "told by the sign-in event",
        "last_address": "told by the sign-in event",
        "factor_step": "the step of the last one-time code, changed by every sign-in",
    },
    "attachment": {"content": "the file itself; `digest` is its SHA-256, and the verifier compares the two"},
    "import_batch": {
        "staged_rows": "how far the reading has come, told after every few thousand rows",
        "sighting": "what the file shows at first sight, a part of the file",
        "summary": "counts of what is wrong in the file",
    },
}

#: Pinyin made from other columns of the same row.
DERIVED = frozenset({"spelling"})

#: Columns of which the log holds the SHA-256 only, because their value is a secret or proves one.
DIGESTED: dict[str, frozenset[str]] = {
    "ab_user": frozenset({"password"}),
    "ab_api_key": frozenset({"key_hash", "lookup_hash"}),
    "ab_register_user": frozenset({"password", "registration_hash"}),
    "credential": frozenset({"password", "factor_secret", "history", "recovery"}),
}

#: Columns that are left out because another one is their digest: column -> digest.
STANDS_FOR: dict[str, dict[str, str]] = {"attachment": {"content": "digest"}}


def columns_left_out(table: str) -> frozenset[str]:
    """The columns of a table that the log does not hold."""
    return DERIVED | frozenset(COLUMNS_LEFT_OUT.get(table, ()))


def digested(table: str) -> frozenset[str]:
    """The columns of a table of which the log holds a digest."""
    return DIGESTED.get(table, frozenset())
