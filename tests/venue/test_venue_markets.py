"""Sources of market events: recorded streams, history files and the seeded walk."""

import gzip
import zipfile
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from attrs import evolve

from callboard.scenarios.venue.history_lines import SyntheticBook, aggregate_trades, klines
from callboard.scenarios.venue.market import Depth, Mark, Market, MarketEvent, Quote, Trade
from callboard.scenarios.venue.seeded_market import (
    BTC_WALK,
    SeededMarket,
    SeededMarketSettings,
    Walk,
)
from callboard.scenarios.venue.settings import ETHUSDT, VenueSettings
from callboard.scenarios.venue.stream_lines import stream_tape
from callboard.scenarios.venue.tape import TapeError
from callboard.scenarios.venue.venue import Venue
from venue_world import START_NS

FOREVER_NS = 1 << 62
TICKER = (
    '{"stream":"ethusdt@bookTicker","data":{"e":"bookTicker","u":1,"s":"ETHUSDT","b":"2681.62",'
    '"B":"1.165","a":"2681.63","A":"73.077","T":1723161256310,"E":1723161256311}}'
)
TRADE = (
    '{"stream":"ethusdt@trade","data":{"e":"trade","E":1723161256300,"T":1723161256300,'
    '"s":"ETHUSDT","t":1,"p":"2681.62","q":"1.000","X":"MARKET","m":true}}'
)
SNAPSHOT = '{"lastUpdateId":100,"bids":[["2681.62","16.969"]],"asks":[["2681.63","1.0"]]}'
DEPTH = (
    '{"data":{"e":"depthUpdate","E":1723161256400,"s":"ETHUSDT","U":%d,"u":%d,"pu":%d,'
    '"b":[["2681.00","1.0"]],"a":[]}}'
)


def written(folder: Path, *lines: str, name: str = "tape.txt") -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    return path


def drained(market: Market) -> list[MarketEvent]:
    return list(market.advance(FOREVER_NS))


def test_a_recorded_line_becomes_a_quote_in_venue_time_with_both_stamps(tmp_path: Path) -> None:
    market, parser = stream_tape(written(tmp_path, f"1723161255088165267 {TICKER}"))

    quote, mark = drained(market)

    assert isinstance(quote, Quote)
    assert (1723161256311_000_000, 1723161255088165267) == (quote.at_ns, quote.local_ns)
    assert (Decimal("2681.62"), Decimal("73.077")) == (quote.bid, quote.ask_quantity)
    assert isinstance(mark, Mark)
    assert mark.price == Decimal("2681.625")
    assert parser.mark_is_mid


def test_venue_time_never_goes_backwards(tmp_path: Path) -> None:
    market, _ = stream_tape(written(tmp_path, TICKER, TRADE))

    *_, trade = drained(market)

    assert isinstance(trade, Trade)
    assert trade.at_ns == 1723161256311_000_000


def test_a_recorded_mark_price_ends_the_made_ones(tmp_path: Path) -> None:
    marked = '{"e":"markPriceUpdate","E":1723161256311,"s":"ETHUSDT","p":"2690.00","i":"1","r":"0"}'
    later = TICKER.replace("1723161256311", "1723161299999")
    market, parser = stream_tape(written(tmp_path, marked, TICKER, later))

    marks = [event for event in drained(market) if isinstance(event, Mark)]

    assert [Decimal("2690.00")] == [mark.price for mark in marks]
    assert not parser.mark_is_mid


def test_a_bare_snapshot_belongs_to_the_symbol_before_it(tmp_path: Path) -> None:
    old, fresh = DEPTH % (90, 99, 89), DEPTH % (100, 110, 99)
    market, parser = stream_tape(written(tmp_path, TICKER, f"1 {SNAPSHOT}", old, fresh))

    books = [event for event in drained(market) if isinstance(event, Depth)]

    assert [True, False] == [book.is_snapshot for book in books]
    assert {"ETHUSDT"} == {book.symbol for book in books}
    assert parser.depth_gaps == 0


def test_a_gap_in_depth_updates_is_counted(tmp_path: Path) -> None:
    lines = (DEPTH % (1, 5, 0), DEPTH % (6, 9, 5), DEPTH % (20, 30, 19))
    market, parser = stream_tape(written(tmp_path, *lines))

    drained(market)

    assert parser.depth_gaps == 1


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("12 {not json", "json"),
        ("yesterday {}", "local time"),
        ("[1]", "local time"),
        ('{"data":[1]}', "data"),
        (TICKER.replace('"2681.62"', '"many"'), "b"),
        (TICKER.replace('"2681.62"', "2681.62"), "b"),
        (TICKER.replace('"2681.62"', '"NaN"'), "b"),
        (TICKER.replace('"2681.62"', '"-1"'), "b"),
        (TICKER.replace('"2681.62"', '"2681.63"'), "b"),
        (TICKER.replace('"s":"ETHUSDT",', ""), "s"),
        (TICKER.replace('"E":1723161256311', '"E":"soon"'), "E"),
        (TRADE.replace('"p":"2681.62"', '"p":"0"'), "p"),
        (TRADE.replace('"m":true', '"m":1'), "m"),
        (DEPTH.replace('[["2681.00","1.0"]]', '[["2681.00"]]') % (1, 2, 0), "b"),
        (DEPTH.replace('"1.0"', '"-1.0"') % (1, 2, 0), "b"),
        (SNAPSHOT, "symbol"),
    ],
)
def test_a_bad_line_is_a_fault_with_its_number_and_field_and_is_skipped(
    tmp_path: Path, line: str, field: str
) -> None:
    path = written(tmp_path, "", line, TICKER)

    market, _ = stream_tape(path)
    events = drained(market)

    [fault] = market.faults
    assert (str(path), 2, field) == (fault.path, fault.line, fault.field)
    assert len(events) == 2
    with pytest.raises(TapeError, match=f"tape.txt:2: {field}: "):
        stream_tape(path, strict=True)


def test_events_of_no_interest_are_counted_and_left(tmp_path: Path) -> None:
    market, parser = stream_tape(written(tmp_path, '{"e":"kline","E":1,"s":"ETHUSDT"}', TRADE))

    assert len(drained(market)) == 1
    assert (1, 0) == (parser.ignored, market.fault_count)


def test_a_tape_can_be_moved_to_another_time(tmp_path: Path) -> None:
    later = TICKER.replace("1723161256311", "1723161257311")
    market, _ = stream_tape(written(tmp_path, TICKER, later), start_ns=START_NS)

    times = [event.at_ns for event in drained(market) if isinstance(event, Quote)]

    assert [START_NS, START_NS + 1_000_000_000] == times


def test_reading_stops_where_it_is_told_and_loses_nothing(tmp_path: Path) -> None:
    later = TICKER.replace("1723161256311", "1723161257311")
    market, _ = stream_tape(written(tmp_path, TICKER, later), start_ns=START_NS)

    first = next(iter(market.advance(START_NS)))
    rest = drained(market)

    assert isinstance(first, Quote)
    assert [Mark, Quote, Mark] == [type(event) for event in rest]
    assert market.next_at_ns() is None


def test_the_recorded_tape_runs_through_a_venue_without_a_fault(tape_path: Path) -> None:
    market, parser = stream_tape(tape_path, strict=True)
    start_ns = market.next_at_ns()
    assert start_ns is not None
    venue = Venue(VenueSettings(symbols=(ETHUSDT,)), market, seed=1, start_ns=start_ns)

    venue.step(start_ns + 400_000_000_000)

    assert venue.market_over
    assert market.lines_read == 74_655
    assert (0, 0) == (market.fault_count, parser.depth_gaps)
    assert venue.last_market_at_ns is not None
    assert venue.last_market_at_ns - start_ns > 340_000_000_000
    book = venue.core.books["ETHUSDT"]
    assert Decimal(2500) < book.bid < book.ask < Decimal(2800)


AGG_HEADER = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
AGG_ROW = "1,2600.00,0.5,1,1,1700000040000,true"
KLINE_ROW = "1700000040000,2600.00,2620.00,2590.00,2610.00,40,1700000099999,0,1,0,0,0"
BOOK = SyntheticBook("ETHUSDT", Decimal("0.01"), level_quantity=Decimal(3))


def test_aggregate_trades_make_a_one_tick_book(tmp_path: Path) -> None:
    path = tmp_path / "trades.csv.gz"
    path.write_bytes(gzip.compress(f"{AGG_HEADER}\n{AGG_ROW}\n".encode()))

    quote, trade, mark = drained(aggregate_trades(path, BOOK, strict=True))

    assert isinstance(quote, Quote)
    assert (Decimal("2600.00"), Decimal("2600.01")) == (quote.bid, quote.ask)
    assert quote.bid_quantity == Decimal(3)
    assert isinstance(trade, Trade)
    assert (START_NS, Decimal("0.5"), True) == (trade.at_ns, trade.quantity, trade.is_buyer_maker)
    assert isinstance(mark, Mark)
    assert mark.price == trade.price


def test_a_rising_kline_goes_open_low_high_close(tmp_path: Path) -> None:
    path = tmp_path / "klines.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("klines.csv", KLINE_ROW + "\n")

    trades = [
        event for event in drained(klines(path, BOOK, strict=True)) if isinstance(event, Trade)
    ]

    assert ["2600.00", "2590.00", "2620.00", "2610.00"] == [str(trade.price) for trade in trades]
    assert [0, 15, 30, 45] == [(trade.at_ns - START_NS) // 1_000_000_000 for trade in trades]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("1,2600.00,0.5", "columns"),
        (AGG_ROW.replace("2600.00", "0"), "price"),
        (AGG_ROW.replace("0.5", "much"), "quantity"),
        (AGG_ROW.replace("true", "maybe"), "is_buyer_maker"),
        (AGG_ROW.replace("1700000040000", "now"), "transact_time"),
    ],
)
def test_a_bad_history_line_is_a_fault(tmp_path: Path, line: str, field: str) -> None:
    market = aggregate_trades(written(tmp_path, line, AGG_ROW, name="trades.csv"), BOOK)

    drained(market)

    assert [(1, field)] == [(fault.line, fault.field) for fault in market.faults]


def test_the_mark_is_told_again_between_two_klines_and_not_over_a_hole(tmp_path: Path) -> None:
    minute, day_ms = 60_000, 86_400_000
    opened = [int(KLINE_ROW[:13]) + ms for ms in (0, minute, minute + 2 * day_ms)]
    rows = [
        KLINE_ROW.replace(KLINE_ROW[:13], str(ms)).replace("1700000099999", str(ms + minute - 1))
        for ms in opened
    ]
    market = klines(written(tmp_path, *rows, name="klines.csv"), BOOK, strict=True)

    marks = [event for event in drained(market) if isinstance(event, Mark)]

    gaps = {(after.at_ns - before.at_ns) // 1_000_000 for before, after in pairwise(marks)}
    assert {3_000, 2 * day_ms - 45_000} == gaps
    assert 3 * 16 + 4 == len(marks)


def test_a_header_is_one_only_before_the_first_row(tmp_path: Path) -> None:
    path = written(tmp_path, AGG_HEADER, AGG_ROW, AGG_HEADER, name="trades.csv")
    market = aggregate_trades(path, BOOK)

    drained(market)

    assert [3] == [fault.line for fault in market.faults]


@pytest.mark.parametrize("name", ["tape.jsonl", "tape.jsonl.gz"])
def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path, name: str) -> None:
    raw = b"\xef\xbb\xbf" + TICKER.encode() + b"\r\n"
    path = tmp_path / name
    path.write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)

    market, _ = stream_tape(path, strict=True)

    assert [Quote, Mark] == [type(event) for event in drained(market)]


def test_a_line_that_says_nothing_is_a_fault_and_a_strict_reading_counts_it(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, TICKER, '{"stream":"x","data":{}}', TICKER)
    mild, _ = stream_tape(path)
    drained(mild)
    strict, _ = stream_tape(path, strict=True)

    with pytest.raises(TapeError, match="data: is empty"):
        drained(strict)

    assert (1, 1) == (mild.fault_count, strict.fault_count)


def test_a_tape_of_bare_snapshots_says_that_its_mark_is_the_middle(tmp_path: Path) -> None:
    market, parser = stream_tape(written(tmp_path, SNAPSHOT), symbol="ETHUSDT")

    events = drained(market)

    assert [Depth] == [type(event) for event in events]
    assert parser.mark_is_mid


def test_a_kline_whose_range_does_not_hold_its_close_is_a_fault(tmp_path: Path) -> None:
    bad = KLINE_ROW.replace("2620.00", "2605.00")
    market = klines(written(tmp_path, bad, name="klines.csv"), BOOK)

    assert drained(market) == []
    assert market.faults[0].field == "high"


def test_a_seeded_market_repeats_itself_and_differs_by_seed() -> None:
    def events(seed: int) -> list[MarketEvent]:
        market = SeededMarket(seed=seed, start_ns=START_NS)
        return list(market.advance(START_NS + 10_000_000_000))

    assert events(1) == events(1)
    assert events(1) != events(2)


def test_a_seeded_market_stays_on_ticks_in_time_order_and_inside_its_duration() -> None:
    walk = Walk("ETHUSDT", Decimal("2600.00"), Decimal("0.01"), jump_probability=0.2)
    settings = SeededMarketSettings(walks=(walk,), duration_ms=20_000)
    market = SeededMarket(settings, seed=3, start_ns=START_NS)

    events = drained(market)

    quotes = [event for event in events if isinstance(event, Quote)]
    assert all(quote.bid % walk.tick == 0 and quote.bid < quote.ask for quote in quotes)
    assert all(before.at_ns <= after.at_ns for before, after in pairwise(events))
    assert events[-1].at_ns <= START_NS + 20_000_000_000
    assert market.next_at_ns() is None
    assert {Quote, Trade, Mark} == {type(event) for event in events}


def test_a_walk_that_is_pulled_home_stays_near_where_it_began() -> None:
    walk = evolve(BTC_WALK, jump_probability=0.0)
    market = SeededMarket(SeededMarketSettings(walks=(walk,)), seed=3, start_ns=START_NS)

    events = list(market.advance(START_NS + 900_000_000_000))

    bids = [event.bid for event in events if isinstance(event, Quote)]
    assert max(abs(bid - walk.start) for bid in bids) < walk.start / 200
    assert max(bids) > walk.start > min(bids)


def test_a_seeded_walk_turns_at_its_floor() -> None:
    walk = Walk(
        "ETHUSDT", Decimal("50.00"), Decimal("0.01"), volatility_ticks=2000.0,
        price_floor=Decimal("40.00"),
    )  # fmt: skip
    market = SeededMarket(SeededMarketSettings(walks=(walk,)), seed=3, start_ns=START_NS)

    events = list(market.advance(START_NS + 60_000_000_000))

    bids = [event.bid for event in events if isinstance(event, Quote)]
    assert min(bids) >= Decimal("40.00")
