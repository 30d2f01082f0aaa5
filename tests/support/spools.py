"""Spools: a core that answers a desk as the owners would, and files as people leave them."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from callboard.actors.adapters.operator_desk import Replied
from callboard.messages.queries import (
    CancellationView,
    EngineStatus,
    FlatteningView,
    GetCancellation,
    GetFlattening,
    GetOrder,
    GetStatistics,
    GetStatus,
    OrdersView,
    OrderView,
    PositionsView,
    PositionView,
    StatisticsView,
)
from callboard.messages.values import PositionSide, TradingState

STATISTICS = StatisticsView(6, 2, 1, 2, 1, Decimal(2) / 3)


class Core:
    """Takes what a desk posts, and answers queries as the owners would."""

    def __init__(self, state: TradingState = TradingState.ACTIVE) -> None:
        self.state = state
        self.posted: list[tuple[str, object, bool]] = []
        self.orders: tuple[OrderView, ...] = ()
        self.cancellation = CancellationView("1", is_over=False)
        self.flattening = FlatteningView("1", is_over=True, is_flat=True)

    def post(
        self,
        to: str,
        message: object,
        *,
        correlation: str = "",  # noqa: ARG002 - the kernel's form
        urgent: bool = False,
        reply: Replied | None = None,
    ) -> None:
        self.posted.append((to, message, urgent))
        if reply is not None:
            reply(self._answer(message))

    def _answer(self, message: object) -> object:
        match message:
            case GetStatus():
                return self._status()
            case GetStatistics():
                return STATISTICS
            case GetOrder():
                return OrdersView(self.orders)
            case GetCancellation():
                return self.cancellation
            case GetFlattening():
                return self.flattening
            case _:
                return self._positions()

    def _status(self) -> EngineStatus:
        return EngineStatus(self.state, 3, "as told", ("BTCUSDT",), venue_open=True)

    def _positions(self) -> PositionsView:
        position = PositionView(
            symbol="ETHUSDT",
            position_side=PositionSide.BOTH,
            quantity=Decimal("0.10"),
            entry_price=Decimal(2600),
            mark_price=Decimal(2601),
            realised_pnl=Decimal("1.5"),
            fees=Decimal("0.2"),
            stop_price=Decimal(2548),
            protected=True,
            liquidation_price=Decimal("1320.5"),
            liquidation_distance_pct=Decimal("49.2503"),
        )
        return PositionsView((position,), Decimal("1.5"), Decimal("0.2"), 40)


def put(folder: Path, order_id: str, **fields: Any) -> None:
    path = folder / "commands" / f"{order_id}.json"
    path.write_text(json.dumps(fields), encoding="utf-8")


def answer_of(folder: Path, order_id: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / "answers" / f"{order_id}.json").read_bytes())
    return data
