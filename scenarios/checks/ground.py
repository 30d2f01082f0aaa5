"""Ground: what an engine is judged by, the venue's own books and the requests on the wire.

Owns a running reading of the venue's order and fill lists, position by position, and of every
placement that left the engine, until it is known what came of it. Nothing here believes the
engine: its own view is only looked at where an invariant compares the two. Bound: one entry per
client order id, as the venue's own history; unclear placements are forgotten when they have been
answered or have proved absent.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from attrs import define, field, frozen

from ...actors.ports import VenueAnswer, VenueRequest
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...messages.values import Leg, Phase
from ..simulated_engine import SimulatedEngine
from ..venue.algo_orders import AlgoOrder
from ..venue.api import AHEAD_MAX_MS
from ..venue.fills import Fill
from ..venue.forced import is_forced
from ..venue.moment import NS_PER_MS
from ..venue.orders import Order
from .calm import Calm

ZERO = Decimal(0)
ORDER, ALGO_ORDER = "/fapi/v1/order", "/fapi/v1/algoOrder"
PLACING_PATHS = (ORDER, ALGO_ORDER)
NO_SUCH_ORDER = -2013
UNCLEAR_CODES = (-1000, -1001, -1006, -1007)
HTTP_OK = 200
UNCLEAR_STATUS = 408
CLEAR_STATUSES = range(400, 500)
OVERLOADED = -1008
AMENDED = "PUT"
PARSED_MAX = 10_000
UNSETTLED = ("", "unclear")

_CLIENT_ID = re.compile(
    r"(?P<prefix>[a-z]+)(?P<generation>\d+)-(?P<intent>\w+)-(?P<leg>[estrx])\d+"
)

PositionKey = tuple[str, str]


@frozen
class ClientId:
    """What one of our client order ids says."""

    generation: int
    intent: str
    leg: Leg


@frozen
class Hooks:
    """When an invariant wants to look. `steps` are by actor, `every_step` is for all of them."""

    steps: tuple[tuple[str, Callable[[Cell, Envelope], None]], ...] = ()
    every_step: Callable[[Cell, Envelope], None] | None = None
    request: Callable[[VenueRequest], None] | None = None
    answer: Callable[[VenueRequest, VenueAnswer], None] | None = None
    accepted: Callable[[Order], None] | None = None
    """A regular order that the venue accepted."""
    filled: Callable[[Fill, Decimal], None] | None = None
    """A fill, with the signed position before it."""
    event: Callable[[object], None] | None = None
    quiet: Callable[[], None] | None = None
    """Between two instants, when no message is on its way."""
    life: Callable[[], None] | None = None
    """An engine was started."""


@define(eq=False)
class Placement:
    """One placement that left the engine."""

    client_order_id: str
    request_id: str
    quantity: Decimal
    sent_at_ms: int
    acceptable_until_ms: int
    """Venue time after which the venue refuses it."""
    result: str = ""
    """accepted, refused or absent (certainly not executed), or unclear; empty while unanswered."""
    lacking: dict[str, bool] = field(factory=dict[str, bool])
    """Stores that do not have it, asked when it could be accepted no more."""

    def note_lacking(self, store: str, asked_at_ms: int) -> None:
        """Note that a store does not have it; when both have said so, it is absent for good.

        The venue answers no question of more than a second ahead of its clock, so that its clock
        had passed the last chance by then; where the clock is set back later, this stands.
        """
        if asked_at_ms - AHEAD_MAX_MS > self.acceptable_until_ms:
            self.lacking[store] = True
        if len(self.lacking) == len(PLACING_PATHS):
            self.result = "absent"


@define(eq=False)
class Ground:
    """The truth about one engine, as far as invariants need it."""

    engine: SimulatedEngine
    report: Callable[[str, str], None]
    """Takes the invariant's name and a sentence."""
    orders: dict[str, list[Order]] = field(init=False, factory=dict[str, list[Order]])
    """Regular orders by client order id, children of conditional ones included."""
    by_intent: dict[str, list[Order]] = field(init=False, factory=dict[str, list[Order]])
    """Entries of ours by intent."""
    amounts: dict[PositionKey, Decimal] = field(init=False, factory=dict[PositionKey, Decimal])
    """Signed positions as the sum of the venue's fills."""
    strange: dict[PositionKey, Decimal] = field(init=False, factory=dict[PositionKey, Decimal])
    """The part of `amounts` that a person traded beside the engine."""
    fees: Decimal = field(init=False, default=ZERO)
    """Of all fills at the venue, but for those of a position that only a person holds."""
    open_requests: dict[str, VenueRequest] = field(init=False, factory=dict[str, VenueRequest])
    calm: Calm = field(init=False)
    placements: dict[str, list[Placement]] = field(init=False, factory=dict[str, list[Placement]])
    """Those that are not settled, by client order id."""
    unrecorded: dict[str, bool] = field(init=False, factory=dict[str, bool])
    """Placements that left while the journal could not write; a crash may lose their records, and
    then their numbers are given anew."""
    on_accepted: list[Callable[[Order], None]] = field(
        init=False, factory=list[Callable[[Order], None]]
    )
    on_filled: list[Callable[[Fill, Decimal], None]] = field(
        init=False, factory=list[Callable[[Fill, Decimal], None]]
    )
    _orders_read: dict[str, int] = field(init=False, factory=dict[str, int])
    _fills_read: dict[str, int] = field(init=False, factory=dict[str, int])
    _parsed: dict[str, ClientId | None] = field(init=False, factory=dict[str, ClientId | None])
    _prefix: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._prefix = self.engine.settings.orders.id_prefix
        self.calm = Calm(self.engine)
        for symbol in self.engine.venue.core.books:
            self._orders_read[symbol] = self._fills_read[symbol] = 0

    @property
    def now_ns(self) -> int:
        """Virtual time."""
        return self.engine.simulation.now_ns

    @property
    def venue_ms(self) -> int:
        """What the venue's clock shows now."""
        return self.now_ns // NS_PER_MS + self.engine.venue.core.moment.skew_ms

    def parse(self, client_order_id: str) -> ClientId | None:
        """Read a client order id, None for one that is not ours."""
        if client_order_id not in self._parsed:
            if len(self._parsed) > PARSED_MAX:
                self._parsed.clear()
            self._parsed[client_order_id] = self._read(client_order_id)
        return self._parsed[client_order_id]

    def is_entry(self, client_order_id: str) -> bool:
        """True for an id of an opening order of ours."""
        found = self.parse(client_order_id)
        return found is not None and found.leg is Leg.ENTRY

    def refresh(self) -> None:
        """Read what the venue did since the last look."""
        matching = self.engine.venue.core.matching
        for symbol, read in self._orders_read.items():
            history = matching.orders.history_of(symbol)
            if len(history) > read:
                self._orders_read[symbol] = len(history)
                for order in history[read:]:
                    self._note_order(order)
        for symbol, read in self._fills_read.items():
            fills = matching.fills.of(symbol)
            if len(fills) > read:
                self._fills_read[symbol] = len(fills)
                for fill in fills[read:]:
                    self._note_fill(fill)

    def note_request(self, request: VenueRequest) -> None:
        """Remember a request that leaves now."""
        self.open_requests[request.request_id] = request
        client_order_id = client_id_of_placement(request)
        if not client_order_id:
            return
        self._note_unrecorded(client_order_id)
        sent_at_ms = int(request.params["timestamp"])
        self.placements.setdefault(client_order_id, []).append(
            Placement(
                client_order_id,
                request.request_id,
                Decimal(request.params.get("quantity", "0")),
                sent_at_ms,
                sent_at_ms + int(request.params["recvWindow"]),
            )
        )

    def _note_unrecorded(self, client_order_id: str) -> None:
        life = self.engine.life
        if life is not None and life.journal is not None and life.journal.keeper.failed:
            self.unrecorded[client_order_id] = True

    def note_answer(self, answer: VenueAnswer) -> VenueRequest | None:
        """Settle what an answer settles; return the request that it belongs to."""
        request = self.open_requests.pop(answer.request_id, None)
        if request is None:
            return None
        client_order_id = client_id_of_placement(request)
        for placement in self.placements.get(client_order_id, ()):
            if placement.request_id == answer.request_id:
                placement.result = result_of(answer)
        if code_of(answer) == NO_SUCH_ORDER:
            client_order_id = client_id_of_query(request)
            for placement in self.placements.get(client_order_id, ()):
                placement.note_lacking(request.path, int(request.params["timestamp"]))
        self._forget_settled(client_order_id)
        return request

    def exposure(self, symbol: str, *, is_buy: bool) -> Decimal:
        """Return what is held in one direction, without what a person holds beside us."""
        total = ZERO
        for key, amount in self.amounts.items():
            if key[0] == symbol:
                ours = amount - self.strange.get(key, ZERO)
                total += max(ZERO, ours if is_buy else -ours)
        return total

    def unsettled(self, client_order_id: str) -> list[Placement]:
        """Return the placements of an id of which nobody outside the venue knows the end."""
        return [
            each for each in self.placements.get(client_order_id, ()) if each.result in UNSETTLED
        ]

    def may_arrive(self, placement: Placement) -> bool:
        """True while the venue could still accept a placement that it has not got."""
        if placement.result not in UNSETTLED:
            return False
        return self.venue_ms <= placement.acceptable_until_ms

    def open_entries(self, symbol: str) -> list[Order]:
        """Return our entries that are open at the venue."""
        open_orders = self.engine.venue.core.matching.orders.open_of(symbol)
        return [order for order in open_orders if self.is_entry(order.client_order_id)]

    def open_stops(self, symbol: str) -> list[AlgoOrder]:
        """Return our conditional orders that wait at the venue."""
        waiting = self.engine.venue.core.conditional.store.open_of(symbol)
        return [algo for algo in waiting if self.parse(algo.request.client_algo_id)]

    def algo(self, client_order_id: str) -> AlgoOrder | None:
        """Return the newest conditional order of an id."""
        store = self.engine.venue.core.conditional.store
        return store.find(algo_id=None, client_algo_id=client_order_id)

    def engine_order(self, client_order_id: str) -> Any:
        """Return an order as OrderManager sees it, None when it does not know it."""
        return self.engine.state("order_manager").find(client_order_id)

    def forget_old(self) -> None:
        """Drop requests without an answer, and placements that can be accepted no more."""
        limit_ms = self.venue_ms - 600_000
        for request_id, request in list(self.open_requests.items()):
            if int(request.params.get("timestamp", limit_ms)) < limit_ms:
                del self.open_requests[request_id]

    def _read(self, client_order_id: str) -> ClientId | None:
        found = _CLIENT_ID.fullmatch(client_order_id)
        if found is None or found["prefix"] != self._prefix:
            return None
        return ClientId(int(found["generation"]), found["intent"], Leg(found["leg"]))

    def _forget_settled(self, client_order_id: str) -> None:
        left = self.unsettled(client_order_id)
        if left:
            self.placements[client_order_id] = left
        else:
            self.placements.pop(client_order_id, None)

    def _note_order(self, order: Order) -> None:
        self.orders.setdefault(order.client_order_id, []).append(order)
        for told in self.on_accepted:
            told(order)
        found = self.parse(order.client_order_id)
        if found is not None and found.leg is Leg.ENTRY:
            self.by_intent.setdefault(found.intent, []).append(order)

    def _note_fill(self, fill: Fill) -> None:
        key = (fill.symbol, fill.position_side)
        before = self.amounts.get(key, ZERO)
        change = fill.quantity if fill.side == "BUY" else -fill.quantity
        self.amounts[key] = before + change
        if self._concerns_us(key, fill.client_order_id, before):
            self.fees += fill.quote_fee
        self._share(key, fill.client_order_id, change)
        for told in self.on_filled:
            told(fill, before)

    def _concerns_us(self, key: PositionKey, client_order_id: str, before: Decimal) -> bool:
        """Return False for a person's fill where nothing of ours was open."""
        is_ours = self.parse(client_order_id) is not None or is_forced(client_order_id)
        return is_ours or before != self.strange.get(key, ZERO)

    def _share(self, key: PositionKey, client_order_id: str, change: Decimal) -> None:
        """Note whose a position is: a person's trade closes what is ours before it opens theirs."""
        strange, held = self.strange.get(key, ZERO), self.amounts[key]
        if not is_forced(client_order_id) and self.parse(client_order_id) is None:
            strange += change
        if strange or key in self.strange:
            self.strange[key] = max(min(strange, max(held, ZERO)), min(held, ZERO))


def client_id_of_placement(request: VenueRequest) -> str:
    """Return the client order id of a placement, empty for every other request."""
    if request.method != "POST" or request.path not in PLACING_PATHS:
        return ""
    return request.params.get("newClientOrderId") or request.params.get("clientAlgoId", "")


def client_id_of_query(request: VenueRequest) -> str:
    """Return the client order id of a question for one order, empty for every other request."""
    if request.method != "GET" or request.path not in PLACING_PATHS:
        return ""
    return request.params.get("origClientOrderId") or request.params.get("clientAlgoId", "")


def code_of(answer: VenueAnswer) -> int:
    """Return the venue's error code, 0 without one."""
    body: Any = answer.body
    try:
        return int(body["code"])
    except (KeyError, TypeError):
        return 0


def result_of(answer: VenueAnswer) -> str:
    """Return what an answer to a placement proves: accepted, refused or nothing (unclear)."""
    if answer.phase in (Phase.NOT_CONNECTED, Phase.NOT_SENT):
        return "refused"
    if answer.phase is Phase.MAYBE_SENT or answer.status == UNCLEAR_STATUS:
        return "unclear"
    code = code_of(answer)
    if answer.status == HTTP_OK:
        return "accepted"
    if code == OVERLOADED or "Service Unavailable" in answer.text:
        return "refused"
    is_clear = answer.status in CLEAR_STATUSES and code not in UNCLEAR_CODES
    return "refused" if is_clear else "unclear"
