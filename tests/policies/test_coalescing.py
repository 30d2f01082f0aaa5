"""Test of coalescing: few quotes told, none of the last lost, no older one over a newer."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.coalescing import Coalesced, after_telling, is_due, observe
from callboard.messages.market import QuoteObserved

INTERVAL_NS = 250
MOVE_BPS = Decimal(5)
ZERO = Decimal(0)


def book(bid: int, ask: int, at_ms: int) -> QuoteObserved:
    return QuoteObserved("BTCUSDT", Decimal(bid), Decimal(ask), ZERO, at_ms)


def mark(price: int, at_ms: int) -> QuoteObserved:
    return QuoteObserved("BTCUSDT", ZERO, ZERO, Decimal(price), at_ms)


def due(known: Coalesced, now_ns: int) -> bool:
    return is_due(known, now_ns=now_ns, interval_ns=INTERVAL_NS, move_bps=MOVE_BPS)


def test_the_first_quote_is_due() -> None:
    assert due(observe(None, book(10_000, 10_001, 1)), 0)


def test_nothing_new_is_never_due() -> None:
    known = after_telling(observe(None, book(10_000, 10_001, 1)), 0)

    assert not due(known, 10 * INTERVAL_NS)


def test_a_small_move_is_due_when_the_interval_is_over() -> None:
    known = after_telling(observe(None, book(10_000, 10_001, 1)), 0)
    known = observe(known, book(10_001, 10_002, 2))

    assert [False, True] == [due(known, INTERVAL_NS - 1), due(known, INTERVAL_NS)]


def test_the_interval_is_counted_from_what_was_told_last() -> None:
    known = after_telling(observe(None, book(10_000, 10_001, 1)), 5 * INTERVAL_NS)
    known = observe(known, book(10_001, 10_002, 2))

    assert [False, True] == [due(known, 6 * INTERVAL_NS - 1), due(known, 6 * INTERVAL_NS)]
    assert "BTCUSDT" == known.latest.symbol


def test_half_a_book_says_nothing() -> None:
    known = observe(observe(None, book(10_000, 10_001, 1)), mark(9_999, 1))

    assert known == observe(observe(known, book(0, 10_005, 2)), book(9_990, 0, 3))


def test_an_older_mark_replaces_no_newer_one() -> None:
    known = observe(observe(None, book(10_000, 10_001, 1)), mark(9_999, 5))

    assert known == observe(known, mark(9_000, 4))


def test_a_move_of_the_bid_by_the_bound_is_due_at_once() -> None:
    known = after_telling(observe(None, book(10_000, 10_001, 1)), 0)

    assert due(observe(known, book(10_005, 10_006, 2)), 1)


def test_the_first_mark_is_due_at_once() -> None:
    known = after_telling(observe(None, book(10_000, 10_001, 1)), 0)

    assert due(observe(known, mark(10_000, 2)), 1)


def test_an_older_book_replaces_no_newer_one() -> None:
    known = observe(None, book(10_000, 10_001, 5))

    assert known == observe(known, book(9_000, 9_001, 4))


def test_a_mark_older_than_the_book_still_counts_for_its_half() -> None:
    known = observe(observe(None, book(10_000, 10_001, 5)), mark(9_999, 4))

    assert (Decimal(9_999), 5) == (known.latest.mark, known.latest.at_ms)


def test_a_frame_of_zeros_says_nothing() -> None:
    assert not observe(None, book(0, 0, 1)).is_pending


HALVES = st.one_of(
    st.builds(book, st.integers(1, 20_000), st.integers(1, 20_000), st.integers(0, 50)),
    st.builds(mark, st.integers(1, 20_000), st.integers(0, 50)),
)
STEPS = st.lists(st.tuples(st.integers(0, 400), HALVES), min_size=1, max_size=40)


@given(STEPS)
def test_what_was_told_last_differs_from_the_newest_only_within_bound_and_interval(
    steps: list[tuple[int, QuoteObserved]],
) -> None:
    known: Coalesced | None = None
    now_ns = 0
    for wait_ns, half in steps:
        now_ns += wait_ns
        known = observe(known, half)
        if due(known, now_ns):
            known = after_telling(known, now_ns)

    assert known is not None
    told = known.told
    assert told is not None
    if known.is_pending:
        assert now_ns - known.told_at_ns < INTERVAL_NS
        assert abs(known.latest.bid - told.bid) * 10_000 < MOVE_BPS * max(told.bid, Decimal(1))


@given(STEPS)
def test_the_newest_of_each_half_stands(steps: list[tuple[int, QuoteObserved]]) -> None:
    known: Coalesced | None = None
    for _, half in steps:
        known = observe(known, half)

    assert known is not None
    books = [half for _, half in steps if half.bid > ZERO]
    newest = max((half.at_ms for half in books), default=0)
    assert newest == known.book_at_ms
    if books:
        last = [half for half in books if half.at_ms == newest][-1]
        assert (last.bid, last.ask) == (known.latest.bid, known.latest.ask)
