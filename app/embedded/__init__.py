"""A real PostgreSQL of our own, for whoever has set no DATABASE_URL.

`ensure(home)` answers with the address of a running server whose data lives below `home`; it makes and starts the
server when that is needed. All processes that called it for the same home share one server, and the last of them to
leave stops it. `provision(url, ...)` makes the database and the roles that the console works with, on that server or
on any other.

`python -m app.embedded provision SUPERUSER_URL` does the latter from the command line.
"""

from app.embedded.provision import Urls, alchemy_url, provision, refuse_powerful
from app.embedded.server import default_home, ensure, keep_secret

__all__ = ["Urls", "alchemy_url", "default_home", "ensure", "keep_secret", "provision", "refuse_powerful"]
