"""org: who does the work, where, and on which days.

A region is a division of the country; a department is an office that enforces there and stands in two trees: its line
(条: the bureau above it) and its region (块: the government it belongs to).
A user place says which department an account belongs to and that its holder is a real person in post.
Code lists hold the values that an office decides; deadline policies hold limits, each with the dates it is in force.
Work days are the statutory calendar with its make-up days, from which every limit in working days is counted.
"""

from app.core.messages import N_

LABEL = N_("组织机构")
ICON = "building-community"
