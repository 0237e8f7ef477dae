"""Every hour: the calendar is settled, due dates follow, what is overdue is urged, and people are told."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app import jobs
from app.core.workflow import urging
from app.domains.org.operations import calendar
from app.domains.org.operations import urging as leading

#: The pages that are named to people; a worker serves none, so it cannot ask for their addresses.
TODO_URL, LIST_URL = "/todo/", "/urging/"


@jobs.swept
def keep_deadlines(session: Session) -> None:
    """Due dates are right first, so that nobody is urged by a calendar of yesterday."""
    calendar.settle(session)
    leading.tell(session, urging.urge_overdue(session), url=TODO_URL, url_list=LIST_URL)
