"""Restrictions: how much of trading each code of the venue stops."""

import pytest

from callboard.actors.policies.error_table import classify, pause_until_ms
from callboard.actors.policies.retry import RetrySettings, decide
from callboard.messages.values import (
    Action,
    ErrorKind,
    EscalationLevel,
    Leg,
    Operation,
    Phase,
)

NOW_MS = 1_800_000_003_000


@pytest.mark.parametrize(
    ("status", "code", "level"),
    [
        (400, -4087, EscalationLevel.ACCOUNT),
        (400, -4400, EscalationLevel.ACCOUNT),
        (400, -4401, EscalationLevel.ACCOUNT),
        (400, -4140, EscalationLevel.SYMBOL),
        (400, -4141, EscalationLevel.SYMBOL),
        (400, -1122, EscalationLevel.SYMBOL),
        (400, -2023, EscalationLevel.ENGINE),
        (401, -2015, EscalationLevel.ACCOUNT),
        (401, None, EscalationLevel.ACCOUNT),
        (403, None, EscalationLevel.VENUE),
        (418, -1003, EscalationLevel.VENUE),
        (400, -2019, None),
        (400, -1111, None),
    ],
)
@pytest.mark.parametrize("is_reducing", [False, True])
def test_a_code_stops_as_much_as_it_concerns(
    status: int, code: int | None, level: EscalationLevel | None, *, is_reducing: bool
) -> None:
    """Corrections: the account or the symbol reduces, a liquidation halts, a 403 passes."""
    verdict = classify(Operation.PLACE, Phase.ANSWERED, status, code, "")

    directive = decide(
        verdict,
        attempt=1,
        is_reducing=is_reducing,
        leg=Leg.EXIT if is_reducing else Leg.ENTRY,
        now_ms=NOW_MS,
        send_by_ms=None,
        deadline_ms=None,
        budget_left=10,
        uniform=0.5,
        settings=RetrySettings(),
    )

    assert level is directive.escalate


def test_the_firewalls_403_is_a_ban_that_passes_and_no_missing_right() -> None:
    """Corrections: 403 pauses like a ban; 401 alone is a matter of the key."""
    limit = classify(Operation.PLACE, Phase.ANSWERED, 403, None, "<html>Forbidden</html>")

    assert ErrorKind.BANNED is limit.kind
    assert NOW_MS + 120_000 == pause_until_ms(403, None, "", {}, NOW_MS, 1)


@pytest.mark.parametrize("status", [400, 429])
def test_too_many_orders_pause_placements_until_their_window_turns(status: int) -> None:
    """Corrections: the code decides before the status; -1015 is the order window's."""
    verdict = classify(Operation.PLACE, Phase.ANSWERED, status, -1015, "Too many new orders.")

    assert ErrorKind.ORDER_LIMITED is verdict.kind
    assert 1_800_000_010_000 == pause_until_ms(status, -1015, "", {}, NOW_MS, 1)


@pytest.mark.parametrize("code", [-1112, -2020, -4131, -5041])
def test_what_the_market_refuses_ends_an_entry_and_is_tried_again_for_an_exit(code: int) -> None:
    """Corrections: market refusals are final for entries, repeated with backoff for exits."""
    verdict = classify(Operation.PLACE, Phase.ANSWERED, 400, code, "")
    entry, exit_ = (
        decide(
            verdict,
            attempt=1,
            is_reducing=leg is Leg.EXIT,
            leg=leg,
            now_ms=NOW_MS,
            send_by_ms=None,
            deadline_ms=None,
            budget_left=10,
            uniform=0.5,
            settings=RetrySettings(),
        )
        for leg in (Leg.ENTRY, Leg.EXIT)
    )

    assert Action.END is entry.action
    assert "tried again" in exit_.reason
