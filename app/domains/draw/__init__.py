"""draw: the random draw of 双随机 that anyone can recompute (SSJ1).

A frame is every subject that could be drawn, frozen and sealed by one hash before anybody can know the seed.
The seed comes from several parties and a public number, so that nobody can choose it and nobody can press again.
The first stage draws subjects with exact published chances; the second gives each of them a team of inspectors.
The record of a draw is enough to compute all of it again: by `verify.py`, on a phone by `verify.html`, by plain SQL.
The rules are here; the tables and pages that use them are not yet.
"""

from app.core.messages import N_

LABEL = N_("双随机抽查")
ICON = "dice-5"
