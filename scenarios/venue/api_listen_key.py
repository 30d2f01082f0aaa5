"""ApiListenKey: the endpoints that open, prolong and close an account's user stream.

They need the API key and no signature (binance-futures notes §1.8, read 2026-11). A `listenKey`
parameter is not read: an account has one.
"""

from typing import Any

from .core import Core
from .params import Params


def create(core: Core, _params: Params) -> Any:
    """POST /fapi/v1/listenKey."""
    return {"listenKey": core.listen_key.open()}


def prolong(core: Core, _params: Params) -> Any:
    """PUT /fapi/v1/listenKey."""
    return {"listenKey": core.listen_key.prolong()}


def close(core: Core, _params: Params) -> Any:
    """DELETE /fapi/v1/listenKey."""
    core.listen_key.close()
    return {}
