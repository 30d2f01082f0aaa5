"""History: trades and ended orders from the trade store, a page at a time, newest first.

Reads the store's file (`mode=ro`) on a thread of its own, one connection for each request. Figures
are text, times stand as RFC 3339 and in milliseconds. A store that is not there, of another version
or damaged is 503 with the reason.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from ...errors import EngineError
from ..records.store_report import (
    PAGE,
    PAGE_MAX,
    NoSuchTradeError,
    Wanted,
    one_trade,
    trades_page,
)
from ..records.store_schema import FILE, open_to_read
from .api import Api, path_text
from .errors import ApiError, json_response
from .params import Params, ms_of_stamp

Json = dict[str, Any]
T = TypeVar("T")

TRADE_TIMES = ("opened_at", "closed_at")
ORDER_TIMES = ("created_at", "changed_at", "ended_at")
TERMINAL = "ended_at IS NOT NULL"
ORDERS_SELECT = (
    "SELECT rowid AS number, * FROM orders WHERE (? = '' OR (ended_at IS NULL) = (? = 'open'))"
    " AND (? = '' OR symbol = ?) AND (? = '' OR signal_id = ?) AND created_at >= ?"
    " AND (? = 0 OR rowid < ?) ORDER BY rowid DESC LIMIT ?"
)


async def list_trades(api: Api, request: Request, _who: str) -> Response:
    """List trades, newest first."""
    params = Params.of(request, ("limit", "cursor", "status", "symbol", "strategy", "since"))
    wanted = Wanted(
        limit=params.whole("limit", PAGE, least=1, most=PAGE_MAX),
        status=params.word("status", ("open", "closed")),
        symbol=params.text("symbol"),
        strategy=params.text("strategy"),
        since=params.moment("since"),
        cursor=params.whole("cursor", 0),
    )
    params.check()
    page = await api.desk.read(lambda: _read(api, lambda found: trades_page(found, wanted)))
    page["trades"] = [_timed(each, TRADE_TIMES) for each in page["trades"]]
    return json_response(page)


async def show_trade(api: Api, request: Request, _who: str) -> Response:
    """Show one trade with its fills and commissions."""
    trade_id = path_text(request, "trade_id")
    trade = await api.desk.read(lambda: _read(api, lambda found: one_trade(found, trade_id)))
    fills = [_timed(each, ("at",)) for each in trade["fills"]]
    return json_response({**_timed(trade, TRADE_TIMES), "fills": fills})


def orders_page(
    data_dir: Path,
    *,
    status: str,
    symbol: str,
    signal_id: str,
    since: str,
    limit: int,
    cursor: int,
) -> Json:
    """Return a page of orders, newest first; `cursor` is the number of the last one before."""
    status = "" if status == "all" else status
    pairs = (status, status, symbol, symbol, signal_id, signal_id, since, cursor, cursor)
    with closing(_opened(data_dir)) as store:
        rows = _asked(lambda: store.execute(ORDERS_SELECT, (*pairs, limit + 1)).fetchall())
    orders = [_order(dict(row)) for row in rows[:limit]]
    next_cursor = rows[limit - 1]["number"] if len(rows) > limit else None
    return {"orders": orders, "strangers": [], "next_cursor": next_cursor}


def _order(row: Json) -> Json:
    row["reduce_only"] = bool(row["reduce_only"])
    row["close_position"] = bool(row["close_position"])
    del row["number"]
    return _timed(row, ORDER_TIMES)


def _read(api: Api, question: Callable[[sqlite3.Connection], T]) -> T:
    with closing(_opened(api.context.data_dir)) as store:
        try:
            return _asked(lambda: question(store))
        except NoSuchTradeError as error:
            raise ApiError(404, "trade_unknown", str(error)) from None


def _opened(data_dir: Path) -> sqlite3.Connection:
    try:
        return _asked(lambda: open_to_read(data_dir / FILE))
    except (FileNotFoundError, EngineError) as error:
        raise ApiError(503, "store_unavailable", f"the trade store: {_words(error)}") from None


def _asked(work: Callable[[], T]) -> T:
    try:
        return work()
    except sqlite3.Error as error:
        raise ApiError(503, "store_unavailable", f"the trade store: {error}") from None


def _words(error: Exception) -> str:
    return "there is none yet" if isinstance(error, FileNotFoundError) else str(error)


def _timed(row: Json, names: tuple[str, ...]) -> Json:
    """Return a row with its times in milliseconds beside those of the store."""
    return {**row, **{f"{name}_ms": ms_of_stamp(row[name]) for name in names}}
