"""Venue limits: windows that turn, bans that grow, timestamps that lapse."""

from callboard.actors.ports import VenueRequest
from callboard.scenarios.venue.limits import Window
from callboard.scenarios.venue.settings import RateLimits, VenueSettings
from venue_world import ORDER, START_MS, VenueWorld, limit_order, market_order

WEIGHT = "X-MBX-USED-WEIGHT-1M"


def quoted(settings: VenueSettings | None = None) -> VenueWorld:
    world = VenueWorld(settings)
    world.quote("2600.00", "2600.10")
    world.mark("2600.00")
    return world


def test_a_window_starts_anew_at_its_full_length() -> None:
    window = Window(10_000)

    counts = [window.count(1, at_ms) for at_ms in (1_000, 9_999, 10_000, 30_500)]

    assert [1, 2, 1, 1] == counts
    assert window.used_max == 2


def test_every_answer_carries_the_weight_of_its_minute() -> None:
    world = quoted()

    first = world.ask("GET", "/fapi/v3/account")
    second = world.ask("GET", "/fapi/v1/openOrders")
    world.wait(60_000)
    third = world.ask("GET", "/fapi/v1/openOrders", symbol="ETHUSDT")

    assert ["5", "45", "1"] == [answer.headers[WEIGHT] for answer in (first, second, third)]
    assert world.venue.ledger().weight_1m_used_max == 45


def test_orders_cost_no_weight_and_count_in_both_windows() -> None:
    world = quoted()

    world.ask("POST", ORDER, **limit_order("BUY", "1", "2500.00"))
    world.wait(10_000)
    answer = world.ask("POST", ORDER, **limit_order("BUY", "1", "2500.00"))

    assert ("0", "1", "2") == (
        answer.headers[WEIGHT],
        answer.headers["X-MBX-ORDER-COUNT-10S"],
        answer.headers["X-MBX-ORDER-COUNT-1M"],
    )


def test_weight_over_the_limit_is_429_until_the_minute_is_full() -> None:
    world = quoted(VenueSettings(rate_limits=RateLimits(weight_1m_max=10)))
    world.done("GET", "/fapi/v3/account")
    world.done("GET", "/fapi/v3/account")

    answer = world.ask("GET", "/fapi/v1/time")
    world.wait(60_000)

    assert (429, -1003) == (answer.status, answer.body["code"])
    assert answer.headers == {"Retry-After": "60"}
    assert world.done("GET", "/fapi/v1/time")["serverTime"] > START_MS + 60_000


def test_orders_over_the_limit_are_429_with_the_order_code() -> None:
    world = quoted(VenueSettings(rate_limits=RateLimits(orders_10s_max=2)))
    for _ in range(2):
        world.done("POST", ORDER, **market_order("BUY", "1"))

    answer = world.ask("POST", ORDER, **market_order("BUY", "1"))

    assert (429, -1015) == (answer.status, answer.body["code"])
    assert "2 orders per 10 SECONDS" in answer.body["msg"]
    assert len(world.venue.ledger().orders) == 2
    world.wait(10_000)
    assert world.done("POST", ORDER, **market_order("BUY", "1"))


def test_who_ignores_refusals_is_banned_and_told_until_when() -> None:
    limits = RateLimits(weight_1m_max=1, refusals_before_ban=3, ban_first_ms=120_000)
    world = quoted(VenueSettings(rate_limits=limits))
    answers = [world.ask("GET", "/fapi/v1/time") for _ in range(5)]
    banned_at_ms = world.now_ms - 5

    last = answers[-1]

    assert [200, 429, 429, 429, 418] == [answer.status for answer in answers]
    assert f"banned until {banned_at_ms + 120_000}." in last.body["msg"]
    assert last.headers == {"Retry-After": "120"}
    world.wait(120_000)
    assert world.ask("GET", "/fapi/v1/time").status == 200


def test_a_second_ban_is_longer() -> None:
    limits = RateLimits(weight_1m_max=0, refusals_before_ban=1, ban_first_ms=120_000)
    world = quoted(VenueSettings(rate_limits=limits))
    world.ask("GET", "/fapi/v1/time")
    world.ask("GET", "/fapi/v1/time")
    world.wait(120_000)
    world.ask("GET", "/fapi/v1/time")

    answer = world.ask("GET", "/fapi/v1/time")

    assert answer.headers == {"Retry-After": "240"}
    assert world.venue.ledger().bans == 2


def test_a_timestamp_must_be_inside_the_window_on_the_venues_clock() -> None:
    world = quoted()
    path = "/fapi/v3/account"

    def asked(offset_ms: int, window_ms: int) -> int:
        sent_ms = world.now_ms + offset_ms
        return world.ask("GET", path, timestamp=str(sent_ms), recvWindow=str(window_ms)).status

    # A request travels 5 ms, so it is 5 ms old when the venue looks at it.
    assert [200, 400, 200, 400] == [
        asked(0, 5), asked(0, 4), asked(1004, 5000), asked(1005, 5000),
    ]  # fmt: skip


def test_a_skewed_venue_refuses_what_the_clients_clock_thinks_is_fresh() -> None:
    world = quoted(VenueSettings(clock_skew_ms=6_000))

    assert world.refused("GET", "/fapi/v3/account") == -1021
    assert world.done("GET", "/fapi/v1/time")["serverTime"] == world.now_ms + 6_000 - 5


def test_a_signed_path_wants_a_timestamp_and_a_signature() -> None:
    world = quoted()

    assert world.refused("GET", "/fapi/v3/account", timestamp="") == -1102
    request = VenueRequest("unsigned", "GET", "/fapi/v3/account", {}, signed=False)
    world.venue.submit(request, now_ns=world.now_ns)
    world.wait(10)
    answer = world.answer_to("unsigned")
    assert answer is not None
    assert (401, -2014) == (answer.status, answer.body["code"])


def test_an_unknown_path_is_not_found() -> None:
    world = quoted()

    assert world.ask("GET", "/fapi/v9/order").status == 404
    assert world.ask("POST", "/fapi/v1/time").status == 404
