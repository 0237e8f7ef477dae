"""Passwords of accounts: set, given out for the first time, changed, compared. The hashes lie in the hidden table of
credentials; ``ab_user.password`` of Flask-AppBuilder stays empty.
"""

from app.console.sign_in.passwords.change import answers, demands, issue, owner_of, place, set_password
from app.console.sign_in.passwords.check import Checked, check

__all__ = ["Checked", "answers", "check", "demands", "issue", "owner_of", "place", "set_password"]
