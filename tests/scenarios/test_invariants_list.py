"""Invariants: the list in `docs/invariants.md` is the code's, and each can fail."""

import re
from pathlib import Path

import pytest
from attrs import evolve

from callboard.actors import names
from callboard.actors.reconciler_facts import PassDue
from callboard.messages.values import OrderState
from callboard.scenarios import convergence, simulation
from callboard.scenarios.checks.machinery import StateIsFold
from callboard.scenarios.checks.views import DRIFT_NS, ViewsAgree
from callboard.scenarios.convergence import stop_faults, unconverged
from callboard.scenarios.invariants import CHECKS
from support.checked import ALGO_ORDER, SYMBOL, Stage
from support.planted import PLANTED

DOCS = Path(__file__).parents[2] / "docs" / "invariants.md"
ROW = re.compile(r"\| (\w+) \| .+ \| (.+) \|")
CLASSES = {each.__name__: each for each in (*CHECKS, StateIsFold)}
LISTS = (("S", 15), ("L", 7), ("D", 15))
NAMES = [f"{letter}{number}" for letter, count in LISTS for number in range(1, count + 1)]


def rows() -> dict[str, list[str]]:
    """Return what checks each invariant, by its name."""
    found = map(ROW.fullmatch, DOCS.read_text().splitlines())
    return {row[1]: re.findall(r"`(\w+)`", row[2]) for row in found if row is not None}


def test_every_invariant_of_the_lists_stands_in_the_table_with_who_checks_it() -> None:
    assert sorted([*NAMES, "F", "P"]) == sorted(rows())
    assert [] == [name for name, checks in rows().items() if not checks]


def test_the_table_names_what_there_is_and_nothing_else() -> None:
    told = {check for checks in rows().values() for check in checks}

    others = told - set(CLASSES)

    assert [] == sorted(set(CLASSES) - told)
    assert [] == [each for each in others if not hasattr(convergence, each) | is_loop(each)]


def is_loop(name: str) -> bool:
    """True for what the simulation itself watches."""
    return hasattr(simulation, name)


@pytest.mark.parametrize("name", CLASSES)
def test_a_check_stands_in_the_row_of_its_own_name(name: str) -> None:
    own = getattr(CLASSES[name], "name")  # noqa: B009 - the protocol has no name

    assert name in rows()[own]


def test_every_check_is_seen_failing_somewhere() -> None:
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_invariants*.py"))
    seen = {found.upper() for found in re.findall(r"def test_([sldp]\d*)_finds", tests)}
    seen |= {planted.found_by for planted in PLANTED} | {"F"}

    own = {getattr(each, "name") for each in CLASSES.values()}  # noqa: B009

    assert [] == sorted({*own, "L1", "L3", "L4", "L5", "L7"} - seen)


def test_l1_finds_a_signal_without_an_end() -> None:
    stage = Stage().begin().enter()

    intake = stage.world.state(names.EXECUTION_SYSTEM)
    intake.finished["s7"] = "FILLED"

    assert "L1: s7 ended as FILLED and nobody was told" in owed(stage)


def test_l3_finds_an_order_that_is_still_unknown() -> None:
    stage = Stage().begin().enter("s1", "2590.00")

    for order in stage.world.state(names.ORDER_MANAGER).orders.values():
        order.state = OrderState.UNKNOWN

    assert "L3: cb1-1-e1 is UNKNOWN" in owed(stage)


def test_l4_finds_a_stream_that_is_in_doubt() -> None:
    stage = Stage().begin()

    stage.world.state(names.USER_STREAM).healthy = False

    assert "L4: the user stream is not backfilled" in owed(stage)


def test_l4_finds_a_pause_that_is_not_over() -> None:
    stage = Stage().begin()
    settled = owed(stage)

    now_ms = stage.world.simulation.now_ns // 1_000_000
    stage.world.state(names.RATE_LIMITER).budgets.banned_until_ms = now_ms + 1

    text = "L4: a pause, a ban or an outage keeps requests back"
    assert text not in settled
    assert text in owed(stage)


def test_l5_finds_a_comparison_that_is_owed() -> None:
    stage = Stage().begin()

    stage.world.state(names.RECONCILER).owed = True

    assert "L5: the reconciler owes True, differs in ()" in owed(stage)


def test_l7_finds_a_journal_that_is_not_sealed() -> None:
    stage = Stage().begin().enter()
    life = stage.world.life
    assert life is not None

    life.journal = None
    left = stop_faults(stage.world)

    assert ["L7: the journal's last segment is not sealed"] == left


def test_an_engine_that_stops_in_order_owes_nothing() -> None:
    stage = Stage().begin().enter()

    assert [] == stop_faults(stage.world)


def test_s15_finds_an_order_in_the_name_of_another_start() -> None:
    stage = Stage().begin()

    stage.place("cb9-9-e1")

    assert "cb9-9-e1 is new in generation 1" in stage.texts("S15")


def test_d7_finds_a_position_that_is_another_at_the_venue_for_long() -> None:
    stage = Stage().begin().enter()
    guard = stage.world.state(names.POSITION_MONITOR).guards[f"{SYMBOL}/BOTH"]
    views = ViewsAgree(stage.checker.ground)

    guard.position = evolve(guard.position, quantity=2 * guard.position.quantity)
    views.on_quiet()
    stage.world.simulation.now_ns += DRIFT_NS + 1
    views.on_quiet()

    assert f"{SYMBOL}/BOTH is" in stage.texts("D7")


def test_d14_finds_cancels_without_number() -> None:
    stage = Stage(kept_max=1_000).begin()

    for _ in range(41):
        stage.send("DELETE", ALGO_ORDER, clientAlgoId="cb1-p1-s1")

    assert "cb1-p1-s1 is cancelled more than 40 times in a minute" in stage.texts("D14")


def test_d15_finds_an_actor_that_fails_on_a_message() -> None:
    stage = Stage().begin()

    stage.world.kernel.post(names.RISK_GATE, PassDue())
    stage.world.run_for(1)

    assert "risk_gate failed on PassDue: AssertionError" in stage.texts("D15")


def owed(stage: Stage) -> list[str]:
    """Return what is not settled."""
    return unconverged(stage.world, stage.checker.ground, {"s1": None})
