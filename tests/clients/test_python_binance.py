"""PythonBinance: the async client, its user socket and websocket API at the server."""

from support.client_runs import run_client, venue_of

ORDER, ALGO = "ORDER_TRADE_UPDATE", "ALGO_UPDATE"


def test_the_async_client_trades_and_hears_its_events() -> None:
    with venue_of("python-binance") as server:
        told = run_client("binance", "python_binance_async.py", server)

    assert ["NEW", "NEW", "0.020", "CANCELED"] == told["limit"]
    assert (["FILLED", "0.010"], ["0.010"]) == (told["market"], told["position"])
    assert ["NEW", 1, "200"] == told["stop"]
    assert ["NEW", "0.020", "NEW", "CANCELED"] == told["over_ws"]
    assert (["0.010"], ["USDT"]) == (told["ws_position"], told["ws_assets"])
    assert "markPriceUpdate" == told["market_stream"]
    assert [
        [ORDER, "NEW"],
        [ORDER, "NEW"],
        [ORDER, "CANCELED"],
        [ORDER, "NEW"],
        ["TRADE_LITE", ""],
        ["ACCOUNT_UPDATE", ""],
        [ORDER, "FILLED"],
        [ALGO, "NEW"],
        [ALGO, "CANCELED"],
        [ORDER, "NEW"],
        [ORDER, "NEW"],
        [ORDER, "CANCELED"],
    ] == told["events"]
