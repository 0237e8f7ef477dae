"""Who is at the door: passwords, second factors, sessions, tokens; and what ends them."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Who must sign in, or prove himself again, is sent there and comes back; sensitive tables ask by themselves."""
    from app.console.sign_in import confine, detours, step_up

    app.register_error_handler(detours.SignInNeeded, detours.to_sign_in)
    app.register_error_handler(step_up.StepUpNeeded, step_up.answer)
    app.before_request(confine.before_request)
    app.before_request(step_up.before_request)
