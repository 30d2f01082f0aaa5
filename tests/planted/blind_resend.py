"""Blind resend: a request without an answer is sent again at once, under its id.

The first one may have arrived. The venue keeps ids unique among open orders alone, so the second
request of a market order that was filled is filled as well, and the position is twice what was
approved.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.policies import retry
from callboard.messages.values import Action, ErrorKind


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    careless = retry.Rule(Action.REDELIVER, "no answer came")
    rules = {**retry.RULES, ErrorKind.UNKNOWN_OUTCOME: careless}
    return patch.object(retry, "RULES", rules)
