"""catalogue: what may be supervised, and how.

A main item (主项) has sub-items (子项); a sub-item states the ten elements of one supervision measure and carries the
14-digit code that every action refers to.
A sub-item of inspection has implementation lists, one for each department that implements it, and check items with
their contents.
Permit items tie supervision to what was licensed; joint draw items are the lists, as offices publish them, of what
departments check together at random.
No item, no action: only a published sub-item, in force on the day, can be acted upon.
"""

from app.core.messages import N_

LABEL = N_("监管事项")
ICON = "list-details"
