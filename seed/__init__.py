"""Base and demo data. Both enter through the importer: what it accepts is what the system can hold."""

from seed.load import load

__all__ = ["load"]
