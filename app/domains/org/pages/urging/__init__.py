"""催办督办: what is overdue in a region or a department, whom it waits for, who is named (Xi'an measures, art. 38)."""

from app.domains.org.pages.urging.page import TITLE, UrgingPage, due
from app.domains.org.pages.urging.sweep import keep_deadlines

__all__ = ["TITLE", "UrgingPage", "due", "keep_deadlines"]
