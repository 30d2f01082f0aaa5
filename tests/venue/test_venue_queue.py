"""Queue of resting orders at the venue: who stands ahead, and when an order's turn comes."""

from decimal import Decimal

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from callboard.scenarios.venue.market import Depth, DepthShape, Level, Quote
from callboard.scenarios.venue.queue_places import QueueLevel
from callboard.scenarios.venue.settings import QueueModel, VenueSettings
from venue_world import ORDER, VenueWorld, limit_order

HALF = Decimal("0.5")


def opened(
    model: QueueModel = QueueModel.QUEUE, *, cancels_ahead: str = "0", keeps: bool = False
) -> VenueWorld:
    """Return a venue that quotes 10 at 2600.00 and 10 at 2600.10."""
    world = VenueWorld(
        VenueSettings(
            queue_model=model,
            queue_cancels_ahead=Decimal(cancels_ahead),
            amendment_keeps_place=keeps,
        )
    )
    world.quote("2600.00", "2600.10", quantity="10")
    world.mark("2600.05")
    return world


@pytest.fixture
def world() -> VenueWorld:
    return opened()


def buy(world: VenueWorld, name: str, quantity: str = "2", price: str = "2600.00") -> None:
    world.done("POST", ORDER, **limit_order("BUY", quantity, price, name))


def sold(world: VenueWorld, quantity: str, price: str = "2600.00") -> None:
    """Let others sell into the bids."""
    world.trade(price, quantity, is_buyer_maker=True)


def bids(world: VenueWorld, quantity: str, price: str = "2600.00") -> None:
    """Let the best bid show another quantity."""
    ask = Decimal("2600.10")
    world.say(Quote("ETHUSDT", world.now_ns, Decimal(price), Decimal(quantity), ask, Decimal(10)))


def filled(world: VenueWorld) -> list[tuple[str, Decimal]]:
    return [(fill.client_order_id, fill.quantity) for fill in world.venue.ledger().fills]


def test_an_order_fills_after_what_stood_ahead_of_it(world: VenueWorld) -> None:
    buy(world, "a")

    sold(world, "9")
    assert [] == filled(world)
    sold(world, "1.5")
    sold(world, "5")

    assert [("a", HALF), ("a", Decimal("1.5"))] == filled(world)


def test_an_order_at_a_new_best_price_is_first_in_line(world: VenueWorld) -> None:
    buy(world, "a", price="2600.05")

    sold(world, "1", "2600.05")

    assert [("a", Decimal(1))] == filled(world)


def test_what_joins_behind_an_order_waits_behind_it(world: VenueWorld) -> None:
    buy(world, "first")
    sold(world, "4")
    bids(world, "30")
    buy(world, "second")

    sold(world, "8")
    assert [("first", Decimal(2))] == filled(world)
    sold(world, "23")
    assert [("first", Decimal(2))] == filled(world)

    sold(world, "3")

    assert [("first", Decimal(2)), ("second", Decimal(2))] == filled(world)


def test_a_print_beyond_the_price_fills_whoever_stands_ahead(world: VenueWorld) -> None:
    buy(world, "a")
    buy(world, "b", price="2599.95")

    sold(world, "3", "2599.90")

    assert [("a", Decimal(2)), ("b", Decimal(1))] == filled(world)


def test_a_quote_through_the_price_fills_whoever_stands_ahead(world: VenueWorld) -> None:
    buy(world, "a")

    world.quote("2599.80", "2599.90", quantity="5")

    assert [("a", Decimal(2))] == filled(world)


def test_others_cancel_behind_us_until_less_is_shown_than_stood_ahead(world: VenueWorld) -> None:
    buy(world, "a")
    bids(world, "25")

    bids(world, "10")
    sold(world, "9")
    assert [] == filled(world)
    bids(world, "0.5")

    sold(world, "1")

    assert [("a", HALF)] == filled(world)


def test_a_share_of_what_others_cancel_was_ahead_where_the_setting_says_so() -> None:
    world = opened(cancels_ahead="0.5")
    buy(world, "a")
    bids(world, "30")

    bids(world, "20")
    sold(world, "6")

    assert [("a", Decimal(1))] == filled(world)


def test_a_decrease_that_a_print_explains_is_no_cancellation() -> None:
    world = opened(cancels_ahead="1")
    buy(world, "a")
    sold(world, "4")

    bids(world, "6")
    sold(world, "6.5")

    assert [("a", HALF)] == filled(world)


def test_nobody_stands_ahead_once_the_market_has_left_the_price(world: VenueWorld) -> None:
    buy(world, "a")
    bids(world, "40", "2599.00")
    bids(world, "50")

    sold(world, "1")

    assert [("a", Decimal(1))] == filled(world)


def test_an_order_deeper_than_the_known_book_waits_behind_what_is_shown_first(
    world: VenueWorld,
) -> None:
    buy(world, "a", price="2599.00")

    sold(world, "99", "2599.00")
    assert [] == filled(world)
    bids(world, "7", "2599.00")
    sold(world, "8", "2599.00")

    assert [("a", Decimal(1))] == filled(world)


def test_an_even_depth_tells_what_stands_ahead_behind_the_touch() -> None:
    world = opened()
    shape = DepthShape(3, Decimal("0.10"), Decimal(4))
    ten = Decimal(10)
    world.say(Quote("ETHUSDT", world.now_ns, Decimal(2600), ten, Decimal("2600.10"), ten, shape))
    book = world.venue.core.books["ETHUSDT"]

    shown = [
        book.shown_at(Decimal(price), is_buy=True)
        for price in ("2600.05", "2600.00", "2599.95", "2599.90", "2599.80", "2599.70")
    ]

    assert [0, 10, 0, 4, 4, None] == shown


def levels(*pairs: tuple[str, str]) -> tuple[Level, ...]:
    return tuple((Decimal(price), Decimal(quantity)) for price, quantity in pairs)


def test_changed_levels_of_an_l2_book_move_the_queue() -> None:
    world = VenueWorld(VenueSettings(queue_model=QueueModel.QUEUE))
    asks = levels(("2601", "5"))
    full = levels(("2600", "5"), ("2599", "8"), ("2598", "6"))
    world.say(Depth("ETHUSDT", world.now_ns, full, asks, is_snapshot=True))
    buy(world, "touch", price="2600")
    buy(world, "deep", price="2599")

    world.say(Depth("ETHUSDT", world.now_ns, levels(("2600", "1"), ("2599", "0.5")), ()))
    sold(world, "2", "2600")
    world.say(Depth("ETHUSDT", world.now_ns, levels(("2600", "0")), ()))
    sold(world, "3", "2600")
    sold(world, "2", "2599")

    assert [("touch", Decimal(1)), ("touch", Decimal(1)), ("deep", Decimal("1.5"))] == filled(world)


def test_a_fresh_snapshot_moves_every_queue() -> None:
    world = VenueWorld(VenueSettings(queue_model=QueueModel.QUEUE))
    asks = levels(("2601", "5"))
    full = levels(("2600", "5"), ("2599", "8"), ("2598", "6"))
    world.say(Depth("ETHUSDT", world.now_ns, full, asks, is_snapshot=True))
    buy(world, "a", price="2599")

    less = levels(("2600", "5"), ("2599", "1"), ("2598", "6"))
    world.say(Depth("ETHUSDT", world.now_ns, less, asks, is_snapshot=True))
    sold(world, "1.5", "2599")

    assert [("a", HALF)] == filled(world)


def test_an_own_order_is_met_after_what_stands_ahead_of_it(world: VenueWorld) -> None:
    buy(world, "maker")

    taker = limit_order("SELL", "11", "2600.00", "taker", selfTradePreventionMode="NONE")
    world.done("POST", ORDER, **taker)

    expected = [("taker", Decimal(10)), ("maker", Decimal(1)), ("taker", Decimal(1))]
    assert expected == filled(world)
    sold(world, "1")
    assert ("maker", Decimal(1)) == filled(world)[-1]


def test_what_we_take_ourselves_brings_our_resting_order_nearer(world: VenueWorld) -> None:
    buy(world, "maker")
    order = limit_order("SELL", "6", "2600.00", "taker", selfTradePreventionMode="NONE")
    world.done("POST", ORDER, **order)

    sold(world, "5")

    assert ("maker", Decimal(1)) == filled(world)[-1]


def test_every_amendment_loses_the_place_as_binance_documents(world: VenueWorld) -> None:
    buy(world, "a", "3")
    sold(world, "9")
    amend(world, "2")

    sold(world, "5")

    assert [] == filled(world)


def test_a_smaller_order_keeps_its_place_where_the_setting_says_so() -> None:
    world = opened(keeps=True)
    buy(world, "a", "3")
    sold(world, "9")
    amend(world, "2")
    held = world.venue.core.account.held_margin["ETHUSDT"]

    sold(world, "5")

    assert [("a", Decimal(2))] == filled(world)
    assert Decimal(2) * 2600 / 20 == held
    assert 0 == world.venue.core.account.held_margin["ETHUSDT"]


@pytest.mark.parametrize(("quantity", "price"), [("4", "2600.00"), ("2", "2599.90")])
def test_a_larger_order_or_another_price_always_loses_the_place(quantity: str, price: str) -> None:
    world = opened(keeps=True)
    buy(world, "a", "3")
    buy(world, "b", "3")
    sold(world, "10")
    amend(world, quantity, price)

    sold(world, "1")

    assert [("b", Decimal(1))] == filled(world)


def amend(world: VenueWorld, quantity: str, price: str = "2600.00") -> None:
    """Amend the order `a`."""
    world.done("PUT", ORDER, symbol="ETHUSDT", side="BUY", origClientOrderId="a",
               quantity=quantity, price=price)  # fmt: skip


@pytest.mark.parametrize(
    ("model", "fills"),
    [(QueueModel.TOUCH, [("a", Decimal(1))]), (QueueModel.QUEUE, []), (QueueModel.BEYOND, [])],
)
def test_the_models_differ_at_the_price_itself(
    model: QueueModel, fills: list[tuple[str, Decimal]]
) -> None:
    world = opened(model)
    buy(world, "a")

    sold(world, "1")
    assert fills == filled(world)
    sold(world, "9", "2599.90")

    assert Decimal(2) == world.position()


@define
class PlainQueue:
    """A queue told piece by piece: market quantities and own orders, front first."""

    pieces: list[tuple[int | None, Decimal]] = field(factory=list[tuple[int | None, Decimal]])

    def shown(self) -> Decimal:
        return sum((size for name, size in self.pieces if name is None), Decimal(0))

    def ahead_of(self, number: int) -> Decimal:
        before = self.pieces[: [name for name, _ in self.pieces].index(number)]
        return sum((size for name, size in before if name is None), Decimal(0))

    def cut(self, quantity: Decimal, *, from_front: bool) -> None:
        """Remove market quantity from one end."""
        pieces = self.pieces if from_front else self.pieces[::-1]
        left = quantity
        kept: list[tuple[int | None, Decimal]] = []
        for name, size in pieces:
            cut = min(left, size) if name is None else Decimal(0)
            left -= cut
            kept.append((name, size - cut))
        self.pieces = kept if from_front else kept[::-1]


CHANGES = st.lists(
    st.tuples(st.sampled_from(["join", "leave", "print", "show"]), st.integers(0, 20)), max_size=60
)


@given(CHANGES)
def test_places_are_those_of_a_queue_told_piece_by_piece(changes: list[tuple[str, int]]) -> None:
    level = QueueLevel(Decimal(10), cancels_ahead=Decimal(0))
    plain = PlainQueue([(None, Decimal(10))])
    numbers = [0]
    level.join(0)
    plain.pieces.append((0, Decimal(0)))

    for number, (change, size) in enumerate(changes, start=1):
        if change == "join":
            numbers.append(number)
            level.join(number)
            plain.pieces.append((number, Decimal(0)))
        elif change == "leave" and len(numbers) > 1:
            gone = numbers.pop(size % len(numbers))
            level.leave(gone)
            plain.pieces = [piece for piece in plain.pieces if piece[0] != gone]
        elif change == "print":
            # Prints go no further than what stands there, and the market tells it at once.
            quantity = min(Decimal(size), plain.shown())
            level.print(quantity)
            level.consume(quantity)
            plain.cut(quantity, from_front=True)
            level.show(plain.shown())
        else:
            fewer = plain.shown() - size
            if fewer > 0:
                plain.cut(fewer, from_front=False)
            else:
                plain.pieces.append((None, -fewer))
            level.show(Decimal(size))
        assert [plain.ahead_of(each) for each in numbers] == [
            level.ahead_of(each) for each in numbers
        ]
