"""Entry netted: the gate approves an entry against an open position of the other side.

In one-way mode the venue nets them: what was meant to open a short position closes the long one,
whose stop and story belong to another strategy, and opens what is left without either.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.policies import entry_rules
from callboard.actors.policies.portfolio_rules import one_direction


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    rules = tuple(rule for rule in entry_rules.RULES if rule is not one_direction)
    return patch.object(entry_rules, "RULES", rules)
