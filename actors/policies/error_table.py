"""Error table: what a failed venue call did, judged from its phase, code, status and text.

Owns the order in which evidence is heard: how far the request got, then the venue's code, then
the HTTP status. The function is total: what it does not know is an unknown outcome for a
mutation and a thing to ask again for a read, never a failure. It is called for failures; a
success that nobody could read comes here too and is unknown.

The rows are in `error_codes.py`. Source: Binance USDS-M general information, HTTP return codes
and the five kinds of 503, read 2026-11-20. The pages of futures do not name Retry-After; it is
honoured where it comes.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from attrs import evolve, frozen

from ...messages.values import ErrorKind, ErrorType, Operation, Outcome, Phase, Severity
from .error_codes import CODES, KINDS

PAUSE_MAX_MS = 3 * 24 * 60 * 60 * 1000
"""No pause is longer than the longest ban that the venue documents, whatever its text says."""

_BACKOFF_MS = 60_000
_BACKOFF_CAP_MS = 300_000
_BAN_MIN_MS = 120_000
_ORDER_WINDOW_MS = 10_000
_MINUTE_MS = 60_000

_TOO_MANY_REQUESTS = -1003
_TOO_MANY_ORDERS = -1015

_BANNED_UNTIL = re.compile(r"banned until (\d{13})(?!\d)", re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,9}", re.ASCII)

_TIMEOUT_WORDS = ("timeout", "timed out")


@frozen
class Verdict:
    """What the evidence says; `rule` names the row of the table that said it."""

    kind: ErrorKind
    outcome: Outcome
    error_type: ErrorType
    severity: Severity
    rule: str


# A 403 is the firewall's limit and not a missing right: it passes like a ban, with time.
_STATUSES: Mapping[int, ErrorKind] = MappingProxyType(
    {
        401: ErrorKind.AUTH,
        403: ErrorKind.BANNED,
        404: ErrorKind.BUG,
        418: ErrorKind.BANNED,
        429: ErrorKind.RATE_LIMITED,
    }
)

# The whole text, not a part of it: a gateway's page that speaks of "503 Service Unavailable"
# is not the venue's word and proves nothing.
_SERVICE_UNAVAILABLE = (503, "Service Unavailable.")


def classify(
    operation: Operation, phase: Phase, status: int, code: int | None, text: str
) -> Verdict:
    """Judge a venue call that did not end in a readable success.

    `status` and `code` count only when `phase` is ANSWERED; `code` is None when the body had
    none; `text` is the venue's message, the raw body, or the transport's words.
    """
    verdict = _judge(operation, phase, status, code, text)
    if operation.is_mutation or verdict.outcome is not Outcome.UNKNOWN:
        return verdict
    # A read leaves nothing behind at the venue, so a lost answer is only a bad connection.
    return evolve(verdict, kind=ErrorKind.NETWORK, outcome=Outcome.NOT_EXECUTED)


def _judge(operation: Operation, phase: Phase, status: int, code: int | None, text: str) -> Verdict:
    """Hear the evidence in its order, as if every call were a mutation."""
    if phase in (Phase.NOT_CONNECTED, Phase.NOT_SENT):
        return _of_kind(ErrorKind.NETWORK, f"phase {phase}")
    if phase is Phase.MAYBE_SENT:
        return _maybe_sent(text)
    if code is not None and code in CODES:
        return _of_code(code, status, text)
    if code is not None and operation.is_mutation:
        return _of_kind(ErrorKind.UNKNOWN_OUTCOME, f"unlisted code {code}")
    return _of_status(status, text)


def _of_kind(kind: ErrorKind, rule: str) -> Verdict:
    """Make the verdict that the kind usually means."""
    usual = KINDS[kind]
    return Verdict(
        kind=kind,
        outcome=usual.outcome,
        error_type=usual.error_type,
        severity=usual.severity,
        rule=rule,
    )


def _maybe_sent(text: str) -> Verdict:
    """Judge a request whose bytes may have arrived; the words tell a timeout from a reset."""
    lowered = text.lower()
    is_timeout = any(word in lowered for word in _TIMEOUT_WORDS)
    error_type = ErrorType.TIMEOUT_ERROR if is_timeout else ErrorType.NETWORK_ERROR
    verdict = _of_kind(ErrorKind.UNKNOWN_OUTCOME, f"phase {Phase.MAYBE_SENT}")
    return evolve(verdict, error_type=error_type)


def _of_code(code: int, status: int, text: str) -> Verdict:
    """Judge by the venue's code, which wins over the status."""
    row = CODES[code]
    rule = f"code {code} {row.name}"
    if row.kind is ErrorKind.RATE_LIMITED and (status == 418 or _BANNED_UNTIL.search(text)):
        return _of_kind(ErrorKind.BANNED, f"{rule}, banned")
    return Verdict(
        kind=row.kind,
        outcome=row.outcome,
        error_type=row.error_type,
        severity=row.severity,
        rule=rule,
    )


def _of_status(status: int, text: str) -> Verdict:
    """Judge by the HTTP status alone, for an answer without a code that we know."""
    kind = _STATUSES.get(status)
    if kind is not None:
        return _of_kind(kind, f"status {status}")
    if (status, text.strip()) == _SERVICE_UNAVAILABLE:
        return _of_kind(ErrorKind.VENUE_DOWN, "status 503 Service Unavailable.")
    verdict = _of_kind(ErrorKind.UNKNOWN_OUTCOME, f"status {status} without a known code")
    if status == 408:
        return evolve(verdict, error_type=ErrorType.TIMEOUT_ERROR)
    if 500 <= status <= 599:
        return evolve(verdict, error_type=ErrorType.API_ERROR)
    return verdict


def pause_until_ms(
    status: int,
    code: int | None,
    text: str,
    headers: Mapping[str, str],
    now_ms: int,
    consecutive: int,
) -> int | None:
    """Return until when the venue wants no more requests, or None when it said nothing such.

    Times are ms of the venue's clock. `consecutive` counts these answers in a row from 1. The
    venue's own words win, the later of Retry-After and "banned until"; else an order limit
    (-1015, which pauses placements only) waits for its window to turn, and anything else for
    60, 120, 240, 300 s. A ban is never taken for shorter than the two minutes documented.
    """
    assert consecutive >= 1, "the answer at hand is the first of its row"
    is_order_limit = code == _TOO_MANY_ORDERS
    is_ban = status in (403, 418)
    if not (is_order_limit or is_ban or code == _TOO_MANY_REQUESTS or status == 429):
        return None
    told_ms = _told_until_ms(text, headers, now_ms)
    if told_ms is not None:
        return told_ms
    if is_order_limit:
        return _window_end_ms(now_ms, _ORDER_WINDOW_MS if consecutive == 1 else _MINUTE_MS)
    backoff_ms = min(_BACKOFF_MS << min(consecutive - 1, 8), _BACKOFF_CAP_MS)
    return now_ms + (max(backoff_ms, _BAN_MIN_MS) if is_ban else backoff_ms)


def _window_end_ms(now_ms: int, window_ms: int) -> int:
    """Return when the fixed window that holds `now_ms` ends and the next one begins."""
    return now_ms - now_ms % window_ms + window_ms


def _told_until_ms(text: str, headers: Mapping[str, str], now_ms: int) -> int | None:
    """Return the latest time that the venue itself named and that lies ahead, if any."""
    times_ms = [
        until_ms
        for until_ms in (_retry_after_ms(headers, now_ms), _banned_until_ms(text))
        if until_ms is not None and until_ms > now_ms
    ]
    return min(max(times_ms), now_ms + PAUSE_MAX_MS) if times_ms else None


def _retry_after_ms(headers: Mapping[str, str], now_ms: int) -> int | None:
    """Read Retry-After in whole seconds; header names are written in any case."""
    for name, value in headers.items():
        if name.lower() == "retry-after" and _SECONDS.fullmatch(value.strip()):
            return now_ms + 1000 * int(value)
    return None


def _banned_until_ms(text: str) -> int | None:
    """Read the end of a ban, ms of the epoch, from the venue's sentence."""
    match = _BANNED_UNTIL.search(text)
    return int(match[1]) if match else None
