"""The cells of an office's plan: text in, a value out, or a problem that says how to write it (BadValue)."""

from app.domains.draw.rules.reading.amount import Amount, Range, count, ratio
from app.domains.draw.rules.reading.bodies import bodies
from app.domains.draw.rules.reading.frequency import Frequency, frequency
from app.domains.draw.rules.reading.period import Period, period

__all__ = ["Amount", "Frequency", "Period", "Range", "bodies", "count", "frequency", "period", "ratio"]
