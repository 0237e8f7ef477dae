"""inspectors: who may enforce, what they are fit for, and from whom they must keep away.

An inspector is known by the number of his certificate; after its end, or when his state is invalid, he may not inspect.
Qualifications, posts and specialities tag him; his item scope says which sub-items he may be drawn for (empty: all).
A recusal declaration records an interest or a relation that keeps him from one subject for a time.
"""

from app.core.messages import N_

LABEL = N_("执法人员")
ICON = "id-badge-2"
