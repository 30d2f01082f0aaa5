"""Test of another engine: a second one on our account, elsewhere, stops our entries."""

from callboard.actors import names
from callboard.messages.events import AlertRaised, OrderFilled, OrderRefused
from callboard.messages.intake import ResumeTrading
from callboard.messages.values import TradingState
from support.checked import Stage, close


def alerts(stage: Stage) -> list[str]:
    """Return the subjects of the alerts about another engine."""
    raised = [event for event in stage.events if isinstance(event, AlertRaised)]
    return [alert.subject for alert in raised if alert.alert == "another_engine"]


def outcomes(stage: Stage) -> list[tuple[str, str]]:
    """Return how signals ended."""
    ended = [event for event in stage.events if isinstance(event, OrderFilled | OrderRefused)]
    return [(type(event).__name__, event.signal_id) for event in ended]


def test_another_engine_stops_entries_and_no_exit_until_a_person_resumes() -> None:
    stage = Stage().begin().enter("s1")

    stage.place("cb2-1-e1", "0.010")
    stage.enter("s2")
    stage.world.tell(close("s3"))
    stage.world.run_for(5)

    assert ["cb2-1-e1"] == alerts(stage)
    assert [("OrderFilled", "s1"), ("OrderRefused", "s2"), ("OrderFilled", "s3")] == outcomes(stage)


def test_what_stopped_entries_is_told_once_and_stays_stopped_over_a_restart() -> None:
    stage = Stage().begin()
    stage.place("cb2-1-e1", "0.010", side="SELL")

    stage.world.crash()
    stage.world.start()
    stage.world.run_for(30)
    stage.enter("s1")

    assert ["cb2-1-e1"] == alerts(stage)
    assert [("OrderRefused", "s1")] == outcomes(stage)


def test_an_order_of_our_own_earlier_start_stops_nothing() -> None:
    stage = Stage().begin().enter("s1", "2500")

    stage.world.crash()
    stage.world.start()
    stage.world.run_for(30)

    assert [] == alerts(stage)
    assert TradingState.ACTIVE == stage.world.state(names.CIRCUIT_BREAKER).state


def test_a_person_may_go_on_beside_another_engine() -> None:
    stage = Stage().begin()
    stage.place("cb2-1-e1", "0.010")
    stage.send("POST", "/fapi/v1/order", side="SELL", type="MARKET", quantity="0.010")

    stage.world.tell(ResumeTrading("r1", "the other one is stopped", ("one",)))
    stage.world.run_for(30)
    stage.enter("s1")

    assert [("OrderFilled", "s1")] == outcomes(stage)
