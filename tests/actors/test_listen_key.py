"""Test of UserStream's part in the listen key: asked for by permit and lane, never kept."""

import pytest

from callboard.actors.exchange_settings import StreamSettings
from callboard.actors.user_stream import UserStream
from callboard.messages.listen_key import ListenKeyRenewed, ListenKeyWanted, RenewListenKey
from callboard.messages.values import Priority
from callboard.messages.venue import (
    Fenced,
    MakeCall,
    Permit,
    PermitGranted,
    PermitRefused,
    RequestPermit,
)
from support.steps import SECOND, StepRunner
from support.venue_samples import read_ended

CALL = "user_stream/RenewListenKey"
WANTED = ListenKeyWanted("the stream has no key")


def bench() -> StepRunner:
    steps = StepRunner(UserStream(StreamSettings()), name="user_stream")
    steps.start()
    return steps


def test_a_wire_that_wants_a_key_makes_the_stream_ask_for_leave_from_the_reserve() -> None:
    steps = bench()

    (request,) = steps.tell(WANTED).to("rate_limiter")

    assert RequestPermit(
        CALL,
        "RenewListenKey",
        by_symbol=False,
        priority=Priority.REDUCING,
        expires_at_ns=steps.now_ns + 10 * SECOND,
    ) == (request)


def test_a_wire_that_wants_it_again_meanwhile_has_one_wish() -> None:
    steps = bench()

    tokens = [steps.tell(WANTED).told(RequestPermit)[0].token for _ in range(2)]

    assert [CALL, CALL] == tokens


def test_a_granted_permit_becomes_a_call_on_the_reducing_lane() -> None:
    steps = bench()
    permit = Permit("p1", steps.now_ns + SECOND)

    step = steps.tell(PermitGranted(CALL, permit))

    expected = MakeCall(CALL, RenewListenKey(), permit, Priority.REDUCING, 0, 0)
    assert (("lane_reducing", expected),) == step.tells


@pytest.mark.parametrize("answer", [PermitRefused(CALL, "late"), Fenced(CALL, 0, "paused")])
def test_a_call_that_was_not_made_is_left_to_the_wire_which_wants_it_again(
    answer: PermitRefused | Fenced,
) -> None:
    step = bench().tell(answer)

    assert () == (*step.tells, *step.facts, *step.timers)
    assert ["read_left_out"] == [name for name, _ in step.logs]


def test_a_renewed_key_says_nothing_and_changes_nothing() -> None:
    step = bench().tell(read_ended(CALL, ListenKeyRenewed(), sent_at_ns=1))

    assert () == (*step.tells, *step.facts, *step.timers, *step.logs)


def test_a_refused_key_is_logged_with_the_venue_s_words() -> None:
    step = bench().tell(read_ended(CALL, None, sent_at_ns=1))

    assert ["listen_key_refused"] == [name for name, _ in step.logs]
