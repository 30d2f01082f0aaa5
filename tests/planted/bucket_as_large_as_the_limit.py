"""Bucket as large as the limit: a full bucket holds the whole limit, and refills as fast.

That lets nearly twice the limit through in one window: the burst, and what is refilled meanwhile.
The venue answers 429, and bans who goes on.
"""

from contextlib import AbstractContextManager
from decimal import Decimal
from unittest.mock import patch

from callboard.actors.policies import rate_budgets
from callboard.actors.policies.token_bucket import BucketDesign


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""

    def design_bucket(
        *, limit: int, window_ms: int, late_ms: int, burst_share: Decimal
    ) -> BucketDesign:
        del burst_share
        return BucketDesign(limit, limit, limit, window_ms, late_ms)

    return patch.object(rate_budgets, "design_bucket", design_bucket)
