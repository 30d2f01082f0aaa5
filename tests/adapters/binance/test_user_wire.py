"""Test of UserWire: its key, what it hears, and how it tells idle from dead."""

import json
import logging
from http import HTTPStatus
from typing import Any

import pytest

from support.stream_server import pass_until
from support.wire_bench import LISTEN_KEY, ORDER, UserBench

KEY = "key-1"
MINUTES = 60


def test_without_a_key_it_wants_one_and_connects_nowhere() -> None:
    with UserBench() as bench:
        bench.ear.wait_for("key")

        assert ["the stream has no key"] == bench.ear.reasons("key")
        assert [] == bench.server.tried


def test_an_answer_that_passes_opens_the_private_stream_and_goes_on_without_its_key() -> None:
    with UserBench() as bench:
        left = bench.give("a+b/c")

        line = bench.server.line()
        bench.ear.wait_for("open")

    assert "/private/ws/a%2Bb%2Fc" == line.path
    assert ({"listenKey": "***"}, "") == (left.body, left.text)


def test_a_key_that_the_venue_does_not_give_is_wanted_again_and_less_and_less_often() -> None:
    with UserBench() as bench:
        for count, seconds in enumerate([5.1, 10.1, 20.1, 40.1, 60.1, 60.1], start=1):
            bench.ear.wait_for("key", count)
            bench.answer("POST", LISTEN_KEY, "", 503)
            bench.clock.advance(seconds)
        bench.ear.wait_for("key", 7)


def test_a_key_that_nobody_asked_the_venue_for_is_wanted_as_soon_as_the_first_time() -> None:
    """In a ban no request gets a permit; once it is over no further minute may pass."""
    with UserBench() as bench:
        for count in range(1, 25):
            bench.ear.wait_for("key", count)
            bench.clock.advance(5.1)
        bench.ear.wait_for("key", 25)


def test_an_answer_that_holds_no_key_changes_nothing() -> None:
    with UserBench() as bench:
        refused = bench.answer("POST", LISTEN_KEY, {"code": -2015, "msg": "Invalid key"}, 401)
        strange = bench.answer("POST", LISTEN_KEY, ["key"])
        bench.connected()

        assert (401, {"code": -2015, "msg": "Invalid key"}) == (refused.status, refused.body)
        assert ["key"] == strange.body


def test_frames_are_told_as_they_came_and_no_number_becomes_a_float() -> None:
    with UserBench() as bench:
        line = bench.connected()

        line.say_raw('{"e":"X","a":0.10,"b":1e-05,"c":9007199254740993,"d":"0.30"}')
        bench.ear.wait_for("frame")

    expected = {"e": "X", "a": "0.10", "b": "1e-05", "c": 9007199254740993, "d": "0.30"}
    assert [expected] == bench.ear.frames


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("<html>502</html>", "is no JSON"),
        ("[1,2]", "is no object but list"),
        ('{"a":NaN}', "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ('{"e":"' + "x" * (10 << 20) + '"}', "has 10485768 bytes, of 1048576 allowed"),
    ],
    ids=["html", "list", "nan", "no-utf-8", "deep", "10-MB"],
)
def test_what_is_no_frame_is_told_and_the_next_frame_is_heard(
    said: str | bytes, reason: str
) -> None:
    with UserBench() as bench:
        line = bench.connected()

        line.say_raw(said)
        line.say({"e": "NEXT"})
        bench.ear.wait_for("frame")

    assert ["key", "open", "unreadable", "frame"] == bench.ear.kinds
    assert [reason] == bench.ear.reasons("unreadable")


def test_a_key_in_what_is_no_frame_is_not_told() -> None:
    with UserBench() as bench:
        bench.connected().say_raw(json.dumps(["x" * 1_990, KEY]))
        bench.ear.wait_for("unreadable")

    assert KEY not in str(bench.ear.heard)


def test_no_log_line_of_a_host_that_wants_them_all_holds_the_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with UserBench() as bench:
        bench.connected().say({"e": "X"})
        bench.ear.wait_for("frame")
        bench.server.status = HTTPStatus.BAD_GATEWAY
        bench.server.line().hang_up(1011, "broken")
        pass_until(bench.clock, lambda: len(bench.server.tried) > 1)
        bench.server.status = HTTPStatus.SWITCHING_PROTOCOLS
        bench.reopened()

    ours = [each for each in caplog.records if not each.name.startswith("websockets.server")]
    assert KEY not in "".join(each.getMessage() for each in ours)


def test_a_flood_is_told_whole_and_in_order() -> None:
    with UserBench() as bench:
        line = bench.connected()

        line.say(*({"e": "X", "n": number} for number in range(3_000)))
        line.hang_up()
        bench.ear.wait_for("close")

    assert list(range(3_000)) == [frame["n"] for frame in bench.ear.frames]


def test_a_key_is_renewed_every_half_hour_without_another_connection() -> None:
    with UserBench() as bench:
        line = bench.connected()
        for count in (2, 3, 4):
            bench.clock.advance(30 * MINUTES + 1)
            bench.ear.wait_for("key", count)
            bench.give()
        line.say({"e": "STILL"})
        bench.ear.wait_for("frame")

    assert ["the listen key must be renewed"] * 3 == bench.ear.reasons("key")[1:]
    assert 1 == len(bench.server.tried)


def test_another_key_than_the_connection_s_means_a_dead_stream_and_is_connected_by() -> None:
    with UserBench() as bench:
        first = bench.connected()

        bench.give("key-2")
        first.wait_ended()
        bench.reopened()
        second = bench.server.line(1)

    assert "/private/ws/key-2" == second.path
    assert ["the account has another listen key"] == bench.ear.reasons("close")[:1]


def test_an_expired_key_is_a_loss_and_nothing_is_connected_before_a_new_one_comes() -> None:
    with UserBench() as bench:
        line = bench.connected()

        line.say({"e": "listenKeyExpired", "E": 1, "listenKey": KEY})
        pass_until(bench.clock, lambda: 2 == bench.ear.kinds.count("key"))
        tried = len(bench.server.tried)
        bench.give("key-2")
        bench.reopened()
        second = bench.server.line(1)

    assert (1, "/private/ws/key-2") == (tried, second.path)
    assert ["the venue says that the listen key has expired"] == bench.ear.reasons("close")[:1]
    assert [] == bench.ear.frames


def test_a_key_that_nobody_could_renew_for_an_hour_is_taken_for_dead() -> None:
    with UserBench() as bench:
        bench.connected()

        bench.clock.advance(60 * MINUTES + 1)
        bench.ear.wait_for("close")

    assert ["nobody renewed the listen key for an hour"] == bench.ear.reasons("close")


def test_a_lost_connection_is_made_again_by_the_same_key_which_is_asked_after() -> None:
    with UserBench() as bench:
        bench.connected().hang_up(1001, "going away")
        bench.reopened()
        bench.ear.wait_for("key", 2)

    assert ["/private/ws/key-1"] * 2 == bench.server.tried
    assert ["closed by the venue: 1001 going away"] == bench.ear.reasons("close")[:1]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (ORDER, {"orderId": 1, "status": "NEW"}),
        ("/fapi/v1/algoOrder", {"algoId": 1}),
        ("/fapi/v1/batchOrders", [{"code": -2019, "msg": "no margin"}, {"orderId": 1}]),
    ],
)
def test_an_accepted_order_that_is_never_heard_of_means_a_mute_stream(path: str, body: Any) -> None:
    with UserBench() as bench:
        bench.connected()
        bench.clock.advance(11)

        bench.answer("POST", path, body)
        bench.clock.advance(11)
        bench.ear.wait_for("close")

    assert ["mute: an accepted order was not heard of"] == bench.ear.reasons("close")[:1]


def test_an_idle_stream_an_order_that_is_heard_of_and_a_refused_one_are_left_alone() -> None:
    with UserBench() as bench:
        line = bench.connected()

        bench.clock.advance(20 * MINUTES)
        bench.answer("POST", ORDER, {"code": -2019, "msg": "no margin"}, 400)
        bench.answer("GET", ORDER, {"orderId": 1})
        bench.answer("POST", "/fapi/v1/batchOrders", [{"code": -2019, "msg": "no margin"}])
        bench.clock.advance(11)
        bench.answer("POST", ORDER, {"orderId": 1, "status": "NEW"})
        line.say({"e": "ORDER_TRADE_UPDATE"})
        bench.ear.wait_for("frame")
        bench.clock.advance(5 * MINUTES)
        line.say({"e": "STILL"})
        bench.ear.wait_for("frame", 2)

    assert ["key", "open", "frame", "frame"] == bench.ear.kinds


def test_a_connection_is_replaced_before_its_24th_hour_and_no_frame_falls_between() -> None:
    with UserBench() as bench:
        old = bench.connected()
        for _ in range(46):
            bench.clock.advance(30 * MINUTES)
            bench.give()
        new = bench.server.line(1)

        for number in (1, 2):
            for line in (old, new):
                line.say({"e": "X", "n": number})
        bench.ear.wait_for("frame", 2)
        from_old = [frame["n"] for frame in bench.ear.frames]
        bench.clock.advance(4)
        old.wait_ended()
        new.say({"e": "X", "n": 3})
        bench.ear.wait(lambda: 3 == bench.ear.frames[-1]["n"])

    assert [1, 2] == from_old
    assert [1, 2, 1, 2, 3] == [frame["n"] for frame in bench.ear.frames]
    assert "close" not in bench.ear.kinds


def test_once_it_is_closed_nothing_is_told_and_the_connection_ends() -> None:
    with UserBench() as bench:
        line = bench.connected()

        bench.streams.close()
        line.wait_ended()
        heard = list(bench.ear.heard)

    assert heard == bench.ear.heard
    assert ["key", "open"] == bench.ear.kinds


def test_opened_again_it_tells_the_new_listener_and_keeps_its_key() -> None:
    with UserBench() as bench:
        first = bench.connected()

        bench.streams.open("user", (), bench.ear)
        first.wait_ended()
        bench.ear.wait_for("open", 2)

    assert ["/private/ws/key-1"] * 2 == bench.server.tried
    assert "close" not in bench.ear.kinds
