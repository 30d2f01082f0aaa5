"""Tables: positions, orders and actors, as the demo's picture shows them.

Owns their columns. Everything stands in the engine's own answers to queries, but for the marks and
the targets, which are seen on their way.
"""

from collections.abc import Iterable
from decimal import Decimal

from attrs import frozen
from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ...actors import names
from ...actors.policies.rounding import plain
from ...messages.queries import OrderView, PositionView
from ...messages.values import TERMINAL_STATES, OrderState, OrderType
from .narrator import price, signed
from .story import Trouble
from .watch import Watch

WIDTH_WIDE = 96
"""From here on there is room for one more column."""
ACTORS = (
    names.ORDER_MANAGER,
    names.RISK_GATE,
    names.POSITION_MONITOR,
    names.RATE_LIMITER,
    names.RECONCILER,
    names.EXECUTION_SYSTEM,
    names.USER_STREAM,
    names.MARKET_DATA,
    names.ACCOUNT,
    names.ORDER_QUEUE,
    names.CIRCUIT_BREAKER,
    names.SUPERVISOR,
    names.VENUE_CLOCK,
    names.ERROR_CLASSIFIER,
    names.INSTRUMENTS,
)
"""In the order in which they are worth a row."""


@frozen
class Frame:
    """One picture; `overcome` are the troubles that are over."""

    watch: Watch
    seed: int
    overcome: tuple[Trouble, ...]
    width: int
    height: int


def positions(frame: Frame) -> RenderableType:
    """Return the open positions, with what guards them and what they are worth."""
    table = _table()
    for name in ("symbol", "side"):
        table.add_column(name)
    for name in ("quantity", "entry", "mark", "stop", "target", "PnL"):
        table.add_column(name, justify="right")
    held = frame.watch.positions
    open_pnl = Decimal(0)
    for position in held.positions:
        pnl = _pnl(frame.watch, position)
        open_pnl += pnl
        table.add_row(*_position_row(frame.watch, position, pnl))
    title = f"POSITIONS  realised {signed(held.realised_pnl)}, open {signed(open_pnl)}"
    return panel(table if held.positions else Text("flat", "dim"), title)


def _position_row(watch: Watch, position: PositionView, pnl: Decimal) -> Iterable[Text]:
    is_long = position.quantity > 0
    stop = position.stop_price if position.protected else None
    target = watch.wire.targets.get(position.symbol)
    return (
        Text(position.symbol, "bold"),
        Text("long" if is_long else "short", "green" if is_long else "red"),
        Text(plain(abs(position.quantity))),
        Text(price(position.entry_price)),
        Text(price(_mark(watch, position))),
        Text(" NO STOP ", "bold white on red") if stop is None else Text(price(stop)),
        Text("-" if target is None else price(target), "dim"),
        Text(signed(pnl), "green" if pnl >= 0 else "red"),
    )


def _mark(watch: Watch, position: PositionView) -> Decimal:
    return watch.marks.get(position.symbol, position.mark_price)


def _pnl(watch: Watch, position: PositionView) -> Decimal:
    return (_mark(watch, position) - position.entry_price) * position.quantity


def orders(frame: Frame, rows: int) -> RenderableType:
    """Return the unclear orders and the newest of the others."""
    table = _table()
    is_wide = frame.width >= WIDTH_WIDE
    for name in ("order", "symbol", "side", "type", *(("filled",) if is_wide else ()), "state"):
        table.add_column(name)
    # What is unclear stays in sight; of the rest, the newest.
    newest = list(reversed(frame.watch.orders.orders))
    newest.sort(key=lambda order: order.state is not OrderState.UNKNOWN)
    for order in newest[:rows]:
        table.add_row(*_order_row(order, is_wide=is_wide))
    waiting = sum(order.state not in TERMINAL_STATES for order in newest)
    return panel(table, f"ORDERS  {waiting} open, {len(newest)} in all")


def _order_row(order: OrderView, *, is_wide: bool) -> Iterable[Text]:
    dim = "dim" if order.state in TERMINAL_STATES else ""
    filled = (Text(plain(order.filled), dim),) if is_wide else ()
    return (
        Text(order.client_order_id, dim),
        Text(order.symbol, dim),
        Text(order.side.value, dim),
        Text(_kind(order.order_type), dim),
        *filled,
        _state_of_order(order.state),
    )


def _kind(order_type: OrderType) -> str:
    return {OrderType.STOP_MARKET: "stop", OrderType.TAKE_PROFIT_MARKET: "target"}.get(
        order_type, order_type.value.lower()
    )


def _state_of_order(state: OrderState) -> Text:
    if state is OrderState.UNKNOWN:
        return Text(" UNKNOWN ", "bold black on yellow")
    if state is OrderState.FILLED:
        return Text(state.value, "green")
    return Text(state.value, "dim" if state in TERMINAL_STATES else "cyan")


def actors(frame: Frame, rows: int) -> RenderableType:
    """Return the busiest actors of the core, and how often each was rebuilt."""
    table = _table()
    table.add_column("actor")
    table.add_column("step/s", justify="right")
    table.add_column("crash", justify="right")
    rates = frame.watch.rates()
    for name in ACTORS[:rows]:
        restarts = frame.watch.actors[name].restarts
        table.add_row(
            Text(name, "bold yellow" if restarts else ""),
            str(rates[name]),
            Text(str(restarts), "bold yellow") if restarts else Text("0", "dim"),
        )
    return panel(table, f"ACTORS  {sum(rates.values())} step/s")


def panel(body: RenderableType, title: str) -> Panel:
    """Return a body in a frame with its title."""
    return Panel(body, title=f"[bold]{title}[/]", title_align="left", border_style="dim")


def _table() -> Table:
    return Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim")
