"""Who changed what, when and from where: captured in the database, sealed, anchored outside of it, and verifiable."""

from app.core.audit.capture import AS_SYSTEM, install, is_there, standing
from app.core.audit.events import CHANGES, EVENTS, note, note_apart
from app.core.audit.proof import proof
from app.core.audit.seals import Seal

__all__ = ["AS_SYSTEM", "CHANGES", "EVENTS", "install", "is_there", "Seal", "note", "note_apart", "proof", "standing"]
