"""What the catalogue answers to others, and what it does when rows of it move."""

from __future__ import annotations

from app.core.context import QUESTIONS
from app.domains.catalogue.operations import standing

QUESTIONS[standing.QUESTION] = standing.Standings
