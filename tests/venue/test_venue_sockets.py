"""Sockets: the venue's streams over real websockets, by address, key and choice."""

from socket import create_connection

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from callboard.scenarios.venue.core import Core
from callboard.scenarios.venue.faults import Fault, ScriptedFault
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.server import channel
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.settings import AT_ONCE, VenueSettings
from support.venue_streams import (
    WAIT_SECONDS_MAX,
    Stream,
    account_of,
    act,
    change_leverage,
    listen_key,
    stream,
)
from venue_world import SpokenMarket

FRAMES = 40
PING, CLOSE = 0x89, b"\x88"
"""First bytes of control frames (RFC 6455, section 5.2)."""
HANDSHAKE = (
    b"GET /market/ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
CONFIG, EXPIRED = "ACCOUNT_CONFIG_UPDATE", "listenKeyExpired"
HOUR_SPEED, DAY_SPEED = 5_000.0, 200_000.0
"""Engine seconds in one of the wall, for an hour and for a day."""


def quiet(speed: float = 1.0) -> VenueServer:
    """Return a server whose market never says anything."""
    settings = VenueSettings(latency=AT_ONCE)
    return VenueServer(settings, SpokenMarket(), ScaledClock.begin(speed=speed))


def leverage_of(frame: dict[str, dict[str, int]]) -> int:
    return frame["ac"]["l"]


def test_a_living_key_is_heard_below_private_in_every_form() -> None:
    with quiet() as server:
        key = listen_key(server)
        with (
            stream(server, f"/private/ws/{key}") as in_path,
            stream(server, f"/private/ws?listenKey={key}") as in_query,
            stream(server, f"/private/stream?streams={key}") as combined,
            stream(server, f"/private/stream?listenKey={key}&events={CONFIG}/{EXPIRED}") as chosen,
            stream(server, "/private/stream") as later,
        ):
            assert {"result": None, "id": 1} == later.ask("SUBSCRIBE", key)
            change_leverage(server, 7)

            assert 7 == leverage_of(in_path.next())
            assert 7 == leverage_of(in_query.next())
            for wrapped in (combined, chosen, later):
                frame = wrapped.next()
                assert (key, 7) == (frame["stream"], leverage_of(frame["data"]))


def test_a_socket_that_chose_other_events_hears_only_those() -> None:
    with quiet() as server:
        key = listen_key(server)
        with stream(server, f"/private/ws?listenKey={key}&events=ORDER_TRADE_UPDATE") as chosen:
            change_leverage(server, 7)

            assert chosen.is_mute()


def test_a_wrong_key_and_a_legacy_path_connect_and_stay_mute() -> None:
    with quiet() as server:
        key = listen_key(server)
        with (
            stream(server, f"/private/ws/{key}") as heard,
            stream(server, "/private/ws/bogus") as bogus,
            stream(server, f"/ws/{key}") as legacy,
            stream(server, f"/stream?streams={key}") as legacy_combined,
            stream(server, f"/public/ws/{key}") as elsewhere,
        ):
            change_leverage(server, 7)

            assert 7 == leverage_of(heard.next())
            assert all(mute.is_mute() for mute in (bogus, legacy, legacy_combined, elsewhere))


def test_an_expired_key_is_told_and_its_socket_stays_open_and_mute() -> None:
    with quiet() as server:
        key = listen_key(server)
        with stream(server, f"/private/ws/{key}") as old:
            act(server, lambda core: core.listen_key.expire())
            assert key == old.next_of(EXPIRED)["listenKey"]

            with stream(server, f"/private/ws/{listen_key(server)}") as new:
                change_leverage(server, 7)
                assert 7 == leverage_of(new.next())
            assert old.is_mute()


def test_a_key_that_its_owner_closes_ends_its_sockets() -> None:
    with quiet() as server:
        key = listen_key(server)
        with stream(server, f"/private/ws/{key}") as socket:
            act(server, lambda core: core.listen_key.close())

            assert key == socket.next()["listenKey"]
            with pytest.raises(ConnectionClosed):
                socket.next()


def test_a_key_lives_an_hour_of_the_venues_time() -> None:
    with quiet(HOUR_SPEED) as server, stream(server, "/private/stream") as socket:
        key = ""
        # Once more where the machine was so slow that the hour was over before the choice.
        while key != (key := listen_key(server)):
            socket.ask("SUBSCRIBE", key)

        assert key == socket.next_of(EXPIRED)["data"]["listenKey"]


def test_a_fault_that_expires_the_key_ends_it_at_the_venue_too() -> None:
    with quiet() as server:
        key = listen_key(server)
        plan(server, Fault.LISTEN_KEY_EXPIRED)
        with stream(server, f"/private/ws/{key}") as socket:
            change_leverage(server, 7)

            assert key == socket.next()["listenKey"]
            assert "" == act(server, lambda core: core.listen_key.value)


def test_a_broken_line_cuts_its_sockets_and_takes_none_until_it_is_back() -> None:
    with quiet() as server:
        key = listen_key(server)
        plan(server, Fault.STREAM_DISCONNECT, size_ms=3_600_000)
        with stream(server, f"/private/ws/{key}") as socket:
            change_leverage(server, 7)

            with pytest.raises(ConnectionClosed):
                socket.next()
        with pytest.raises(InvalidStatus, match="503"), stream(server, f"/private/ws/{key}"):
            pytest.fail("a broken line takes nobody")


@pytest.mark.parametrize(
    ("fault", "leverages"),
    [
        (Fault.STREAM_LOST, [8]),
        (Fault.STREAM_DUPLICATE, [7, 7, 8]),
        (Fault.STREAM_REORDER, [8, 7]),
    ],
)
def test_a_frame_is_lost_doubled_or_overtaken(fault: Fault, leverages: list[int]) -> None:
    with quiet() as server:
        key = listen_key(server)
        plan(server, fault)
        with stream(server, f"/private/ws/{key}") as socket:
            change_leverage(server, 7)
            change_leverage(server, 8)

            assert leverages == [leverage_of(socket.next()) for _ in leverages]


def test_a_socket_chooses_lists_and_gives_up_its_streams() -> None:
    with quiet() as server, stream(server, "/market/ws/btcusdt@aggTrade") as socket:
        assert {"result": None, "id": 1} == socket.ask("SUBSCRIBE", "a@markPrice", "nonsense")
        assert {"result": None, "id": 1} == socket.ask("UNSUBSCRIBE", "btcusdt@aggTrade", "other")
        assert ["a@markPrice", "nonsense"] == socket.ask("LIST_SUBSCRIPTIONS")["result"]
        assert {"result": None, "id": 1} == socket.ask("SET_PROPERTY", "combined", True)
        assert socket.ask("GET_PROPERTY", "combined")["result"] is True


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("no json", 3),
        ("[1]", 2),
        ('{"method":"FOLLOW","id":1}', 2),
        ('{"method":"SUBSCRIBE","params":"a","id":1}', 2),
        ('{"method":"SET_PROPERTY","params":["combined",1],"id":1}', 1),
    ],
)
def test_a_word_that_makes_no_sense_is_answered_with_its_code(said: str, code: int) -> None:
    with quiet() as server, stream(server, "/market/ws") as socket:
        socket.connection.send(said)

        assert code == socket.next()["error"]["code"]


def test_more_streams_than_a_socket_may_have_are_refused() -> None:
    with quiet() as server, stream(server, "/market/ws") as socket:
        names = [f"s{number}@aggTrade" for number in range(1025)]

        assert 2 == socket.ask("SUBSCRIBE", *names)["error"]["code"]
        assert {"result": None, "id": 1} == socket.ask("SUBSCRIBE", *names[:1024])


def test_a_socket_that_says_too_much_in_a_second_is_closed() -> None:
    with quiet() as server, stream(server, "/market/ws") as socket:
        with pytest.raises(ConnectionClosed) as ended:
            ask_often(socket)

        # What is still being said may meet the closed socket before its last word is read.
        assert ended.value.rcvd is None or 1008 == ended.value.rcvd.code


def test_a_socket_that_answers_no_ping_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "PONG_SECONDS_MIN", 0.0)
    with quiet(HOUR_SPEED) as server, create_connection(("127.0.0.1", server.port)) as raw:
        raw.settimeout(WAIT_SECONDS_MAX)
        raw.sendall(HANDSHAKE)
        read = b"".join(iter(lambda: raw.recv(4096), b""))

    frames = read.partition(b"\r\n\r\n")[2]
    assert PING == frames[0]
    assert CLOSE not in frames


def test_a_socket_that_answers_its_pings_ends_after_a_day_of_the_venues_time() -> None:
    with quiet(DAY_SPEED) as server, stream(server, "/market/ws") as socket:
        with pytest.raises(ConnectionClosed) as ended:
            socket.next()

        assert ended.value.rcvd is not None
        assert 1001 == ended.value.rcvd.code


def test_a_socket_that_does_not_read_is_cut() -> None:
    with quiet() as server:
        key = listen_key(server)
        url = f"{server.ws_url}/private/ws/{key}"
        with connect(url, max_queue=1, compression=None, max_size=None) as connection:
            act(server, flood)

            with pytest.raises(ConnectionClosed):
                read_all(connection)


def ask_often(socket: Stream) -> None:
    for _ in range(100):
        socket.connection.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
    while True:
        socket.next()


def flood(core: Core) -> None:
    for _ in range(FRAMES):
        core.feed.send({"e": "PADDING", "pad": "x" * 1_000_000})


def read_all(connection: ClientConnection) -> None:
    for _ in range(FRAMES):
        connection.recv(WAIT_SECONDS_MAX)


def plan(server: VenueServer, fault: Fault, size_ms: int | None = None) -> None:
    """Let the next frame of the user stream meet a fault."""
    planned = ScriptedFault("STREAM", "user", 1, fault, size_ms=size_ms)
    server.call(lambda floor: account_of(floor).plan_fault(planned))
