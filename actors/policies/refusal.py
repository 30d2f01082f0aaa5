"""Refusal: which guard said no, and by which figure.

Owns one record, shared by every rule that can refuse an order: a refusal is a value, never an
exception, and reaches the host with its guard, figure and limit.
"""

from attrs import frozen


@frozen
class Refusal:
    """Which guard said no, the figure that broke it and the limit."""

    guard: str
    figure: str
    limit: str
