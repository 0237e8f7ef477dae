"""Flask-AppBuilder's own ways to make accounts and to prove passwords, led through ours."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.const import AUTH_DB, AUTH_LDAP
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import User

from app.console.sign_in import credentials, passwords
from app.console.sign_in.apart import apart
from app.console.sign_in.door import Door
from app.console.sign_in.steps import Step, next_step
from app.core.errors import Invalid
from app.extensions import db

log = logging.getLogger(__name__)


@sa.event.listens_for(User.password, "set", retval=True)
def _stays_empty(*_: Any) -> None:
    """Hashes are in the hidden table of credentials; whoever writes one here writes nothing."""


class Gate(SecurityManager):
    """A security manager whose passwords are those of ``passwords``."""

    authdbview = Door
    authldapview = Door

    def auth_user_db(self, username: str, password: str) -> User | None:
        """The account, when the password is right and nothing more stands before it: no second factor, no change."""
        checked = passwords.check(username or "", password or "")
        return self.get_user_by_id(checked.account_id) if next_step(checked.standing) is Step.IN else None

    def add_user(
        self,
        username: str,
        first_name: str,
        last_name: str,
        email: str,
        role: Any = None,
        password: str = "",
        *rest: Any,
        **more: Any,
    ) -> Any:
        """An account; the password somebody else chose for it has to be changed at the first sign-in."""
        user = super().add_user(username, first_name, last_name, email, role, "", *rest, **more)
        if user and password:
            try:
                passwords.set_password(db.session(), user.id, password, must_change=True)
            except Invalid as error:
                db.session.rollback()
                self.delete_user(user)
                log.error("the account %s was not made: %s", username, error)
                return False
            db.session.commit()
        return user

    def reset_password(self, userid: int, password: str) -> None:
        """That password, to be changed at the next sign-in. Raises Invalid."""
        passwords.set_password(db.session(), userid, password, must_change=True)
        db.session.commit()

    def on_user_login(self, user: User) -> None:
        """Somebody whom a provider vouched for has come in; of the others the door takes note itself."""
        if self.auth_type in (AUTH_DB, AUTH_LDAP):
            return
        with apart() as session:
            credentials.came_in(session, user.id)
