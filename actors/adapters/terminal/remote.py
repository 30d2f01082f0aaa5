"""Remote: an engine by the address of its API, asked as one by its data directory."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from attrs import frozen

from ....messages.intake import SubmitSignal
from ..records.store_report import Wanted
from .client import Client
from .fate import ENDED, GOOD
from .faults import ApiRefused
from .new_order import as_body

API = "/api/execution"
MS = 1_000
WAIT_MS_MAX = 10_000
"""The API's own bound for a request that waits."""

Json = dict[str, Any]


@frozen
class Remote:
    """An API."""

    client: Client

    def status(self) -> Json:
        """Return the trading state and what belongs to it."""
        names = ("trading_state", "reason", "epoch", "held_symbols", "venue_open", "statistics")
        return self.client.holds(self.client.get(f"{API}/status"), *names)

    def orders(self, symbol: str, *, is_open_only: bool) -> Json:
        """Return orders, by default the open ones."""
        status = "" if is_open_only else "all"
        answer = self.client.get(f"{API}/orders", {"symbol": symbol, "status": status})
        return self.client.holds(answer, "orders")

    def positions(self) -> Json:
        """Return the open positions."""
        names = ("positions", "realised_pnl", "fees")
        return self.client.holds(self.client.get(f"{API}/positions"), *names)

    def trades(self, wanted: Wanted) -> Json:
        """Return a page of trades."""
        names = ("limit", "status", "symbol", "strategy", "since", "cursor")
        params = {name: getattr(wanted, name) or "" for name in names}
        return self.client.holds(self.client.get(f"{API}/trades", params), "trades")

    def figures(self, what: str) -> Json:
        """Return another view of the engine, as `alerts` or `limits`."""
        return self.client.get(f"{API}/{what}")

    def timeline(self, name: str) -> Json:
        """Return the life of an order, step by step."""
        answer = self.client.get(f"{API}/timeline/{quote(name, safe='')}")
        return self.client.holds(answer, "name", "state", "begin_ms", "steps", "ending")

    def order(self, name: str) -> Json:
        """Return one order by any of its ids."""
        return self.client.get(f"{API}/orders/{quote(name, safe='')}")

    def submit(self, signal: SubmitSignal, seconds: float) -> Json:
        """Give an order and return what became of it within so many seconds."""
        wait_ms = min(int(seconds * MS), WAIT_MS_MAX)
        headers: Mapping[str, str] = {"Idempotency-Key": signal.signal_id}
        path = f"{API}/order?wait_ms={wait_ms}"
        try:
            answer = self.client.post(path, as_body(signal), headers)
        except ApiRefused as refused:
            if "state" not in refused.answer:
                raise
            answer = dict(refused.answer)
        return fate_of(self.client.holds(answer, "state"))

    def cancel(self, name: str, seconds: float) -> Json:
        """Cancel what rests of an order, and return it as it is then."""
        wait_ms = min(int(seconds * MS), WAIT_MS_MAX)
        path = f"{API}/orders/{quote(name, safe='')}?wait_ms={wait_ms}"
        answer = self.client.holds(self.client.ask("DELETE", path), "state", "order")
        return {"ok": answer["state"] in ENDED, **(answer["order"] or answer)}

    def command(self, word: str, fields: Json, wait_ms: int) -> Json:
        """Give a command with its reason, and wait for its effect."""
        return self.client.post(f"{API}/{word}?wait_ms={wait_ms}", fields)


def fate_of(answer: Json) -> Json:
    """Return what the API says of an order, with the words of the terminal."""
    names = ("signal_id", "client_order_id", "symbol", "state", "filled", "average_price")
    more = ("guard", "figure", "limit")
    found = {name: answer.get(name) for name in names}
    is_filled = found["filled"] not in (None, "0")
    return {
        "ok": found["state"] in GOOD or is_filled,
        **found,
        "filled": found["filled"] or "0",
        "attempts": answer.get("order", {}).get("attempts", 0),
        "reason": answer.get("reason", ""),
        **{name: answer[name] for name in more if name in answer},
    }
