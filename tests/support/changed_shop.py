"""Changed shop: actors of the shop after a change of code, one change each.

Every class names in its docstring what a programmer changed; replay has to find it.
"""

from decimal import Decimal
from typing import Any

from attrs import evolve

from callboard.actors.runtime.actor import Context
from support.shop import (
    SECOND_NS,
    Boss,
    Buy,
    Charge,
    Clerk,
    Counted,
    CountTill,
    Receipt,
    Sold,
    Till,
)


class SlowTill(Till):
    """Counts later."""

    def on_charge(self, message: Charge, ctx: Context) -> None:
        super().on_charge(message, ctx)
        ctx.after(2 * SECOND_NS, CountTill(), key="count")


class LateTill(Till):
    """Arms its timer with another delay."""

    def on_charge(self, message: Charge, ctx: Context) -> None:
        if message.thing == "broken":
            raise ValueError("cannot sell broken")
        ctx.record(Sold(message.thing, message.amount))
        ctx.tell("printer", Receipt(f"{message.thing} {message.amount}"))
        ctx.after(SECOND_NS + 1, CountTill(), key="count")


class DearTill(Till):
    """Books another amount."""

    def on_charge(self, message: Charge, ctx: Context) -> None:
        super().on_charge(evolve(message, amount=message.amount + 1), ctx)


class DoubleTill(Till):
    """Books every sale twice."""

    def on_charge(self, message: Charge, ctx: Context) -> None:
        super().on_charge(message, ctx)
        ctx.record(Sold(message.thing, message.amount))


class SilentTill(Till):
    """Forgets the receipt."""

    def on_charge(self, message: Charge, ctx: Context) -> None:
        if message.thing == "broken":
            raise ValueError("cannot sell broken")
        ctx.record(Sold(message.thing, message.amount))
        ctx.after(SECOND_NS, CountTill(), key="count")


class ChattyTill(Till):
    """Tells the clerk too."""

    def on_charge(self, message: Charge, ctx: Context) -> None:
        super().on_charge(message, ctx)
        ctx.tell("clerk", message)


class HastyTill(Till):
    """Prints by the fast lane."""

    def on_charge(self, message: Charge, ctx: Context) -> None:
        if message.thing == "broken":
            raise ValueError("cannot sell broken")
        ctx.record(Sold(message.thing, message.amount))
        ctx.tell("printer", Receipt(f"{message.thing} {message.amount}"), urgent=True)
        ctx.after(SECOND_NS, CountTill(), key="count")


class MeekTill(Till):
    """Swallows what it should raise."""

    def on_charge(self, message: Charge, ctx: Context) -> None:
        if message.thing != "broken":
            super().on_charge(message, ctx)


class WildTill(Till):
    """Raises where it should not."""

    def on_charge(self, message: Charge, ctx: Context) -> None:
        if message.thing == "plum":
            raise LookupError("no plums")
        super().on_charge(message, ctx)


class RudeTill(Till):
    """Raises with other words."""

    def on_charge(self, message: Charge, ctx: Context) -> None:
        if message.thing == "broken":
            raise ValueError("no")
        super().on_charge(message, ctx)


class SleepyTill(Till):
    """Forgets its timer at a restart."""

    def resume(self, ctx: Context) -> None:
        ctx.log("asleep")


class ThriftyClerk(Clerk):
    """Draws no price."""

    def receive(self, message: Any, ctx: Context) -> None:
        if isinstance(message, Buy):
            ctx.tell("till", Charge(message.thing, Decimal(0)))


class FussyClerk(Clerk):
    """Draws twice."""

    def receive(self, message: Any, ctx: Context) -> None:
        if isinstance(message, Buy):
            cents = int(ctx.random() * 10_000)
            ctx.random()
            ctx.tell("till", Charge(message.thing, Decimal(cents) * message.count / 100))


class LostClerk(Clerk):
    """Asks somebody else."""

    def receive(self, message: Any, ctx: Context) -> None:
        if isinstance(message, Buy):
            cents = int(ctx.random() * 10_000)
            ctx.tell("boss", Charge(message.thing, Decimal(cents) * message.count / 100))


class DearClerk(Clerk):
    """Charges more: a message inside the core changes."""

    def receive(self, message: Any, ctx: Context) -> None:
        if isinstance(message, Buy):
            cents = int(ctx.random() * 10_000) + 1
            ctx.tell("till", Charge(message.thing, Decimal(cents) * message.count / 100))


class FatalBoss(Boss):
    """Redelivers nothing."""

    def receive(self, message: Any, ctx: Context) -> None:
        if hasattr(message, "actor"):
            ctx.restart(message.actor, redeliver=False)


class CountingTill(Till):
    """Counts something else."""

    def receive(self, message: Any, ctx: Context) -> None:
        if isinstance(message, CountTill):
            ctx.record(Counted(self.state.sales + 1))
        else:
            super().receive(message, ctx)


class OnceDearClerk(Clerk):
    """Charges more for pears."""

    def receive(self, message: Any, ctx: Context) -> None:
        if isinstance(message, Buy):
            cents = int(ctx.random() * 10_000) + (message.thing == "pear")
            ctx.tell("till", Charge(message.thing, Decimal(cents) * message.count / 100))
