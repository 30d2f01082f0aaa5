"""Signals: lines become commands, figures keep their text, a bad line is named."""

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.adapters.signal_words import BadField
from callboard.actors.adapters.signals import (
    FAULTS_KEPT_MAX,
    LINE_BYTES_MAX,
    LineFault,
    SignalLines,
    lines_of,
    parse_line,
)
from callboard.messages.intake import (
    AmendOrder,
    CancelOrder,
    ExecuteAlgorithm,
    FlattenPositions,
    HaltTrading,
    HostCommand,
    ResumeTrading,
    SubmitSignal,
)
from callboard.messages.plans import Chase, TrailingStop, Twap, Vwap
from callboard.messages.values import (
    OrderType,
    PositionSide,
    PriceMatch,
    SignalSource,
    SignalType,
    TimeInForce,
    WorkingType,
)

WISH: dict[str, Any] = {
    "signal_id": "s1",
    "at_ms": 1_723_161_260_000,
    "signal": "LONG_ENTRY",
    "symbol": "ETHUSDT",
}


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def parsed(**fields: Any) -> HostCommand:
    return parse_line(line(**fields), 7).command


def refusal(raw: bytes) -> str:
    with pytest.raises(BadField) as raised:
        parse_line(raw, 1)
    return str(raised.value)


def test_a_signal_needs_four_fields_and_is_told_at_its_time() -> None:
    timed = parse_line(line(**WISH), 3)

    assert (1_723_161_260_000, 3) == (timed.at_ms, timed.line)
    assert SubmitSignal("s1", 1_723_161_260_000, SignalType.LONG_ENTRY, "ETHUSDT") == timed.command


def test_a_signal_carries_every_field_of_the_interface() -> None:
    command = parsed(
        **WISH,
        quantity="0.055",
        order_type="LIMIT",
        price="2680.10",
        stop_loss="2650",
        take_profit="2700",
        confidence=0.9,
        confluence_score="4.5",
        signal_strength=1,
        strategy="cross",
        expires_at_ms=1_723_161_270_000,
        time_in_force="GTX",
        position_side="LONG",
        working_type="CONTRACT_PRICE",
        leverage_max=5,
        client_tag="tag",
        source="manual",
        model_version="m-7",
        price_match="queue_5",
    )

    expected = SubmitSignal(
        signal_id="s1",
        at_ms=1_723_161_260_000,
        signal=SignalType.LONG_ENTRY,
        symbol="ETHUSDT",
        quantity=Decimal("0.055"),
        order_type=OrderType.LIMIT,
        price=Decimal("2680.10"),
        stop_loss=Decimal(2650),
        take_profit=Decimal(2700),
        confidence=Decimal("0.9"),
        confluence_score=Decimal("4.5"),
        signal_strength=Decimal(1),
        strategy="cross",
        expires_at_ms=1_723_161_270_000,
        time_in_force=TimeInForce.GTX,
        position_side=PositionSide.LONG,
        working_type=WorkingType.CONTRACT_PRICE,
        leverage_max=5,
        client_tag="tag",
        source=SignalSource.MANUAL,
        model_version="m-7",
        price_match=PriceMatch.QUEUE_5,
    )
    assert expected == command


@given(st.decimals("0.0000001", 10**9, places=10), st.booleans())
def test_a_figure_keeps_every_digit_bare_or_as_text(figure: Decimal, as_text: bool) -> None:
    text = f"{figure:f}"
    raw = json.dumps({**WISH, "quantity": "Q"}).replace('"Q"', f'"{text}"' if as_text else text)

    command = parse_line(raw.encode(), 1).command

    assert isinstance(command, SubmitSignal)
    assert text == str(command.quantity) or figure == command.quantity


def test_commands_are_lines_of_their_own() -> None:
    commands = [
        parsed(command="cancel", command_id="c1", signal_id="s1"),
        parsed(command="amend", command_id="c2", signal_id="s1", price="10.5"),
        parsed(command="amend", command_id="c3", signal_id="s1", quantity=2),
        parsed(command="flatten", command_id="c4", symbol="ETHUSDT", reason="done"),
        parsed(command="flatten", command_id="c5"),
        parsed(command="halt", command_id="c6", reason="news"),
        parsed(command="resume", command_id="c7", reason="over"),
    ]

    assert [
        CancelOrder("c1", "s1"),
        AmendOrder("c2", "s1", Decimal("10.5"), None),
        AmendOrder("c3", "s1", None, Decimal(2)),
        FlattenPositions("c4", "ETHUSDT", "done"),
        FlattenPositions("c5", "", ""),
        HaltTrading("c6", "news"),
        ResumeTrading("c7", "over"),
    ] == commands


def test_a_command_without_an_id_has_the_same_one_at_every_reading() -> None:
    first = parse_line(b'{"command":"halt"}', 4).command
    again = parse_line(b'{"command":"halt"}\n', 4).command
    elsewhere = parse_line(b'{"command":"halt"}', 5).command
    other = parse_line(b'{"command":"halt","reason":"x"}', 4).command

    ids = [
        each.command_id
        for each in (first, again, elsewhere, other)
        if isinstance(each, HaltTrading)
    ]

    assert 4 == len(ids)
    assert ids[0] == ids[1]
    assert 3 == len(set(ids))


def test_a_command_may_have_a_time() -> None:
    assert 5 == parse_line(b'{"command":"halt","at_ms":5}', 1).at_ms
    assert 0 == parse_line(b'{"command":"halt"}', 1).at_ms


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"not json", "json: Expecting value"),
        (b"[1]", "json: is no object"),
        (b"\xff\xfe{}", "json: "),
        (b'{"a":' * 20_000, "line: is longer than"),
        (b'{"a":' * 5_000, "json: "),
        (line(**WISH, sybmol="X"), "sybmol: unknown field"),
        (line(command="halt", symbol="X"), "symbol: unknown field"),
        (
            line(command="explode"),
            "command: must be one of cancel, amend, cancel_all, flatten, halt, resume",
        ),
        (line(command=5), "command: must be one of"),
        (line(command="cancel"), "signal_id: must be text, not nothing"),
        (line(command="amend", signal_id="s"), "price: an amend needs a price or a quantity"),
        (b'{"signal_id":"a","signal_id":"b"}', "signal_id: stands there twice"),
        (line(signal_id="a", at_ms=1, signal="LONG_ENTRY"), "symbol: is missing"),
        (line(**{**WISH, "signal_id": 5}), "signal_id: must be text, not 5"),
        (line(**{**WISH, "signal_id": ""}), "signal_id: must be text, not ''"),
        (line(**{**WISH, "signal_id": "a\nb"}), "signal_id: holds characters"),
        (line(**{**WISH, "signal_id": "a" * 300}), "signal_id: is longer than 256"),
        (line(**{**WISH, "signal": "UP"}), "signal: must be one of LONG_ENTRY"),
        (line(**{**WISH, "at_ms": 1.5}), "at_ms: must be a whole number, not 1.5"),
        (line(**{**WISH, "at_ms": -1}), "at_ms: must be a whole number, not -1"),
        (line(**{**WISH, "at_ms": True}), "at_ms: must be a whole number, not True"),
        (line(**{**WISH, "at_ms": 10**30}), "at_ms: must be a whole number"),
        (line(**WISH, order_type="STOP_MARKET"), "order_type: must be one of MARKET, LIMIT"),
        (line(**WISH, quantity="0"), "quantity: must be above 0, not '0'"),
        (line(**WISH, trailing=1), "trailing: must be an object with its callback_pct"),
        (line(**WISH, trailing={}), "trailing.callback_pct: is missing"),
        (
            line(**WISH, trailing={"callback_pct": 1, "x": 1}),
            "trailing.x: is none of callback_pct, activate_price",
        ),
        (
            line(**WISH, trailing={"callback_pct": "0"}),
            "trailing.callback_pct: must be above 0, not '0'",
        ),
        (line(**WISH, price=-5), "price: must be above 0, not -5"),
        (line(**WISH, price="ten"), "price: must be a number, not 'ten'"),
        (line(**WISH, price=None), "price: must be a number, not nothing"),
        (line(**WISH, price=[]), "price: must be a number, not []"),
        (line(**WISH, price="1e999999"), "price: must be a number within reason"),
        (line(**WISH, price="9" * 50), "price: must be a number, not "),
        (line(**WISH, confidence=float("nan")), "confidence: must be a number, not NaN"),
        (line(**WISH, confidence=30), "confidence: must be 0 to 1, not 30"),
        (line(**WISH, quantity="1_000"), "quantity: must be a number, not '1_000'"),
        (line(**WISH, quantity=" 1 "), "quantity: must be a number, not ' 1 '"),
        (line(**WISH, quantity="\u0661"), "quantity: must be a number"),
        (line(**WISH, quantity=[1]), "quantity: must be a number, not [1]"),
        (line(**{**WISH, "at_ms": 1_723_161_260}), "at_ms: must be in milliseconds since 1970"),
        (line(**WISH, expires_at_ms=10**15), "expires_at_ms: must be in milliseconds"),
        (line(command=None), "command: must be one of"),
        (b"{\n", "json: Expecting property name enclosed in double quotes at column 2"),
        ("{}".encode("utf-16"), "json: is not UTF-8 at byte 1"),
    ],
)
def test_a_bad_line_is_refused_with_its_field_and_the_reason(raw: bytes, reason: str) -> None:
    assert refusal(raw).startswith(reason)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_are_more_than_a_bad_line(raw: bytes) -> None:
    lines = SignalLines([raw + b"!"], "f")

    told = list(lines)

    assert ([], 1) == (told, lines.fault_count)


def test_a_byte_order_mark_and_carriage_returns_are_no_part_of_a_line() -> None:
    lines = SignalLines([b"\xef\xbb\xbf" + line(**WISH) + b"\r\n", b"\xef\xbb\xbf{}\r\n"], "f")

    told = list(lines)

    assert ([1], [2]) == ([each.line for each in told], [each.line for each in lines.faults])


def test_a_source_that_fails_is_a_fault_and_an_end() -> None:
    def failing() -> Iterator[bytes]:
        yield line(**WISH)
        raise OSError(5, "Input/output error")

    lines = SignalLines(failing(), "f")

    assert [1] == [each.line for each in lines]
    assert ["f:2: file: cannot be read from here on: Input/output error"] == [
        str(each) for each in lines.faults
    ]


def test_bad_lines_are_counted_and_the_others_go_on() -> None:
    lines = SignalLines([line(**WISH), b"\n", b"{", line(command="halt")], "f.jsonl")

    told = list(lines)

    assert [1, 4] == [each.line for each in told]
    assert (4, 1) == (lines.read, lines.fault_count)
    fault = lines.faults[0]
    assert LineFault("f.jsonl", 3, "json", fault.reason) == fault
    assert str(fault).startswith("f.jsonl:3: json: ")


def test_only_the_first_faults_are_kept_and_all_are_counted() -> None:
    lines = SignalLines([b"{"] * (FAULTS_KEPT_MAX + 50), "f")

    assert [] == list(lines)
    assert (FAULTS_KEPT_MAX, FAULTS_KEPT_MAX + 50) == (len(lines.faults), lines.fault_count)


def test_a_line_without_end_is_one_bad_line_and_no_memory() -> None:
    stream = io.BytesIO(b"x" * (3 * LINE_BYTES_MAX) + b"\n" + line(command="halt"))

    lines = SignalLines(lines_of(stream), "f")
    told = list(lines)

    assert [2] == [each.line for each in told]
    assert f"is longer than {LINE_BYTES_MAX} bytes" == lines.faults[0].reason


TWAP = {"plan": "twap", "duration_ms": 60_000, "slices": 6}


def test_a_signal_with_an_algorithm_is_carried_out_by_its_plan() -> None:
    plain = parsed(**WISH, quantity="0.3", confidence=0.9)
    command = parsed(
        **WISH, quantity="0.3", confidence=0.9, algorithm={**TWAP, "jitter_pct": "12.5"}
    )

    assert ExecuteAlgorithm(cast(SubmitSignal, plain), Twap(60_000, 6, Decimal("12.5"))) == command


def test_a_signal_may_have_its_position_followed() -> None:
    at_once = parsed(**WISH, trailing={"callback_pct": "0.5"})
    later = parsed(**WISH, trailing={"callback_pct": 1, "activate_price": "2700"})

    assert isinstance(at_once, SubmitSignal)
    assert isinstance(later, SubmitSignal)
    assert TrailingStop(Decimal("0.5")) == at_once.trailing
    assert TrailingStop(Decimal(1), Decimal(2700)) == later.trailing


def test_a_chase_says_whether_it_takes() -> None:
    plan = {"plan": "chase", "moves_max": 3, "distance_bps_max": "20.5", "takes": True}

    command = parsed(**WISH, quantity="0.3", algorithm=plan)

    assert isinstance(command, ExecuteAlgorithm)
    assert Chase(3, Decimal("20.5"), takes=True) == command.plan


def test_a_curve_keeps_the_text_of_its_figures() -> None:
    plan = {"plan": "vwap", "duration_ms": 9_000, "curve": [1.10, "2"], "participation_pct_max": 5}

    command = parsed(**WISH, quantity="0.3", algorithm=plan)

    assert isinstance(command, ExecuteAlgorithm)
    assert Vwap(9_000, (Decimal("1.1"), Decimal(2)), Decimal(5)) == command.plan


@pytest.mark.parametrize(
    ("algorithm", "fault"),
    [
        ("twap", "algorithm: must be an object with its plan"),
        (
            {"plan": "wap"},
            "algorithm.plan: must be one of twap, vwap, iceberg, bracket, chase, oco",
        ),
        ({**TWAP, "slice": 3}, "algorithm.slice: is none of duration_ms, slices, jitter_pct"),
        ({"plan": "twap", "slices": 6}, "algorithm.duration_ms: is missing"),
        ({**TWAP, "slices": 1.5}, "algorithm.slices: must be a whole number, not 1.5"),
        (
            {"plan": "chase", "moves_max": 3, "distance_bps_max": 20, "takes": "yes"},
            "algorithm.takes: must be true or false",
        ),
        ({"plan": "bracket", "show": 1}, "algorithm.show: a plan without fields"),
        (
            {"plan": "vwap", "duration_ms": 9_000, "curve": 5, "participation_pct_max": 5},
            "algorithm.curve: must be a list of figures",
        ),
        ({**TWAP, "jitter_pct": "x"}, "algorithm.jitter_pct: must be a number, not 'x'"),
    ],
)
def test_a_bad_plan_is_named_with_its_field(algorithm: object, fault: str) -> None:
    assert fault == refusal(line(**WISH, quantity="0.3", algorithm=algorithm))
