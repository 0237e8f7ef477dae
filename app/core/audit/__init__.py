"""Who changed what, when and from where: captured in the database, sealed, anchored outside of it, and verifiable."""

from app.core.audit.capture import AS_SYSTEM, install, is_there, standing
from app.core.audit.events import CHANGES, EVENTS, note, note_apart
from app.core.audit.proof import proof
from app.core.audit.seals import Seal
from app.core.audit.state import State, sealing

__all__ = [
    "AS_SYSTEM", "CHANGES", "EVENTS", "Seal", "State", "install", "is_there", "note", "note_apart", "proof", "sealing",
    "standing",
]  # fmt: skip
