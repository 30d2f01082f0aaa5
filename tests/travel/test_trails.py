"""Trails: every step about an order is found, with its waits, requests, errors and ending."""

from collections.abc import Iterator
from functools import cache

import pytest

from callboard.actors.adapters.journal_commands import open_journal
from callboard.actors.adapters.travel.mentions import mentions, names_order, order_of_call
from callboard.actors.adapters.travel.survey import TravelRefused
from callboard.actors.adapters.travel.time_travel import replay
from callboard.actors.adapters.travel.trail import Trail, Verdict
from callboard.actors.adapters.travel.trail_collector import Collector, collected
from callboard.actors.adapters.travel.trail_life import answered, asked
from callboard.actors.adapters.travel.trail_words import message_text
from callboard.actors.order_facts import OrderIntended
from callboard.actors.runtime.journal_reader import Line
from callboard.actors.system import make_codec
from callboard.messages.codec import Json, dumps, loads
from callboard.messages.lifecycle import ActorFailed, ActorStarted
from callboard.messages.values import TERMINAL_STATES, Operation, OrderState, Phase, Priority
from callboard.messages.venue import AttemptEnded, MakeCall, Permit, QueryOne
from support.paper_runs import bodies
from support.runs import recorded_run

CODEC = make_codec()
OWNER = "order_manager"


@cache
def trails() -> list[Trail]:
    return collected(open_journal(recorded_run()), CODEC)


def collected_from(records: list[Json]) -> list[Trail]:
    collector = Collector(CODEC)
    for record in records:
        collector.add(Line(1, 1, record["seq"], dumps(record)))
    return collector.trails()


@cache
def records() -> list[Json]:
    return [loads(body) for body in bodies(recorded_run())]


def before(sequence: int) -> list[Json]:
    return [record for record in records() if record["seq"] < sequence]


def messages_in(record: Json) -> Iterator[Json]:
    yield from (fact for fact in record.get("facts", ()))
    yield from (tell["msg"] for tell in record.get("tells", ()) if "msg" in tell)


def test_every_order_of_the_journal_has_a_life_that_ends_as_its_last_state() -> None:
    intended = {
        fact["approved"]["client_order_id"]
        for record in records()
        for fact in record.get("facts", ())
        if fact["t"].startswith("order_manager/OrderIntended.")
    }

    found = trails()

    assert intended == {trail.name for trail in found if trail.is_order}
    for trail in found:
        if trail.is_order and not trail.is_open:
            assert trail.state in TERMINAL_STATES


def test_every_record_that_names_an_order_stands_in_its_life() -> None:
    every = [(record, dumps(record)) for record in records() if "msg" in record]

    for trail in trails():
        named = {record["seq"] for record, body in every if names_order(body, trail.name)}
        seen = {entry.sequence for entry in trail.entries}
        repeated = sum(entry.repeated - 1 for entry in trail.entries)

        assert len(named - seen) <= repeated


def test_a_life_begins_with_its_signal_and_its_request() -> None:
    entry = next(trail for trail in trails() if trail.name == "cb1-1-e1")
    stop = next(trail for trail in trails() if trail.name.endswith("-s1"))

    assert ["SubmitSignal", "RequestEntry", "ApprovedOrder"] == [
        each.message for each in entry.entries if each.message != "RunNext"
    ][:3]
    assert "host" == entry.entries[0].sender
    assert ["RequestExit", "ApprovedOrder"] == [each.message for each in stop.entries[:2]]


def test_every_request_of_an_order_is_there_once_with_what_it_came_to() -> None:
    told = [
        message["call_id"]
        for record in records()
        for message in messages_in(record)
        if message["t"].startswith(f"{MakeCall.__name__}.") and "-" in message["call_id"]
    ]
    found = trails()
    wires = [wire for trail in found for wire in trail.wires.values()]

    assert sorted(told) == sorted(wire.call_id for wire in wires)
    assert {Verdict.DONE} < {wire.verdict for wire in wires}
    assert all(wire.back_ns >= wire.out_ns for wire in wires if wire.back_sequence)
    assert any(trail.doubts for trail in found)
    assert any(trail.attempts > 1 for trail in found)


@pytest.mark.parametrize(
    ("operation", "phase", "status", "code", "verdict"),
    [
        (Operation.READ, Phase.ANSWERED, 200, 0, Verdict.DONE),
        (Operation.READ, Phase.ANSWERED, 400, -2013, Verdict.ABSENT),
        (Operation.READ, Phase.ANSWERED, 503, 0, Verdict.FAILED),
        (Operation.READ, Phase.MAYBE_SENT, 0, 0, Verdict.FAILED),
        (Operation.READ, Phase.NOT_CONNECTED, 0, 0, Verdict.NOT_SENT),
        (Operation.CANCEL, Phase.ANSWERED, 200, 0, Verdict.DONE),
        (Operation.CANCEL, Phase.ANSWERED, 503, -1000, Verdict.UNKNOWN),
        (Operation.CANCEL, Phase.ANSWERED, 408, -1007, Verdict.UNKNOWN),
        (Operation.CANCEL, Phase.ANSWERED, 400, -1022, Verdict.REFUSED),
        (Operation.CANCEL, Phase.ANSWERED, 503, -1008, Verdict.NOT_EXECUTED),
        (Operation.CANCEL, Phase.MAYBE_SENT, 0, 0, Verdict.UNKNOWN),
    ],
)
def test_an_answer_that_nobody_judged_shows_what_it_says_by_itself(
    operation: Operation, phase: Phase, status: int, code: int, verdict: Verdict
) -> None:
    trail = Trail("a")
    permit, call = Permit("p", 9), QueryOne("a", "ETHUSDT", conditional=False)
    asked(trail, 1, 10, "lane_reducing", MakeCall("a?1", call, permit, Priority.REDUCING, 0, 0))

    answered(trail, 2, 30, AttemptEnded("a?1", operation, phase, status, code, "", 0, 15, None))

    (wire,) = trail.wires.values()
    assert (verdict, 20) == (wire.verdict, wire.back_ns - wire.out_ns)


def test_a_failed_request_is_told_as_it_was_judged() -> None:
    troubled = [trail for trail in trails() if trail.faults]

    assert troubled
    for trail in troubled:
        assert any(wire.verdict is not Verdict.DONE for wire in trail.wires.values())
        assert " of " in trail.faults[0].text


def test_a_gap_says_how_long_and_what_was_waited_for() -> None:
    waits = {
        entry.waited_for
        for trail in trails()
        for entry in trail.entries
        if entry.gap_ns and entry.waited_for
    }

    assert {"the venue", "the stream", "a backoff"} <= waits


def test_fills_and_moves_are_those_of_the_order_manager() -> None:
    filled = [trail for trail in trails() if trail.state is OrderState.FILLED]

    for trail in filled:
        order = trail.approved
        assert order is not None
        assert order.quantity in (None, trail.filled)
        assert trail.told.startswith("OrderFilled") or not trail.signal_id
        assert [OrderState.PENDING, OrderState.SUBMITTED] == [
            move.state for move in trail.moves[:2]
        ]


def test_a_signal_that_no_order_came_of_has_a_life_of_its_own() -> None:
    refused = [trail for trail in trails() if not trail.is_order]

    for trail in refused:
        assert "REFUSED" == trail.state_word
        assert trail.told.startswith("OrderRefused ")
        assert "SubmitSignal" == trail.entries[0].message


def test_a_step_that_raised_and_what_was_done_about_it_belong_to_the_order() -> None:
    answer = next(each for each in records() if b'"call_id":"cb1-1-e1#1"' in dumps(each.get("msg")))
    head = {key: answer[key] for key in ("actor", "gen", "from", "corr", "now", "msg", "id")}
    crash: Json = {**head, "seq": answer["seq"], "error": "ValueError", "text": "no"}
    message = CODEC.encode(ActorFailed(head["actor"], 1, head["id"], "x", "ValueError", "no"))
    told = {**head, "seq": 901, "actor": "supervisor", "id": f"{crash['seq']}.0", "msg": message}
    start = CODEC.encode(ActorStarted(2))
    restart = {**head, "seq": 902, "id": "901.0", "msg": start}
    later = {**head, "seq": 903, "id": "902.0", "msg": start}

    found = collected_from([*before(crash["seq"]), crash, told, restart, later])

    (trail,) = [each for each in found if each.name == "cb1-1-e1"]
    assert ["AttemptEnded", "ActorFailed", "ActorStarted"] == [
        each.message for each in trail.entries[-3:]
    ]
    assert ("ValueError: no", 902) == (trail.entries[-3].error, trail.entries[-1].sequence)


def test_an_order_that_the_record_ends_with_is_open() -> None:
    found = collected_from(before(first_intended() + 1))

    (trail,) = [each for each in found if each.is_order]

    assert trail.is_open
    assert OrderState.PENDING is trail.state
    assert "" == trail.reason


def first_intended() -> int:
    tag = f"order_manager/{OrderIntended.__name__}."
    sequences: list[int] = [
        record["seq"]
        for record in records()
        if any(fact["t"].startswith(tag) for fact in record.get("facts", ()))
    ]
    return sequences[0]


def test_where_the_first_records_are_gone_the_orders_of_the_snapshot_are_followed() -> None:
    step = next(
        each for each in replay(recorded_run(), client_id="cb1-1-e1") if each.state(OWNER).orders
    )
    state = {"gen": 1, "state": step.tree(step.state(OWNER))}
    snapshot = {
        "seq": step.sequence,
        "kind": "snapshot",
        "now": step.now_ns,
        "states": {OWNER: state},
    }
    (whole,) = [trail for trail in trails() if trail.name == "cb1-1-e1"]

    found = collected_from([snapshot, *(each for each in records() if each["seq"] > step.sequence)])

    (trail,) = [each for each in found if each.name == "cb1-1-e1"]
    assert (whole.state, whole.filled, whole.told) == (trail.state, trail.filled, trail.told)
    assert OrderState.PENDING is trail.moves[0].state
    assert [entry.sequence for entry in whole.entries if entry.sequence > step.sequence] == [
        entry.sequence for entry in trail.entries
    ]


def test_a_message_that_cannot_be_read_is_named_with_its_record() -> None:
    changed = [
        loads(dumps(each).replace(b"OrderIntended.v1", b"OrderIntended.v9")) for each in records()
    ]

    with pytest.raises(TravelRefused, match=r"record \d+, order_manager: .*OrderIntended"):
        collected_from(changed)


def test_ids_are_found_in_any_field_that_names_an_order_or_a_signal() -> None:
    body = dumps(
        {
            "call_id": "cb1-1-e1#2",
            "token": "cb1-1-e1",
            "signal_id": 'a "quoted" one\n',
            "facts": [{"venue_order_id": "17", "symbol": "cb1-9-e1"}],
        }
    )

    assert [
        ("call_id", "cb1-1-e1"),
        ("token", "cb1-1-e1"),
        ("signal_id", 'a "quoted" one\n'),
        ("venue_order_id", "17"),
    ] == [tuple(each) for each in mentions(body)]
    assert names_order(body, "cb1-1-e1")
    assert not names_order(body, "cb1-1-e")
    assert ("a", "a-b", "a#b") == tuple(map(order_of_call, ("a#1", "a-b?12", "a#b")))


def test_a_message_is_told_without_what_the_whole_life_says() -> None:
    message: Json = {
        "t": "AttemptEnded.v1",
        "client_order_id": "x",
        "status": 200,
        "code": 0,
        "result": {"t": "OrderEvidence.v1", "status": "NEW", "filled": "0"},
    }

    assert "status=200 OrderEvidence(status=NEW)" == message_text(message)
