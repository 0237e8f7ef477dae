"""Base and demo data. Both enter through the importer: what it accepts is what the system can hold."""

from collections.abc import Callable


def load(say: Callable[[str], None]) -> None:
    """The empty database holds base and demo data; ``say`` is told what each step did. Raises when a row is refused."""
    from seed.load import load_everything  # the data can be made and tested without an application

    load_everything(say)
