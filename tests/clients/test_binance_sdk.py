"""BinanceSdk: the official SDK trades at the server, and its models read what it says."""

from support.client_runs import run_client, venue_of

PACKAGE = "binance_sdk_derivatives_trading_usds_futures"
ORDER, ALGO = "OrderTradeUpdate", "AlgoUpdate"


def test_it_trades_and_its_models_read_every_answer_and_event() -> None:
    with venue_of("sdk") as server:
        told = run_client(PACKAGE, "binance_sdk.py", server)

    assert ["NEW", "NEW", "0.02", "CANCELED"] == told["limit"]
    assert (["FILLED", "0.01"], ["0.01"]) == (told["market"], told["position"])
    assert (["NEW", 1, "200"], 1) == (told["stop"], told["positions_of_account"])
    assert ["NEW", "0.02", "NEW", "CANCELED"] == told["over_ws"]
    assert ["REQUEST_WEIGHT", "ORDERS", "ORDERS"] == told["ws_limits"]
    assert ["0.01"] == told["ws_position"]
    assert (["USDT"], 200) == (told["ws_assets"], told["ws_account"])
    assert [
        [ORDER, "NEW"],
        [ORDER, "NEW"],
        [ORDER, "CANCELED"],
        [ORDER, "NEW"],
        ["TradeLite", ""],
        ["AccountUpdate", ""],
        [ORDER, "FILLED"],
        [ALGO, "NEW"],
        [ALGO, "CANCELED"],
        [ORDER, "NEW"],
        [ORDER, "NEW"],
        [ORDER, "CANCELED"],
    ] == told["events"]
