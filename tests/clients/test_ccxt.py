"""Ccxt: `binanceusdm` trades at the server and hears its orders over websockets."""

from support.client_runs import run_client, venue_of


def test_it_trades_and_hears_its_orders() -> None:
    with venue_of("ccxt") as server:
        told = run_client("ccxt", "ccxt_binanceusdm.py", server)

    assert ["open", "open", 0.02, "canceled"] == told["limit"]
    assert (["closed", 0.01], [["BTC/USDT:USDT", 0.01]]) == (told["market"], told["position"])
    assert ["open", 1, True] == told["stop"]
    assert ["open", "open", 0.02, "canceled"] == told["over_ws"]
    assert (True, True) == (told["balance"], told["book"])
    assert ["BTC/USDT:USDT", True] == told["market_stream"]
    assert [
        ["limit", "open"],
        ["limit", "open"],
        ["limit", "canceled"],
        ["market", "open"],
        ["market", "closed"],
    ] == told["events"]
