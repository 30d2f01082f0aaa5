"""Paper market: a paper venue runs on a tape of any kind, or on a market drawn from a seed.

Owns the recognising of tapes (combined-stream lines, aggTrades and klines CSV; plain, gz or zip)
and of the symbols in them. A tape's symbol must be one whose filters the venue knows; one that is
not, or a file that is no tape, is a `ConfigurationError`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from attrs import evolve, frozen

from ...actors.errors import ConfigurationError
from ..venue.history_lines import SyntheticBook, aggregate_trades, klines
from ..venue.live_market import LiveMarket
from ..venue.market import Market, MarketEvent
from ..venue.scaled_clock import ScaledClock
from ..venue.seeded_market import BTC_WALK, ETH_WALK, SeededMarket, SeededMarketSettings, Walk
from ..venue.settings import BTCUSDT, ETHUSDT, SOLUSDT, XRPUSDT, SymbolRules
from ..venue.stream_lines import stream_tape
from ..venue.tape import TapeMarket, open_lines

PAPER_BTCUSDT = evolve(BTCUSDT, notional_min=Decimal(20))
"""Takes 0.001 at 50,000, which the venue of today does not: its least is 100."""
RULES: Mapping[str, SymbolRules] = MappingProxyType(
    {rules.symbol: rules for rules in (PAPER_BTCUSDT, ETHUSDT, SOLUSDT, XRPUSDT)}
)
WALKS: Mapping[str, Walk] = MappingProxyType(
    {
        walk.symbol: walk
        for walk in (
            BTC_WALK,
            ETH_WALK,
            Walk("SOLUSDT", Decimal("150.0000"), Decimal("0.0100"), touch_quantity=Decimal(400)),
            Walk("XRPUSDT", Decimal("0.6000"), Decimal("0.0001"), touch_quantity=Decimal(20000)),
        )
    }
)
SEEDED_SYMBOLS = ("BTCUSDT", "ETHUSDT")
PEEK_LINES = 200
PEEK_BYTES = 1 << 20
"""How much of a tape is looked at to learn its kind and symbols."""
HISTORY = MappingProxyType({7: aggregate_trades, 12: klines})
"""Columns of a history file -> what opens it."""
_SYMBOL_IN_STREAM = re.compile(rb'"s":"([A-Z0-9_]+)"')
_SYMBOL_IN_NAME = re.compile(r"[A-Z0-9]{2,}USD[TC]")


@frozen
class Live:
    """What a market brings along that goes on by itself."""

    rules: tuple[SymbolRules, ...]
    """Filters that its venue has published."""
    clock: ScaledClock
    """The only one that its times are of."""
    skew_ms: int
    """How far its venue's clock is ahead of that."""
    source: LiveMarket
    close: Callable[[], None]


@frozen
class OpenedMarket:
    """A market, ready to run."""

    market: Market
    symbols: tuple[str, ...]
    start_ns: int
    name: str
    tape: TapeMarket | None = None
    mark_is_mid: Callable[[], bool] = lambda: False
    """Whether some mark was made from the book, for want of a recorded one."""
    live: Live | None = None
    """Of a market whose prices come from a venue elsewhere."""

    @property
    def is_endless(self) -> bool:
        """True for a market that goes on until somebody stops."""
        return self.tape is None

    @property
    def rules(self) -> tuple[SymbolRules, ...]:
        """Filters of its symbols."""
        if self.live is not None:
            return self.live.rules
        return tuple(RULES[symbol] for symbol in self.symbols)

    @property
    def skew_ms(self) -> int:
        """How far the clock of its prices is ahead of the run's."""
        return 0 if self.live is None else self.live.skew_ms

    def hear(self, wake: Callable[[], None]) -> None:
        """Call `wake` when something has come that no time told of before; any thread."""
        if self.live is not None:
            self.live.source.wake = wake
            wake()

    def close(self) -> None:
        """Close the tape's file or the streams, if there are any."""
        if self.tape is not None:
            self.tape.close()
        if self.live is not None:
            self.live.close()

    def bad_lines(self) -> int:
        """Lines of the tape, or frames of the streams, that said nothing usable, so far."""
        if self.live is not None:
            return self.live.source.frames_left
        return 0 if self.tape is None else self.tape.fault_count


class Elsewhere:
    """A market that another process runs: nothing of it happens here."""

    def next_at_ns(self) -> int | None:
        """There is no event to wait for."""
        return None

    def advance(self, now_ns: int) -> Iterable[MarketEvent]:  # noqa: ARG002 - a port's form
        """There is no event at any time."""
        return ()


def elsewhere(symbols: tuple[str, ...], *, start_ns: int, name: str) -> OpenedMarket:
    """Return the market of a venue in another process."""
    return OpenedMarket(Elsewhere(), symbols, start_ns, name)


def seeded(symbols: tuple[str, ...], *, seed: int, start_ns: int) -> OpenedMarket:
    """Return an endless market drawn from a seed; raises `ConfigurationError`."""
    _check_symbols(symbols, "the seeded market")
    settings = SeededMarketSettings(walks=tuple(WALKS[symbol] for symbol in symbols))
    market = SeededMarket(settings, seed=seed, start_ns=start_ns)
    return OpenedMarket(market, symbols, start_ns, "seeded market")


def tape(path: Path, *, strict: bool = False, start_ns: int | None = None) -> OpenedMarket:
    """Open a tape of any kind; `start_ns` moves its first event there.

    Raises:
        ConfigurationError: It cannot be read, is no tape, or is of a symbol without filters.
        TapeError: A bad line, when `strict`.
    """
    head = _head(path)
    if not head:
        raise ConfigurationError(f"{path}: is empty")
    # Any of them: the first line may be the bad one.
    if any(_is_stream(line) for line in head):
        return _stream(path, head, strict=strict, start_ns=start_ns)
    return _history(path, head, strict=strict, start_ns=start_ns)


def _stream(path: Path, head: list[bytes], *, strict: bool, start_ns: int | None) -> OpenedMarket:
    symbols = tuple(sorted({name.decode() for name in _SYMBOL_IN_STREAM.findall(b"".join(head))}))
    symbols = symbols or _symbol_of_name(path)
    _check_symbols(symbols, str(path))
    market, parser = stream_tape(path, start_ns=start_ns, symbol=symbols[0], strict=strict)
    return _opened(path, market, symbols, lambda: parser.mark_is_mid)


def _history(path: Path, head: list[bytes], *, strict: bool, start_ns: int | None) -> OpenedMarket:
    counts = Counter(line.count(b",") + 1 for line in head)
    columns = next((each for each, _ in counts.most_common() if each in HISTORY), 0)
    if not columns:
        raise ConfigurationError(
            f"{path}: is no tape: neither combined-stream lines nor aggTrades or klines CSV"
        )
    symbols = _symbol_of_name(path)
    _check_symbols(symbols, str(path))
    book = SyntheticBook(symbols[0], RULES[symbols[0]].tick)
    market = HISTORY[columns](path, book, start_ns=start_ns, strict=strict)
    # Such files record no mark; it is the last price.
    return _opened(path, market, symbols, lambda: False)


def _opened(
    path: Path, market: TapeMarket, symbols: tuple[str, ...], mark_is_mid: Callable[[], bool]
) -> OpenedMarket:
    start_ns = market.next_at_ns()
    if start_ns is None:
        raise ConfigurationError(f"{path}: holds no market event")
    return OpenedMarket(market, symbols, start_ns, path.name, market, mark_is_mid)


def _head(path: Path) -> list[bytes]:
    try:
        with open_lines(path) as file:
            lines = islice(iter(lambda: file.readline(PEEK_BYTES), b""), PEEK_LINES)
            return [line for line in lines if not line.isspace()]
    except (OSError, EOFError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from None


def _is_stream(line: bytes) -> bool:
    stamp, _, rest = line.partition(b" ")
    return line.startswith(b"{") or (stamp.isdigit() and rest.startswith(b"{"))


def _symbol_of_name(path: Path) -> tuple[str, ...]:
    found = _SYMBOL_IN_NAME.search(path.name.upper())
    return (found.group(),) if found else ()


def _check_symbols(symbols: tuple[str, ...], where: str) -> None:
    if not symbols:
        raise ConfigurationError(f"{where}: names no symbol; call the file like ETHUSDT-trades.csv")
    unknown = [symbol for symbol in symbols if symbol not in RULES]
    if unknown:
        known = ", ".join(RULES)
        raise ConfigurationError(f"{where}: no filters for {', '.join(unknown)}; known: {known}")
