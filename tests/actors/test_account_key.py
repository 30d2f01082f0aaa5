"""Test of the account's key: a wrong one is told once, and so is the end of that."""

import pytest

from callboard.actors.account import Account
from callboard.actors.exchange_settings import AccountSettings
from callboard.messages.events import AlertRaised
from callboard.messages.values import Operation, Phase, Severity
from callboard.messages.venue import AccountModeRead, AttemptEnded
from support.steps import Step, StepRunner
from support.venue_samples import read_ended

READ = "account/ReadAccount"
MODE = AccountModeRead(hedge_mode=False, multi_assets=False, can_trade=True)


class Bench:
    def __init__(self) -> None:
        self.steps = StepRunner(Account(AccountSettings()), name="account")
        self.steps.start()

    def fail(self, status: int, code: int, text: str = "no") -> Step:
        return self.steps.tell(
            AttemptEnded(
                READ, Operation.READ, Phase.ANSWERED, status, code, text, 0, self.steps.now_ns, None
            )
        )

    def read(self) -> Step:
        return self.steps.tell(read_ended(READ, MODE, sent_at_ns=self.steps.now_ns))


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (401, -2015, "-2015: no"),
        (401, -2014, "-2014: no"),
        (400, -1022, "-1022: no"),
        (401, 0, "401: no"),
    ],
)
def test_a_key_that_the_venue_refuses_is_told_once(status: int, code: int, text: str) -> None:
    bench = Bench()

    first, second = bench.fail(status, code), bench.fail(status, code)

    alert = AlertRaised(Severity.CRITICAL, "key_refused", "account", text)
    assert [alert] == first.told(AlertRaised)
    assert [] == second.told(AlertRaised)


def test_a_key_that_is_taken_again_is_told_and_one_that_always_was_is_not() -> None:
    bench, usual = Bench(), Bench()
    bench.fail(401, -2015)

    again = bench.read()

    assert ["key_accepted"] == [alert.alert for alert in again.told(AlertRaised)]
    assert [] == usual.read().told(AlertRaised)


@pytest.mark.parametrize(("status", "code"), [(503, 0), (400, -1021), (403, 0), (418, -1003)])
def test_a_failure_of_another_kind_says_nothing_of_the_key(status: int, code: int) -> None:
    bench = Bench()
    refused = Bench()
    refused.fail(401, -2015)

    assert [] == bench.fail(status, code).told(AlertRaised)
    assert [] == refused.fail(status, code).told(AlertRaised)
