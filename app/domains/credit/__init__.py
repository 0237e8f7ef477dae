"""credit: the two lists on which firms are put that break trust.

The abnormal list holds firms that did not report, hid the truth or cannot be reached, and says how they left it.
A cause of removal answers the cause of listing; the same firm is not listed twice for the same thing.
The serious list holds firms that were punished heavily for grave acts, or stayed on the abnormal list for three years.
Both are decided by an organ, with a numbered decision, and end after a term that an office can change.
"""

from app.core.messages import N_

LABEL = N_("信用监管")
ICON = "shield-exclamation"
