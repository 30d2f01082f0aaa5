"""FeePurse: another asset that pays commissions while there is some of it.

Owns its balance and the account's switch (feeBurn). A fee that it cannot pay whole is paid in quote
currency without the discount; it never goes below zero. Worth is a fixed price of the settings: it
is the fees that matter here, not that asset's market.
"""

from decimal import Decimal

from .account_settings import FeeAsset
from .fills import QUOTE_ASSET
from .orders import ZERO

UNITS = Decimal("0.00000001")


class FeePurse:
    """What one account has of the fee asset; without rules it pays nothing."""

    def __init__(self, rules: FeeAsset | None) -> None:
        self.rules = rules
        self.balance = rules.balance if rules is not None else ZERO
        self.is_on = rules is not None and rules.is_on
        self.paid = ZERO

    @property
    def asset(self) -> str:
        """The asset's name, empty for none."""
        return self.rules.asset if self.rules is not None else ""

    def charge(self, fee: Decimal) -> tuple[Decimal, str]:
        """Return what a fee in quote currency comes to, and in which asset it is paid."""
        rules = self.rules
        if rules is None or not self.is_on:
            return fee, QUOTE_ASSET
        amount = (fee * (1 - rules.discount) / rules.price).quantize(UNITS)
        if not amount or amount > self.balance:
            return fee, QUOTE_ASSET
        self.balance -= amount
        self.paid += amount
        return amount, rules.asset
