"""Faults: the names of what may go wrong between a client and the venue, off by default.

Owns the names, their probabilities and sizes, and the scripted form ("the third POST
/fapi/v1/order"). A name that ends in a number is an answer with that code. `fault_source.py` draws
them, `fault_effects.py`, `incidents.py` and `streams.py` let them happen, `fault_words.py` says
what each does. New names go to the end of their group: names are drawn in the order of the list.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import evolve, frozen


class Fault(StrEnum):
    """Names of faults; the value is the option's name."""

    REQUEST_LOST_BEFORE_EXECUTION = "request_lost_before_execution"
    REQUEST_LATE = "request_late"
    ANSWER_LOST_AFTER_EXECUTION = "answer_lost_after_execution"
    ANSWER_LATE = "answer_late"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_RESET = "connection_reset"
    HTTP_503_UNKNOWN = "http_503_unknown"
    HTTP_503_SERVICE_UNAVAILABLE = "http_503_service_unavailable"
    HTTP_503_INTERNAL = "http_503_internal"
    THROTTLED_1008 = "throttled_1008"
    HTTP_429 = "http_429"
    CLOCK_SKEW = "clock_skew"
    HTTP_429_BARE = "http_429_bare"
    HTTP_418 = "http_418"
    HTTP_418_BARE = "http_418_bare"
    HTTP_403 = "http_403"
    ANSWER_TWICE = "answer_twice"
    ANSWER_AFTER_FILL = "answer_after_fill"
    ANSWER_UNREADABLE = "answer_unreadable"
    ANSWER_UNKNOWN_STATUS = "answer_unknown_status"
    REQUEST_TWICE = "request_twice"
    AMEND_LOST = "amend_lost"
    READS_LAG = "reads_lag"

    TIMESTAMP_1021 = "timestamp_1021"
    RECV_WINDOW_5028 = "recv_window_5028"
    PRECISION_1111 = "precision_1111"
    TICK_4014 = "tick_4014"
    STEP_4023 = "step_4023"
    PRICE_BAND_4016 = "price_band_4016"
    NOTIONAL_4164 = "notional_4164"
    MARGIN_2019 = "margin_2019"
    LEVERAGE_2027 = "leverage_2027"
    REDUCE_ONLY_2022 = "reduce_only_2022"
    WOULD_TRIGGER_2021 = "would_trigger_2021"
    WOULD_MATCH_5022 = "would_match_5022"
    OPEN_ORDERS_2025 = "open_orders_2025"
    STOP_ORDERS_4045 = "stop_orders_4045"
    COUNTERPARTY_4131 = "counterparty_4131"
    NO_DEPTH_1112 = "no_depth_1112"
    UNABLE_TO_FILL_2020 = "unable_to_fill_2020"
    DUPLICATE_ID_4116 = "duplicate_id_4116"
    REDUCE_ONLY_ACCOUNT_4087 = "reduce_only_account_4087"
    QUANTITATIVE_RULE_4400 = "quantitative_rule_4400"
    LARGE_POSITION_4401 = "large_position_4401"
    NO_ENTRIES_4140 = "no_entries_4140"
    SYMBOL_CLOSED_4141 = "symbol_closed_4141"
    SYMBOL_STATUS_1122 = "symbol_status_1122"
    IN_LIQUIDATION_2023 = "in_liquidation_2023"
    UNKNOWN_CODE_9999 = "unknown_code_9999"

    ORDER_EXPIRED = "order_expired"
    FILL_PARTIAL = "fill_partial"
    CANCEL_RACE = "cancel_race"
    MAINTENANCE = "maintenance"
    SYMBOL_HALTED = "symbol_halted"
    FILTERS_CHANGED = "filters_changed"
    MODE_CHANGED = "mode_changed"
    LEVERAGE_CHANGED = "leverage_changed"
    BALANCE_CHANGED = "balance_changed"
    WEIGHT_JUMP = "weight_jump"
    TRADED_BY_HAND = "traded_by_hand"
    DELEVERAGED = "deleveraged"
    LIQUIDATED = "liquidated"
    SYMBOL_SETTLED = "symbol_settled"

    STREAM_GAP = "stream_gap"
    STREAM_DUPLICATE = "stream_duplicate"
    STREAM_REORDER = "stream_reorder"
    STREAM_DISCONNECT = "stream_disconnect"
    STREAM_STALL = "stream_stall"
    STREAM_LOST = "stream_lost"
    STREAM_STORM = "stream_storm"
    LISTEN_KEY_EXPIRED = "listen_key_expired"
    STREAM_UNKNOWN_EVENT = "stream_unknown_event"
    STREAM_UNKNOWN_STATUS = "stream_unknown_status"
    STREAM_UNREADABLE = "stream_unreadable"

    @property
    def is_stream(self) -> bool:
        """True for faults of a stream, drawn once per frame instead of once per request."""
        return self.value.startswith(("stream_", "listen_"))

    @property
    def is_incident(self) -> bool:
        """True for what befalls the exchange itself; the request that drew it goes its way."""
        return self in _INCIDENTS


_INCIDENTS = frozenset(
    {
        Fault.MAINTENANCE,
        Fault.SYMBOL_HALTED,
        Fault.FILTERS_CHANGED,
        Fault.MODE_CHANGED,
        Fault.LEVERAGE_CHANGED,
        Fault.BALANCE_CHANGED,
        Fault.WEIGHT_JUMP,
        Fault.TRADED_BY_HAND,
        Fault.DELEVERAGED,
        Fault.LIQUIDATED,
        Fault.SYMBOL_SETTLED,
    }
)


@frozen
class Faults:
    """Probabilities from 0 to 1, one per fault name, and the sizes of those that have one."""

    request_lost_before_execution: float = 0.0
    request_late: float = 0.0
    answer_lost_after_execution: float = 0.0
    answer_late: float = 0.0
    connection_refused: float = 0.0
    connection_reset: float = 0.0
    http_503_unknown: float = 0.0
    http_503_service_unavailable: float = 0.0
    http_503_internal: float = 0.0
    throttled_1008: float = 0.0
    http_429: float = 0.0
    clock_skew: float = 0.0
    http_429_bare: float = 0.0
    http_418: float = 0.0
    http_418_bare: float = 0.0
    http_403: float = 0.0
    answer_twice: float = 0.0
    answer_after_fill: float = 0.0
    answer_unreadable: float = 0.0
    answer_unknown_status: float = 0.0
    request_twice: float = 0.0
    amend_lost: float = 0.0
    reads_lag: float = 0.0
    timestamp_1021: float = 0.0
    recv_window_5028: float = 0.0
    precision_1111: float = 0.0
    tick_4014: float = 0.0
    step_4023: float = 0.0
    price_band_4016: float = 0.0
    notional_4164: float = 0.0
    margin_2019: float = 0.0
    leverage_2027: float = 0.0
    reduce_only_2022: float = 0.0
    would_trigger_2021: float = 0.0
    would_match_5022: float = 0.0
    open_orders_2025: float = 0.0
    stop_orders_4045: float = 0.0
    counterparty_4131: float = 0.0
    no_depth_1112: float = 0.0
    unable_to_fill_2020: float = 0.0
    duplicate_id_4116: float = 0.0
    reduce_only_account_4087: float = 0.0
    quantitative_rule_4400: float = 0.0
    large_position_4401: float = 0.0
    no_entries_4140: float = 0.0
    symbol_closed_4141: float = 0.0
    symbol_status_1122: float = 0.0
    in_liquidation_2023: float = 0.0
    unknown_code_9999: float = 0.0
    order_expired: float = 0.0
    fill_partial: float = 0.0
    cancel_race: float = 0.0
    maintenance: float = 0.0
    symbol_halted: float = 0.0
    filters_changed: float = 0.0
    mode_changed: float = 0.0
    leverage_changed: float = 0.0
    balance_changed: float = 0.0
    weight_jump: float = 0.0
    traded_by_hand: float = 0.0
    deleveraged: float = 0.0
    liquidated: float = 0.0
    symbol_settled: float = 0.0
    stream_gap: float = 0.0
    stream_duplicate: float = 0.0
    stream_reorder: float = 0.0
    stream_disconnect: float = 0.0
    stream_stall: float = 0.0
    stream_lost: float = 0.0
    stream_storm: float = 0.0
    listen_key_expired: float = 0.0
    stream_unknown_event: float = 0.0
    stream_unknown_status: float = 0.0
    stream_unreadable: float = 0.0

    request_late_ms: int = 1_500
    answer_late_ms: int = 8_000
    answer_twice_ms: int = 300
    answer_after_fill_ms: int = 40
    http_418_ms: int = 120_000
    http_418_bare_ms: int = 120_000
    reads_lag_ms: int = 500
    order_expired_ms: int = 1_000
    maintenance_ms: int = 20_000
    symbol_halted_ms: int = 30_000
    symbol_settled_ms: int = 30_000
    """How long until the contract is listed anew."""
    mode_changed_ms: int = 30_000
    stream_gap_ms: int = 3_000
    stream_reorder_ms: int = 50
    stream_disconnect_ms: int = 1_000
    stream_stall_ms: int = 20_000
    stream_storm_ms: int = 2_000
    listen_key_expired_ms: int = 3_000
    clock_skew_ms: int = 2_000
    """How far the venue's clock jumps; the direction is drawn."""
    weight_jump_units: int = 1_500
    """Request weight that others of the same address use at once."""
    balance_changed_pct: int = 2
    """How much of the wallet is moved in or out; the direction is drawn."""
    executed_share: float = 0.5
    """Among faults that leave it open (resets, unclear 503), the share that was executed."""
    streams: tuple[str, ...] = ("user",)
    """Which streams the drawn stream faults hit."""

    def having(self, chances: Mapping[Fault, float]) -> "Faults":
        """Return these with other probabilities for some."""
        changes: dict[str, Any] = {fault.value: chance for fault, chance in chances.items()}
        return evolve(self, **changes)

    def chance(self, fault: Fault) -> float:
        """Return how likely a fault is."""
        chance: float = getattr(self, fault.value)
        return chance

    def size_ms(self, fault: Fault) -> int:
        """Return the size of a fault, 0 for one that has none."""
        size_ms: int = getattr(self, f"{fault.value}_ms", 0)
        return size_ms


@frozen
class ScriptedFault:
    """One planned fault: the `nth` (from 1) request of a method and path.

    For a stream the method is "STREAM" and the path is the stream's name: the nth frame.
    `size_ms` replaces the fault's own size when it is not None.
    """

    method: str
    path: str
    nth: int
    fault: Fault
    executed: bool = True
    size_ms: int | None = None


@frozen
class FaultScript:
    """Planned faults, in any order."""

    planned: tuple[ScriptedFault, ...] = ()
