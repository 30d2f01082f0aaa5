"""Test of GatewayLane and its fence: sent once, fenced in time, answered always."""

from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.binance_replies import ReplyOptions
from callboard.actors.adapters.gateway_lane import GatewayLane, LaneSettings
from callboard.actors.ports import VenueAnswer
from callboard.messages.control import TradingStateChanged
from callboard.messages.market import ClockChanged, ResyncClock
from callboard.messages.values import (
    Phase,
    Priority,
    TradingState,
)
from callboard.messages.venue import (
    AttemptEnded,
    CancelOne,
    Fenced,
    LaneStarted,
    MakeCall,
    Permit,
    ReadTime,
    TimeRead,
    UsageObserved,
)
from support.steps import MS, SECOND, START_NS, Step, StepRunner
from support.venue_samples import MARKET, read_ended
from support.wires import HandExchange, Mailbox

OFFSET_NS = 40 * MS
NOW_MS = START_NS // MS
OPENING = MakeCall(
    call_id="cb-1-1-e#1",
    call=MARKET,
    permit=Permit("p1", START_NS + 2 * SECOND),
    priority=Priority.OPENING,
    epoch=7,
    send_by_ms=NOW_MS + 3_000,
)
REDUCING = evolve(OPENING, priority=Priority.REDUCING, epoch=0, send_by_ms=0)
CANCEL = evolve(
    REDUCING, call_id="cb-1-1-e!1", call=CancelOne("cb-1-1-e", "BTCUSDT", conditional=False)
)
READ = MakeCall(
    call_id="venue_clock/ReadTime/1.0",
    call=ReadTime(),
    permit=Permit("p2", START_NS + 2 * SECOND),
    priority=Priority.OPENING,
    epoch=0,
    send_by_ms=0,
)
ACTIVE = TradingStateChanged(TradingState.ACTIVE, 7, "", venue_open=True)
TRUSTED = ClockChanged(OFFSET_NS, MS, trusted=True)


class Bench:
    """A lane with a hand-held exchange; what the lane posts to itself is delivered by `pump`."""

    def __init__(self, *, waiting_max: int = 2, informed: bool = True, batch_max: int = 1) -> None:
        self.exchange = HandExchange()
        self.mailbox = Mailbox()
        self.lane = GatewayLane(
            self.exchange,
            self.mailbox,
            LaneSettings(
                recv_window_ms=2_500,
                request_timeout_ms=5_000,
                reply=ReplyOptions("USDT"),
                waiting_max=waiting_max,
                batch_max=batch_max,
            ),
        )
        self.steps = StepRunner(self.lane, name="lane")
        self.started = self.steps.start()
        if informed:
            self.steps.tell(ACTIVE)
            self.steps.tell(TRUSTED)

    def make(self, call: MakeCall, *, sender: str = "order_manager") -> Step:
        return self.steps.tell(call, sender=sender, correlation="s1")

    def answer(self, index: int, body: Any, *, status: int = 200, **fields: Any) -> Step:
        request = self.exchange.requests[index]
        given = VenueAnswer(request.request_id, Phase.ANSWERED, status, {}, body, "")
        self.exchange.answers[index](evolve(given, **fields))
        return self.pump()

    def pump(self) -> Step:
        (posted,) = self.mailbox.take()
        assert ("lane", "lane", "s1") == (posted.to, posted.sender, posted.correlation)
        return self.steps.tell(posted.message, sender="lane", correlation="s1")


def ended(step: Step) -> AttemptEnded:
    (only,) = step.told(AttemptEnded)
    return only


def test_a_lane_asks_for_trading_state_and_clock_at_its_start() -> None:
    told = Bench(informed=False).started

    assert (("circuit_breaker", LaneStarted("lane")), ("venue_clock", LaneStarted("lane"))) == (
        told.tells
    )


def test_a_call_is_signed_with_the_venue_s_time() -> None:
    bench = Bench()

    bench.make(OPENING)

    params = bench.exchange.requests[0].params
    assert ("2500", str(NOW_MS + 40)) == (params["recvWindow"], params["timestamp"])


def test_one_request_is_in_flight_and_the_others_wait_in_their_order() -> None:
    bench = Bench()
    bench.make(OPENING)
    bench.make(CANCEL)
    bench.make(READ)
    before = [request.path for request in bench.exchange.requests]

    bench.answer(0, {"code": -2019, "msg": "Margin is insufficient."}, status=400)
    bench.answer(1, {"code": -2011, "msg": "Unknown order sent."}, status=400)

    methods = [(request.method, request.path) for request in bench.exchange.requests]
    assert ["/fapi/v1/order"] == before
    assert [
        ("POST", "/fapi/v1/order"),
        ("DELETE", "/fapi/v1/order"),
        ("GET", "/fapi/v1/time"),
    ] == methods


def test_a_success_is_answered_with_its_result_to_who_asked() -> None:
    bench = Bench()
    bench.make(READ, sender="venue_clock")

    step = bench.answer(0, {"serverTime": 1_800_000_000_040})

    expected = read_ended(
        "venue_clock/ReadTime/1.0",
        TimeRead(1_800_000_000_040),
        sent_at_ns=START_NS,
        sent_at_ms=NOW_MS + 40,
    )
    assert [expected] == step.to("venue_clock")
    assert ("timeout",) == step.cancelled


def test_each_answer_tells_the_limiter_its_headers() -> None:
    bench = Bench()
    bench.make(READ)

    step = bench.answer(0, {"serverTime": 1}, headers={"X-MBX-USED-WEIGHT-1M": "12"})

    expected = UsageObserved("p2", 12, -1, -1, 200, 0, "", -1)
    assert [expected] == step.to("rate_limiter")


def test_a_refusal_is_answered_with_code_and_text() -> None:
    bench = Bench()
    bench.make(OPENING)

    answer = ended(bench.answer(0, {"code": -2019, "msg": "No margin."}, status=400))

    assert (Phase.ANSWERED, 400, -2019, "No margin.", None) == (
        answer.phase,
        answer.status,
        answer.code,
        answer.text,
        answer.result,
    )


@pytest.mark.parametrize("code", [-1021, -5028])
@pytest.mark.parametrize("call", [OPENING, CANCEL, READ])
def test_whoever_is_refused_for_its_time_the_clock_hears_of_it(call: MakeCall, code: int) -> None:
    bench = Bench()
    bench.make(call)

    step = bench.answer(0, {"code": code, "msg": "Outside."}, status=400)

    assert [ResyncClock("Outside.")] == step.to("venue_clock")


def test_an_unreadable_success_is_told_with_the_field_and_no_result() -> None:
    bench = Bench()
    bench.make(OPENING)

    answer = ended(bench.answer(0, {"orderId": 1}))

    assert (200, 0, None) == (answer.status, answer.code, answer.result)
    assert "unreadable: clientOrderId is no text but missing" == answer.text


@pytest.mark.parametrize("phase", [Phase.NOT_CONNECTED, Phase.NOT_SENT, Phase.MAYBE_SENT])
def test_a_request_that_was_not_answered_is_told_with_its_phase(phase: Phase) -> None:
    bench = Bench()
    bench.make(OPENING)

    step = bench.answer(0, None, status=0, phase=phase, text="connection refused")

    assert (phase, "connection refused") == (ended(step).phase, ended(step).text)
    assert [] == step.to("rate_limiter")


def test_silence_becomes_maybe_sent_after_the_timeout_and_the_next_call_goes() -> None:
    bench = Bench()
    bench.make(OPENING)
    bench.make(evolve(READ, permit=Permit("p2", START_NS + 60 * SECOND)))

    step = bench.steps.fire("timeout")

    assert (Phase.MAYBE_SENT, "timed out after 5000 ms") == (ended(step).phase, ended(step).text)
    assert 2 == len(bench.exchange.requests)


def test_an_answer_after_its_timeout_is_told_as_further_evidence() -> None:
    bench = Bench()
    bench.make(READ)
    bench.steps.fire("timeout")

    late = ended(bench.answer(0, {"serverTime": 5}))

    assert (Phase.ANSWERED, TimeRead(5), START_NS) == (late.phase, late.result, late.sent_at_ns)


def test_a_late_answer_does_not_free_the_lane_of_another_request() -> None:
    bench = Bench()
    bench.make(READ)
    bench.steps.fire("timeout")
    later = evolve(READ, permit=Permit("p3", START_NS + 60 * SECOND))
    bench.make(later)
    bench.make(later)

    bench.answer(0, {"serverTime": 5})

    assert 2 == len(bench.exchange.requests)


def test_an_exchange_that_raises_leaves_the_outcome_unknown() -> None:
    bench = Bench()
    bench.exchange.raises = OSError("broken pipe")

    step = bench.make(OPENING)

    assert (Phase.MAYBE_SENT, "OSError: broken pipe") == (ended(step).phase, ended(step).text)


def test_a_call_beyond_the_bound_is_answered_not_sent() -> None:
    bench = Bench(waiting_max=1)
    bench.make(READ)
    bench.make(READ)

    answer = ended(bench.make(CANCEL))

    assert (Phase.NOT_SENT, "too many calls wait for this lane") == (answer.phase, answer.text)


def test_a_call_without_words_at_the_venue_is_answered_not_sent() -> None:
    bench = Bench()

    answer = ended(bench.make(evolve(OPENING, call=evolve(MARKET, quantity=None))))

    assert Phase.NOT_SENT is answer.phase
    assert "needs a quantity" in answer.text
    assert [] == bench.exchange.requests


HALTED = evolve(ACTIVE, state=TradingState.HALTED, epoch=8)
RENEWED = evolve(ACTIVE, epoch=8)
LATE = evolve(TRUSTED, offset_ns=3_001 * MS)
DOUBTED = evolve(TRUSTED, trusted=False)


@pytest.mark.parametrize(
    ("told", "call", "reason"),
    [
        (HALTED, OPENING, "halted"),
        (evolve(HALTED, state=TradingState.REDUCING), OPENING, "halted"),
        (RENEWED, OPENING, "halted"),
        (evolve(ACTIVE, reducing_symbols=("BTCUSDT",)), OPENING, "symbol_reducing"),
        (LATE, OPENING, "too_late"),
        (DOUBTED, OPENING, "clock_untrusted"),
        (DOUBTED, REDUCING, "clock_untrusted"),
        (ACTIVE, evolve(OPENING, permit=Permit("p", START_NS - 1)), "permit_expired"),
        (ACTIVE, evolve(REDUCING, permit=Permit("p", START_NS - 1)), "permit_expired"),
    ],
)
def test_the_fence_stops_what_must_not_leave(told: Any, call: MakeCall, reason: str) -> None:
    bench = Bench()
    bench.steps.tell(told)

    step = bench.make(call)

    assert [reason] == [fenced.reason for fenced in step.told(Fenced)]
    assert [] == bench.exchange.requests


@pytest.mark.parametrize(
    ("told", "call"),
    [
        (HALTED, REDUCING),
        (HALTED, CANCEL),
        (HALTED, READ),
        (DOUBTED, READ),
        (LATE, REDUCING),
        (RENEWED, evolve(OPENING, epoch=8)),
        (evolve(ACTIVE, reducing_symbols=("ETHUSDT",)), OPENING),
    ],
)
def test_the_fence_lets_everything_else_pass(told: Any, call: MakeCall) -> None:
    bench = Bench()
    bench.steps.tell(told)

    bench.make(call)

    assert 1 == len(bench.exchange.requests)


def test_a_lane_that_was_told_nothing_opens_and_signs_nothing() -> None:
    bench = Bench(informed=False)
    bench.steps.tell(TRUSTED)

    step = bench.make(OPENING)

    assert [Fenced("cb-1-1-e#1", -1, "halted")] == step.told(Fenced)


def test_word_of_an_older_epoch_changes_nothing() -> None:
    bench = Bench()
    bench.steps.tell(HALTED)
    bench.steps.tell(ACTIVE)

    step = bench.make(OPENING)

    assert [Fenced("cb-1-1-e#1", 8, "halted")] == step.told(Fenced)


def test_the_fence_is_asked_when_the_turn_comes_and_not_when_the_call_does() -> None:
    bench = Bench()
    bench.make(READ)
    bench.make(OPENING)
    bench.steps.tell(HALTED)

    step = bench.answer(0, {"serverTime": 5})

    assert [Fenced("cb-1-1-e#1", 8, "halted")] == step.told(Fenced)
    assert 1 == len(bench.exchange.requests)


def test_a_lane_that_is_closed_answers_what_is_open() -> None:
    bench = Bench()
    bench.make(OPENING)
    bench.make(CANCEL, sender="reconciler")

    bench.lane.close()

    told = [(each.to, each.message.call_id, each.message.phase) for each in bench.mailbox.take()]
    assert [
        ("order_manager", "cb-1-1-e#1", Phase.MAYBE_SENT),
        ("reconciler", "cb-1-1-e!1", Phase.NOT_SENT),
    ] == told


def test_the_answer_to_a_request_of_an_earlier_life_is_told_by_the_next() -> None:
    bench = Bench()
    bench.make(READ, sender="venue_clock")
    given = VenueAnswer("1.0", Phase.ANSWERED, 200, {}, {"serverTime": 9}, "")
    bench.exchange.answers[0](given)
    (posted,) = bench.mailbox.take()
    heir = StepRunner(Bench().lane, name="lane")

    step = heir.tell(posted.message)

    assert TimeRead(9) == ended(step).result
