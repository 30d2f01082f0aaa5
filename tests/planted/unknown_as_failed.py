"""Unknown as failed: an order whose answer is lost is booked as failed.

The order may live at the venue, where nobody looks for it any more: a position without a stop that
the engine does not know of, while the strategy was told that nothing happened.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.policies import retry
from callboard.messages.values import Action, ErrorKind


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    careless = retry.Rule(Action.END, "the request failed")
    rules = {**retry.RULES, ErrorKind.UNKNOWN_OUTCOME: careless}
    return patch.object(retry, "RULES", rules)
