"""FaultEffects: what a fault does to one request at the exchange, and what its client hears.

Owns the ways in which an answer fails, and the small accidents around one order: it expires, finds
half the depth, or is filled in the moment of its cancel. What befalls the whole exchange is in
`incidents.py`, what a stream suffers in `streams.py`. No answers means silence.
"""

from collections import deque
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from attrs import evolve, frozen

from ...actors.ports import VenueAnswer, VenueRequest
from ...messages.values import Phase
from . import api, past
from .core import Core
from .fault_source import FaultDraw
from .fault_targets import REFUSALS
from .faults import Fault
from .incidents import Incidents
from .market import Mark, Trade
from .moment import Agenda
from .orders import Order
from .refusal import TEXTS

ZERO = Decimal(0)
HTTP_OK = 200
UNKNOWN_STATUS = "SOMETHING_NEW"
FIREWALL_PAGE = "<html><head><title>403 Forbidden</title></head></html>"
MADE_UP_KEPT = 1_000
GATEWAY_PAGE = "<html><head><title>Welcome</title></head></html>"
_UNCLEAR_CODES = {Fault.HTTP_503_UNKNOWN: -1000, Fault.HTTP_503_INTERNAL: -1001}


@frozen
class Told:
    """An answer, and by how much later than usual it comes."""

    answer: VenueAnswer
    later_ms: int = 0


Effect = Callable[[VenueRequest, FaultDraw], VenueAnswer | None]


class FaultEffects:
    """Executes requests, well or badly."""

    def __init__(self, core: Core, agenda: Agenda, incidents: Incidents) -> None:
        self._core = core
        self._agenda = agenda
        self._incidents = incidents
        self._made_up: deque[str] = deque(maxlen=MADE_UP_KEPT)
        self._effects: dict[Fault, Effect] = {
            Fault.REQUEST_LATE: self._late,
            Fault.ANSWER_LOST_AFTER_EXECUTION: self._unanswered,
            Fault.CONNECTION_REFUSED: _refused_connection,
            Fault.CONNECTION_RESET: self._unclear,
            Fault.HTTP_503_UNKNOWN: self._unclear,
            Fault.HTTP_503_INTERNAL: self._unclear,
            Fault.HTTP_503_SERVICE_UNAVAILABLE: _unavailable,
            Fault.HTTP_429: self._limited,
            Fault.HTTP_429_BARE: self._limited,
            Fault.HTTP_418: self._banned,
            Fault.HTTP_418_BARE: self._banned,
            Fault.HTTP_403: _forbidden,
            Fault.ANSWER_UNREADABLE: self._unreadable,
            Fault.ANSWER_UNKNOWN_STATUS: self._with_unknown_status,
            Fault.REQUEST_TWICE: self._twice,
            Fault.AMEND_LOST: self._lost,
            Fault.READS_LAG: self._lagging,
            Fault.ORDER_EXPIRED: self._expiring,
            Fault.FILL_PARTIAL: self._half_filled,
            Fault.CANCEL_RACE: self._overtaken,
            **dict.fromkeys(REFUSALS, self._refused),
        }

    def execute(self, request: VenueRequest, draw: FaultDraw | None) -> tuple[Told, ...]:
        """Let a request that has arrived have its effect; return what its client hears of it."""
        if self._incidents.is_closed:
            return (Told(_unavailable(request)),)
        if draw is None:
            return (Told(self._answer(request)),)
        if draw.fault.is_incident:
            self._incidents.strike(draw)
            return self.execute(request, None)
        effect = self._effects.get(draw.fault)
        answer = self._answer(request) if effect is None else effect(request, draw)
        return () if answer is None else _told(answer, draw)

    def is_made_up(self, request_id: str) -> bool:
        """True for one of the latest refusals that a fault made, and no rule of the venue."""
        return request_id in self._made_up

    def _late(self, request: VenueRequest, draw: FaultDraw) -> VenueAnswer:
        self._agenda.after(draw.size_ms, partial(self._execute_unheard, request))
        return _reset(request)

    def _unanswered(self, request: VenueRequest, _draw: FaultDraw) -> None:
        self._answer(request)

    def _lost(self, request: VenueRequest, draw: FaultDraw) -> None:
        if draw.executed:
            self._answer(request)

    def _unclear(self, request: VenueRequest, draw: FaultDraw) -> VenueAnswer:
        self._lost(request, draw)
        code = _UNCLEAR_CODES.get(draw.fault)
        if code is None:
            return _reset(request)
        return api.answered(request, 503, {"code": code, "msg": TEXTS[code]}, {})

    def _limited(self, request: VenueRequest, draw: FaultDraw) -> VenueAnswer:
        at_ms, limits = self._core.moment.ms, self._core.limits
        body = {"code": -1003, "msg": limits.refuse(at_ms)}
        is_told = draw.fault is Fault.HTTP_429
        return api.answered(request, 429, body, limits.retry_headers(at_ms) if is_told else {})

    def _banned(self, request: VenueRequest, draw: FaultDraw) -> VenueAnswer:
        is_told = draw.fault is Fault.HTTP_418
        ban = self._core.limits.ban(self._core.moment.ms, draw.size_ms, is_told=is_told)
        return api.banned(self._core, request, ban)

    def _unreadable(self, request: VenueRequest, _draw: FaultDraw) -> VenueAnswer:
        return evolve(self._answer(request), body=None, text=GATEWAY_PAGE)

    def _with_unknown_status(self, request: VenueRequest, _draw: FaultDraw) -> VenueAnswer:
        answer = self._answer(request)
        return evolve(answer, body=_with_unknown_status(answer.body))

    def _twice(self, request: VenueRequest, _draw: FaultDraw) -> VenueAnswer:
        """Let a request arrive twice where the venue knows the first one's id."""
        first = self._answer(request)
        return self._answer(request) if self._is_open(request) else first

    def _lagging(self, request: VenueRequest, draw: FaultDraw) -> VenueAnswer:
        return past.rolled_back(self._core, request, self._answer(request), draw.size_ms)

    def _expiring(self, request: VenueRequest, draw: FaultDraw) -> VenueAnswer:
        """Let a market order find nothing, or a resting one end by itself after a while."""
        if request.params.get("type") == "MARKET":
            self._drain(request, left=ZERO)
            return self._answer(request)
        answer = self._answer(request)
        if answer.status == HTTP_OK:
            symbol, order_id = request.params["symbol"], answer.body["orderId"]
            self._agenda.after(draw.size_ms, partial(self._expire, symbol, order_id))
        return answer

    def _half_filled(self, request: VenueRequest, _draw: FaultDraw) -> VenueAnswer:
        self._drain(request, left=self._half(request))
        return self._answer(request)

    def _overtaken(self, request: VenueRequest, draw: FaultDraw) -> VenueAnswer:
        self._fill_first(request, is_whole=draw.executed)
        return self._answer(request)

    def _refused(self, request: VenueRequest, draw: FaultDraw) -> VenueAnswer:
        refusal = REFUSALS[draw.fault]
        self._made_up.append(request.request_id)
        body = {"code": refusal.code, "msg": TEXTS.get(refusal.code, "A new reason.").format("0")}
        headers = self._core.limits.weight_headers()
        return api.answered(request, refusal.status, body, headers)

    def _answer(self, request: VenueRequest) -> VenueAnswer:
        return api.answer(self._core, request)

    def _execute_unheard(self, request: VenueRequest) -> None:
        self._answer(request)

    def _order(self, request: VenueRequest) -> Order | None:
        params = request.params
        client_order_id = params.get("newClientOrderId") or params.get("origClientOrderId", "")
        return self._core.matching.orders.open_with(client_order_id)

    def _is_open(self, request: VenueRequest) -> bool:
        client_algo_id = request.params.get("clientAlgoId", "")
        store = self._core.conditional.store
        return self._order(request) is not None or store.open_with(client_algo_id) is not None

    def _expire(self, symbol: str, order_id: int) -> None:
        order = self._core.matching.orders.find(symbol, order_id=order_id, client_order_id="")
        if order is not None and order.is_open:
            self._core.matching.expire(order)

    def _half(self, request: VenueRequest) -> Decimal:
        rules = self._core.account.rules.get(request.params.get("symbol", ""))
        try:
            half = Decimal(request.params["quantity"]) / 2
        except (KeyError, InvalidOperation):
            return ZERO
        return ZERO if rules is None else half - half % rules.step

    def _drain(self, request: VenueRequest, *, left: Decimal) -> None:
        """Let others take the depth ahead of an order, down to so much."""
        book = self._core.books.get(request.params.get("symbol", ""))
        is_buy = request.params.get("side") == "BUY"
        for price, available in () if book is None else tuple(book.walk(is_buy=is_buy)):
            kept = min(available, left)
            left -= kept
            if book is not None and available > kept:
                book.take(price, available - kept, is_buy=is_buy)

    def _fill_first(self, request: VenueRequest, *, is_whole: bool) -> None:
        """Let the market reach an order right before its cancel does."""
        core = self._core
        order = self._order(request)
        if order is not None:
            half = order.remaining / 2
            quantity = order.remaining if is_whole else half - half % core.rules(order.symbol).step
            core.on_market(Trade(order.symbol, core.moment.ns, order.price, quantity, order.is_buy))
            return
        algo = core.conditional.store.open_with(request.params.get("clientAlgoId", ""))
        if algo is not None:
            wanted = algo.request
            core.on_market(Mark(wanted.symbol, core.moment.ns, wanted.trigger_price))


def _told(answer: VenueAnswer, draw: FaultDraw) -> tuple[Told, ...]:
    match draw.fault:
        case Fault.ANSWER_LATE | Fault.ANSWER_AFTER_FILL:
            return (Told(answer, draw.size_ms),)
        case Fault.ANSWER_TWICE:
            return Told(answer), Told(answer, draw.size_ms)
        case _:
            return (Told(answer),)


def _unavailable(request: VenueRequest, _draw: FaultDraw | None = None) -> VenueAnswer:
    return api.answered(request, 503, None, {}, "Service Unavailable.")


def _forbidden(request: VenueRequest, _draw: FaultDraw) -> VenueAnswer:
    return api.answered(request, 403, None, {}, FIREWALL_PAGE)


def _refused_connection(request: VenueRequest, _draw: FaultDraw) -> VenueAnswer:
    return VenueAnswer(request.request_id, Phase.NOT_CONNECTED, text="connection refused")


def _reset(request: VenueRequest) -> VenueAnswer:
    return VenueAnswer(request.request_id, Phase.MAYBE_SENT, text="connection reset by peer")


def _with_unknown_status(body: Any) -> Any:
    """Return a body whose order, or first order, has a status that no document names."""
    if isinstance(body, list):
        rows: list[Any] = body  # pyright: ignore[reportUnknownVariableType] - the wire has no types
        return [_with_unknown_status(rows[0]), *rows[1:]] if rows else rows
    row: dict[str, Any] = body
    return {**row, **{key: UNKNOWN_STATUS for key in ("status", "algoStatus") if key in row}}
