"""What helps to enter actions: found in the database, decided by the rules."""

from app.domains.actions.operations import filling

__all__ = ["filling"]
