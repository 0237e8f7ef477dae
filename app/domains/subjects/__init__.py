"""subjects: whom and what supervision is about.

A subject is a firm, a person, a piece of equipment, a product or a place; its kind decides which fields it has.
The number of its document recognises it everywhere: one subject is one row, and all departments read it.
The department that brought it in answers for its data (谁提供谁负责) and alone changes it.
A subject holds permits, and carries tags by which pools of check objects are formed.
"""

from app.core.messages import N_

LABEL = N_("监管对象")
ICON = "building-store"
