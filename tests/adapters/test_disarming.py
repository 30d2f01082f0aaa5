"""Disarming: whoever stops an engine waits until the venue has said that no countdown runs."""

from collections.abc import Callable
from typing import Any

import pytest

from callboard.actors.adapters.disarming import disarm_countdown
from callboard.messages.account import CountdownReported, DisarmCountdown, ReportCountdown

PENDING = CountdownReported(("BTCUSDT",))
LEFT = (("BTCUSDT", "-1121 Invalid"),)


class Account:
    """Answers each question with the next of its reports; the last one is repeated."""

    def __init__(self, *reports: object) -> None:
        self.reports = list(reports)
        self.told: list[object] = []

    def post(self, to: str, message: object, *, reply: Callable[[Any], None] | None = None) -> None:
        assert "account" == to
        self.told.append(message)
        if reply is not None and self.reports:
            reply(self.reports.pop(0) if len(self.reports) > 1 else self.reports[0])


@pytest.mark.parametrize(
    ("reports", "left"),
    [
        ((CountdownReported(()),), {}),
        ((PENDING, PENDING, CountdownReported(())), {}),
        ((PENDING, CountdownReported((), LEFT)), {"BTCUSDT": "-1121 Invalid"}),
    ],
)
def test_it_asks_until_every_symbol_is_settled(
    reports: tuple[CountdownReported, ...], left: dict[str, str]
) -> None:
    account = Account(*reports)

    assert left == disarm_countdown(account.post)
    assert [DisarmCountdown(), *(ReportCountdown() for _ in reports)] == account.told


@pytest.mark.parametrize(
    ("reports", "left"),
    [
        ((PENDING,), {"BTCUSDT": "the venue did not answer"}),
        ((), {"all": "the account did not answer"}),
        ((RuntimeError("stopped"),), {"all": "the account did not answer"}),
    ],
)
def test_a_stop_waits_for_no_answer_without_end(
    reports: tuple[object, ...], left: dict[str, str]
) -> None:
    assert left == disarm_countdown(Account(*reports).post, wait_seconds=0.05)
