"""Own actor: actors that know nothing of Callboard, and the scenario that finds their bug.

Usage: pip install "callboard[testing]" pytest; pytest test_own_actor.py. It fails: a cashier that
hears nothing asks the bank again, and the bank pays again. Every failure prints what happened and
the command that repeats it.
"""

from collections.abc import Callable

from attrs import frozen

from callboard.scenarios import ActorSystem, Context, Mishap, Stage

SECOND_NS = 1_000_000_000


@frozen
class Invoice:
    """Somebody wants money; comes from outside."""

    amount: int


@frozen
class Pay:
    """The cashier asks the bank to pay."""

    number: int
    amount: int


@frozen
class Paid:
    """The bank has paid."""

    number: int


@frozen
class NothingHeard:
    """The cashier's own timer."""

    order: Pay


class Cashier:
    """Numbers invoices, has them paid, and asks again when it hears nothing."""

    def __init__(self) -> None:
        self.count = 0

    def receive(self, message: Invoice | Paid | NothingHeard, ctx: Context) -> None:
        """Handle a message; what is asked of `ctx` happens when this returns."""
        match message:
            case Invoice(amount):
                self.count += 1
                self._ask(Pay(self.count, amount), ctx)
            case Paid(number):
                ctx.cancel(str(number))
            case NothingHeard(order):
                self._ask(order, ctx)

    def _ask(self, order: Pay, ctx: Context) -> None:
        ctx.tell("bank", order)
        ctx.after(2 * SECOND_NS, NothingHeard(order), key=str(order.number))


class Bank:
    """Pays what it is asked to; the bug: also what it has paid already."""

    def __init__(self) -> None:
        self.paid: list[int] = []

    def receive(self, message: Pay, ctx: Context) -> None:
        """Pay, and say so."""
        self.paid.append(message.number)
        ctx.tell("cashier", Paid(message.number))


def nobody_is_paid_twice(stage: Stage) -> str | None:
    """Say what is wrong, after every step."""
    paid: list[int] = stage.actors["bank"].paid
    twice = [number for number in dict.fromkeys(paid) if paid.count(number) > 1]
    return f"invoices {twice} are paid more than once" if twice else None


PAYMENTS = ActorSystem(
    actors={"cashier": Cashier, "bank": Bank},
    arrivals={"cashier": (Invoice,)},
    invariants=(nobody_is_paid_twice,),
    mishaps=(Mishap.LOST, Mishap.LATE),
)


def test_nobody_is_paid_twice(callboard_run: Callable[[ActorSystem], None]) -> None:
    """Play seed after seed until the invariant breaks or the budget is spent."""
    callboard_run(PAYMENTS)
