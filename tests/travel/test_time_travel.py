"""Time travel: a recorded run is iterated with its messages, facts, effects and states."""

import decimal
import itertools
from pathlib import Path

import pytest

from callboard import EffectKind, TravelRefused, replay
from callboard.actors.adapters.journal_commands import open_journal
from callboard.actors.adapters.travel.survey import place_to_begin_at, survey
from callboard.actors.order_facts import OrderIntended
from callboard.actors.runtime.segment import remove_segments
from callboard.messages.intake import SubmitSignal
from callboard.messages.orders import ApprovedOrder
from callboard.messages.values import OrderState
from support.runs import changed_copy, pinned, recorded_run, tighter


def first_order() -> str:
    records = replay(recorded_run(), actor="order_manager")
    facts = (fact for record in records for fact in record.facts)
    return next(fact.approved.client_order_id for fact in facts if isinstance(fact, OrderIntended))


def test_every_record_is_yielded_once_and_in_order() -> None:
    last = survey(open_journal(recorded_run())).last

    sequences = [record.sequence for record in replay(recorded_run())]

    assert list(range(1, last + 1)) == sequences


def test_a_record_tells_its_message_facts_and_effects_as_their_classes() -> None:
    records = replay(recorded_run(), actor="order_manager")

    record = next(each for each in records if isinstance(each.message, ApprovedOrder))

    (fact,) = record.facts
    (effect,) = record.effects
    assert fact == OrderIntended(record.message, record.now_ns, fact.deadline_ms)
    assert (EffectKind.TELL, "order_queue") == (effect.kind, effect.to)
    assert record.message.client_order_id == effect.message.client_order_id
    assert ("risk_gate", None, "") == (record.sender, record.divergence, record.error)


def test_a_state_is_that_of_its_record_whenever_it_is_asked_for() -> None:
    client_id = first_order()
    records = list(replay(recorded_run(), actor="order_manager", client_id=client_id))

    lives = [
        (record.state_before().find(client_id), record.state().find(client_id))
        for record in records
    ]

    assert lives[0][0] is None
    assert OrderState.PENDING is lives[0][1].state
    assert OrderState.FILLED is lives[-1][1].state
    for (_, after), (before, _) in itertools.pairwise(lives):
        assert after.state is before.state


def test_the_state_of_any_other_actor_can_be_asked_for() -> None:
    record = next(iter(replay(recorded_run(), actor="execution_system", since=400)))

    assert record.state("risk_gate") == record.state_before("risk_gate")
    with pytest.raises(KeyError):
        record.state("printer")


def test_what_lies_before_is_taken_from_a_snapshot_and_gives_the_same_state() -> None:
    last = survey(open_journal(recorded_run())).last
    whole = list(replay(recorded_run(), actor="order_manager"))[-1]

    late = list(replay(recorded_run(), since=last - 200, actor="order_manager"))

    segment, snapshot = place_to_begin_at(open_journal(recorded_run()), last - 200)
    assert segment > 1
    assert 0 < snapshot < last - 200
    assert whole.sequence == late[-1].sequence
    assert whole.tree(whole.state()) == late[-1].tree(late[-1].state())


def test_records_are_filtered_by_sequence_actor_and_order() -> None:
    client_id = first_order()

    part = [record.sequence for record in replay(recorded_run(), since=10, until=19)]
    about = list(replay(recorded_run(), client_id=client_id))
    of_gate = {record.actor for record in replay(recorded_run(), actor="risk_gate", until=300)}

    assert list(range(10, 20)) == part
    assert {"risk_gate"} == of_gate
    assert {"risk_gate", "order_queue", "rate_limiter", "order_manager"} <= {
        record.actor for record in about
    }
    assert all(client_id in str(record.recorded) for record in about)


def test_a_record_that_today_comes_out_otherwise_carries_the_divergence(tmp_path: Path) -> None:
    folder = changed_copy(tmp_path, tighter, names="*.manifest.json")

    found = [record for record in replay(folder) if record.divergence is not None]

    assert found
    assert "stop_loss" in found[0].divergences[0].field
    assert found[0].sequence == found[0].divergences[0].sequence


def test_records_before_the_first_known_state_are_passed_over(tmp_path: Path) -> None:
    folder = changed_copy(tmp_path, bytes, names="none")
    remove_segments(open_journal(folder), (1,))

    first = next(iter(replay(folder)))

    assert first.is_snapshot
    assert (None, (), ()) == (first.message, first.facts, first.effects)
    assert first.sequence > survey(open_journal(folder)).first


def test_the_consumer_keeps_its_own_decimal_context() -> None:
    with decimal.localcontext(prec=5):
        for _record in replay(recorded_run(), until=5):
            assert 5 == decimal.getcontext().prec


def test_what_cannot_be_looked_at_is_refused_before_the_first_record(tmp_path: Path) -> None:
    folder = changed_copy(tmp_path, pinned, names="*.manifest.json")

    with pytest.raises(TravelRefused, match="this log is pinned"):
        replay(folder, until=10)
    with pytest.raises(TravelRefused, match="past the end: the journal ends with"):
        replay(recorded_run(), until=10**9)
    with pytest.raises(TravelRefused, match="no actor of this journal; near: order_queue"):
        replay(recorded_run(), actor="order_qeue")
    with pytest.raises(TravelRefused, match="there are supervisor, venue_clock"):
        replay(recorded_run(), actor="xyz")


def test_a_signal_is_among_what_the_host_said() -> None:
    messages = [record.message for record in replay(recorded_run(), actor="execution_system")]

    assert 6 == sum(isinstance(message, SubmitSignal) for message in messages)
