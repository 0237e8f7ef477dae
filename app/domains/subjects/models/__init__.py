"""The tables of the subjects."""

from app.domains.subjects.models.permits import SubjectPermit, SubjectTag
from app.domains.subjects.models.subject import Subject

__all__ = ["Subject", "SubjectPermit", "SubjectTag"]
