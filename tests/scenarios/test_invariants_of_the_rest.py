"""Invariants: S8 to S14, the fold and the guards each find the violation planted for them."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors import names
from callboard.actors.position_facts import FillApplied
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.scenarios.invariants import VIOLATIONS_KEPT, Checker
from callboard.scenarios.surroundings import make_engine
from callboard.scenarios.venue.faults import Fault, ScriptedFault
from callboard.scenarios.workload import Workload
from support.checked import ALGO_ORDER, ORDER, SYMBOL, Stage, break_apply, entry


def test_s8_finds_a_fill_that_is_booked_twice_or_was_never_made() -> None:
    stage = Stage().begin()
    booked: list[FillApplied] = []
    look = stage.checker.on_step

    def remember(cell: Cell, envelope: Envelope) -> None:
        booked.extend(fact for fact in cell.context.facts if isinstance(fact, FillApplied))
        look(cell, envelope)

    stage.world.kernel.on_step = remember
    stage.enter()
    fill = booked[0].fill
    invented = evolve(fill, trade=evolve(fill.trade, trade_id="7"))
    for guard in stage.world.state(names.POSITION_MONITOR).guards.values():
        guard.booked.clear()
    stage.world.kernel.post(names.POSITION_MONITOR, fill)
    stage.world.kernel.post(names.POSITION_MONITOR, invented)
    stage.world.run_for(0.1)

    assert f"fill {fill.trade.trade_id} is booked twice" in stage.texts("S8")
    assert "fill 7 is not the venue's" in stage.texts("S8")


def test_s8_finds_a_fill_that_is_booked_as_it_was_not() -> None:
    stage = Stage().begin()

    def spoil(_state: Any, _fact: object) -> None:
        for fill in stage.world.venue.core.matching.fills.of(SYMBOL):
            object.__setattr__(fill, "quantity", Decimal("0.075"))

    break_apply(stage.world, names.ORDER_MANAGER, spoil)
    stage.enter()

    assert "booked as" in stage.texts("S8")


@pytest.mark.parametrize("quantity", ["0.0765", "0"])
def test_s9_finds_a_number_off_the_grid(quantity: str) -> None:
    stage = Stage().begin()

    stage.place("cb1-9-e1", quantity)

    assert f"quantity {quantity} is no plain multiple of 0.001" == stage.texts("S9")


def test_s10_finds_a_message_that_is_delivered_twice_or_comes_from_nowhere() -> None:
    stage = Stage().begin()
    seen: list[Envelope] = []
    look = stage.checker.on_step

    def remember(cell: Cell, envelope: Envelope) -> None:
        if cell.name == names.RISK_GATE and type(envelope.origin) is int:
            seen.append(envelope)
        look(cell, envelope)

    stage.world.kernel.on_step = remember
    stage.world.run_for(2)
    twice = seen[-1]
    stage.world.kernel.host.route(twice)
    stage.world.kernel.host.route(twice._replace(number=twice.number + 1_000))
    stage.world.run_for(0.1)

    assert f"message {twice.id} is delivered twice" in stage.texts("S10")
    assert "has no kept step behind it" in stage.texts("S10")


def test_s11_finds_a_placement_without_a_record() -> None:
    stage = Stage().begin()

    stage.place("cb1-9-e1")

    assert "cb1-9-e1: attempt in record None" in stage.texts("S11")


def test_s11_finds_an_order_that_a_start_does_not_know() -> None:
    stage = Stage().begin()
    stage.place("cb1-9-e1", type="LIMIT", price="2500.00", timeInForce="GTC")

    stage.world.crash()
    stage.world.start()

    assert "cb1-9-e1 is in no record" in stage.texts("S11")


def test_s12_finds_an_order_that_is_sent_again_blindly() -> None:
    lost = ScriptedFault("POST", ORDER, 1, Fault.REQUEST_LOST_BEFORE_EXECUTION)
    stage = Stage((lost,)).begin()

    stage.place("cb1-9-e1")
    stage.place("cb1-9-e1")

    assert "cb1-9-e1: resent while an earlier request is not answered" == stage.texts("S12")


@pytest.mark.parametrize(
    ("waited_s", "asked", "is_proven"),
    [
        (10, {ORDER: "origClientOrderId", ALGO_ORDER: "clientAlgoId"}, True),
        (0, {ORDER: "origClientOrderId", ALGO_ORDER: "clientAlgoId"}, False),
        (10, {ORDER: "origClientOrderId"}, False),
    ],
    ids=["both stores", "too early", "one store"],
)
def test_s12_takes_for_absent_what_both_stores_lack_after_its_last_chance(
    waited_s: int, asked: dict[str, str], *, is_proven: bool
) -> None:
    lost = ScriptedFault("POST", ORDER, 1, Fault.REQUEST_LOST_BEFORE_EXECUTION)
    stage = Stage((lost,)).begin()
    stage.place("cb1-9-e1")
    stage.world.run_for(waited_s)

    for path, key in asked.items():
        stage.send("GET", path, **{key: "cb1-9-e1"})
    stage.world.run_for(10)
    stage.place("cb1-9-e1")

    assert is_proven == ("S12" not in stage.found())


def test_what_proved_absent_may_not_arrive_after_the_clock_is_set_back() -> None:
    lost = ScriptedFault("POST", ORDER, 1, Fault.REQUEST_LOST_BEFORE_EXECUTION)
    stage = Stage((lost,)).begin()
    ground = stage.checker.ground
    stage.place("cb1-9-e1")
    (placement,) = ground.unsettled("cb1-9-e1")
    stage.world.run_for(10)

    stage.world.venue.core.moment.skew_ms -= 20_000
    may_arrive = ground.may_arrive(placement)
    stage.world.venue.core.moment.skew_ms += 20_000
    stage.send("GET", ORDER, origClientOrderId="cb1-9-e1")
    stage.send("GET", ALGO_ORDER, clientAlgoId="cb1-9-e1")
    stage.world.venue.core.moment.skew_ms -= 20_000

    assert may_arrive
    assert not ground.may_arrive(placement)
    assert [] == ground.unsettled("cb1-9-e1")


def test_s13_finds_what_grows_beyond_its_bound() -> None:
    stage = Stage().begin().enter()
    settings = stage.world.settings

    stage.world.settings = evolve(settings, signals_kept=0)
    stage.world.run_for(1)

    assert "1 finished signals, the bound is 0" in stage.texts("S13")


def test_s14_finds_a_message_that_is_lost() -> None:
    stage = Stage().begin()

    stage.world.kernel.counts.sent += 1
    stage.world.run_for(0.5)

    assert "sent" in stage.texts("S14")


def test_the_fold_finds_a_state_that_no_fact_explains() -> None:
    stage = Stage().begin()

    stage.world.state(names.ORDER_QUEUE).offset_ns += 1
    stage.enter()

    assert "order_queue: offset_ns folds to" in stage.texts("F")
    assert ["F"] == stage.found()


def test_p_finds_a_position_without_a_stop_and_without_an_alarm() -> None:
    lost = ScriptedFault("POST", ALGO_ORDER, 1, Fault.REQUEST_LOST_BEFORE_EXECUTION)
    stage = Stage((lost,)).begin()
    settings = stage.world.settings
    strict = evolve(settings.protection, unprotected_ms_max=0)

    stage.world.settings = evolve(settings, protection=strict)
    stage.enter()

    assert "ETHUSDT/BOTH has no stop for" in stage.texts("P")


def test_p_finds_stops_that_pile_up() -> None:
    stage = Stage().begin().enter()

    for number in range(9):
        stage.send(
            "POST",
            ALGO_ORDER,
            algoType="CONDITIONAL",
            side="SELL",
            type="STOP_MARKET",
            quantity="0.001",
            reduceOnly="true",
            triggerPrice="2500.00",
            clientAlgoId=f"cb9-9-s{number}",
        )

    assert "7 conditional orders of ETHUSDT wait" in stage.texts("P")


def test_the_first_violations_are_kept_and_all_are_counted() -> None:
    stage = Stage()

    for number in range(VIOLATIONS_KEPT + 5):
        stage.checker.report("S0", str(number))

    assert VIOLATIONS_KEPT + 5 == stage.checker.count
    assert [str(n) for n in range(VIOLATIONS_KEPT)] == [v.text for v in stage.checker.violations]


def test_a_violation_says_which_invariant_when_and_where() -> None:
    stage = Stage()

    stage.checker.report("S1", "two orders")

    assert ["S1 at 1700000000000000000 ns, record 0: two orders"] == [
        str(each) for each in stage.checker.violations
    ]


def test_a_checker_changes_nothing() -> None:
    heads: list[str] = []
    for is_watched in (True, False):
        world = make_engine(Workload(1, turbulence_ticks=1))
        if is_watched:
            Checker(world, is_thorough=True)
        world.start()
        world.tell(entry("s1"))
        world.run_for(10)
        heads.append(str(world.kernel.chain.head))

    assert heads[0] == heads[1]
