"""Planned trouble: it comes at its time, to its place, and to nothing else."""

from decimal import Decimal

from callboard.messages.values import SignalType
from callboard.scenarios.chaos import Run
from callboard.scenarios.planned import Incident, ManualRequest, PlannedFault, PriceMove
from callboard.scenarios.running.moved_market import MovedMarket
from callboard.scenarios.venue.faults import Fault
from callboard.scenarios.venue.market import Depth, Mark, MarketEvent, Quote, Trade
from callboard.scenarios.workload import START_NS, Signal, Workload

ETH, BTC = "ETHUSDT", "BTCUSDT"
SECOND_NS = 1_000_000_000
LONG = Signal(5_000, SignalType.LONG_ENTRY)


class Listed:
    """A market of listed events."""

    def __init__(self, *events: MarketEvent) -> None:
        self.events = list(events)

    def next_at_ns(self) -> int | None:
        return self.events[0].at_ns if self.events else None

    def advance(self, now_ns: int) -> list[MarketEvent]:
        due = [event for event in self.events if event.at_ns <= now_ns]
        self.events = self.events[len(due) :]
        return due


def moved(*events: MarketEvent) -> list[MarketEvent]:
    """Return events that were moved by 1 % of 100 over ten seconds, from second 10 on."""
    move = PriceMove(10_000, 100, ETH, over_ms=10_000)
    ticks = {ETH: Decimal("0.01"), BTC: Decimal("0.1")}
    starts = {ETH: Decimal(100), BTC: Decimal(1_000)}
    return list(MovedMarket(Listed(*events), (move,), 0, starts, ticks=ticks).advance(10**18))


def run_of(workload: Workload) -> Run:
    run = Run(workload, is_thorough=False)
    report = run.run()
    assert report.is_clean, str(report)
    return run


def counts_of(run: Run) -> dict[Fault, int]:
    return {fault: count for fault, count in run.engine.venue.fault_counts.items() if count}


def test_a_move_is_even_over_its_time_and_stays_on_the_tick() -> None:
    marks = [Mark(ETH, second * SECOND_NS, Decimal("50.00")) for second in (9, 10, 13, 20, 60)]

    assert ["50.00", "50.00", "50.30", "51.00", "51.00"] == [
        str(event.price) for event in moved(*marks) if isinstance(event, Mark)
    ]


def test_every_price_of_the_symbol_moves_and_no_other() -> None:
    late, one = 30 * SECOND_NS, Decimal(1)
    kept = (Mark(BTC, late, one), Depth(ETH, late, ((one, one),), ()))

    assert [
        Quote(ETH, late, Decimal(2), one, Decimal(3), one),
        Trade(ETH, late, Decimal(2), one, True),
        *kept,
    ] == moved(Quote(ETH, late, one, one, Decimal(2), one), Trade(ETH, late, one, one, True), *kept)


def test_a_fall_below_nothing_ends_at_one_tick() -> None:
    move = PriceMove(0, -20_000, ETH)
    tick, one = Decimal("0.01"), Decimal(1)
    events = (Quote(ETH, 5, one, one, one + tick, one), Mark(ETH, 5, one))

    market = MovedMarket(Listed(*events), (move,), 0, {ETH: Decimal(100)}, ticks={ETH: tick})

    fallen = [Quote(ETH, 5, tick, one, 2 * tick, one), Mark(ETH, 5, tick)]
    assert fallen == list(market.advance(5))


def test_a_planned_fault_hits_as_many_requests_as_it_says_from_its_time_on() -> None:
    late = PlannedFault(Fault.HTTP_503_SERVICE_UNAVAILABLE, "order", at_ms=4_000, times=2)
    early = PlannedFault(Fault.CONNECTION_REFUSED, "filters")

    run = run_of(Workload(1, duration_ms=20_000, signals=(LONG,), planned_faults=(late, early)))

    assert {
        Fault.HTTP_503_SERVICE_UNAVAILABLE: 2,
        Fault.CONNECTION_REFUSED: 1,
    } == counts_of(run)


def test_what_was_planned_and_has_not_come_is_over_when_the_engine_shall_heal() -> None:
    planned = PlannedFault(Fault.CONNECTION_RESET, "order", at_ms=1_000, times=500)

    assert {} == counts_of(run_of(Workload(1, duration_ms=10_000, planned_faults=(planned,))))


def test_an_incident_befalls_the_symbol_that_it_names() -> None:
    incident = Incident(6_000, Fault.FILTERS_CHANGED, BTC)

    run = run_of(Workload(1, duration_ms=10_000, incidents=(incident,)))

    rules = run.engine.venue.core.rules
    assert (Decimal("1.00"), Decimal("0.01")) == (rules(BTC).tick, rules(ETH).tick)
    assert {Fault.FILTERS_CHANGED: 1} == counts_of(run)


def test_a_person_acts_at_the_venue_and_is_told_when_it_refuses() -> None:
    leverage = "POST /fapi/v1/leverage symbol=ETHUSDT leverage="
    requests = tuple(ManualRequest(6_000, leverage + figure) for figure in ("5", "500"))

    run = run_of(Workload(1, duration_ms=10_000, manual_requests=requests))

    assert 5 == run.engine.venue.core.account.leverage[ETH]
    assert [f"{leverage}500: refused with -4028"] == run.refused_by_hand


def test_planned_trouble_leaves_the_drawn_market_as_it_was() -> None:
    plain = run_of(Workload(3, duration_ms=10_000))
    other = run_of(Workload(3, duration_ms=10_000, price_moves=(PriceMove(5_000, 50, BTC),)))

    last = [run.engine.venue.core.books[ETH].mark_price for run in (plain, other)]
    assert last[0] == last[1]
    assert START_NS < plain.engine.simulation.now_ns
