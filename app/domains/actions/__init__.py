"""actions: what supervision did: inspections, penalties, coercion and other acts, each against one party.

Every action names a published sub-item of its own kind, the party and the region, and belongs to the department that
acted. Its five-working-day clock starts on the day it arose and stops when the row is first accepted.
Rules R01-R18 hold each row against the catalogue, the inspectors and the law: errors refuse it, warnings flag it.
A penalty, a coercion and another act refer back to the inspection they came from.
"""

from app.core.messages import N_

LABEL = N_("监管行为")
ICON = "clipboard-check"
