"""Workflows: states and moves as data, editions of what is published, to-dos for whoever is waited for.

A table declares ``__flow__ = Workflow(…)``; buttons, bulk moves, REST, the history, the diagram in its help page and
the to-dos follow. ``moving`` is imported by whoever moves rows, because it needs ``core.saving``.
"""

from app.core.workflow.declare import Check, Fill, Move, Wait, Where, Workflow

__all__ = ["Check", "Fill", "Move", "Wait", "Where", "Workflow"]
