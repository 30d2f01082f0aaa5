"""The listen key: an hour of venue time, prolonged, closed, and refused when it is over."""

import pytest

from venue_world import VenueWorld

LISTEN_KEY = "/fapi/v1/listenKey"
HOUR_MS = 60 * 60 * 1000


@pytest.fixture
def world() -> VenueWorld:
    world = VenueWorld()
    world.listen()
    return world


def key_of(world: VenueWorld, method: str = "POST") -> str:
    key: str = world.done(method, LISTEN_KEY)["listenKey"]
    return key


def test_a_living_key_is_returned_again_and_lives_an_hour_from_then(world: VenueWorld) -> None:
    key = key_of(world)
    world.wait(HOUR_MS - 1_000)

    assert key == key_of(world)
    world.wait(HOUR_MS - 1_000)
    assert key == key_of(world, "PUT")
    world.wait(HOUR_MS - 1_000)
    assert key == world.venue.core.listen_key.value
    assert [] == world.frames_of("listenKeyExpired")


def test_a_key_that_nobody_prolongs_is_told_as_expired_and_refused(world: VenueWorld) -> None:
    key = key_of(world)

    world.wait(HOUR_MS + 100)

    told = world.frames_of("listenKeyExpired")
    assert [key] == [frame["listenKey"] for frame in told]
    assert -1125 == world.refused("PUT", LISTEN_KEY)
    assert key != key_of(world)


def test_a_closed_key_is_told_and_another_one_follows_it(world: VenueWorld) -> None:
    key = key_of(world)

    assert {} == world.done("DELETE", LISTEN_KEY)
    world.wait(100)

    assert [key] == [frame["listenKey"] for frame in world.frames_of("listenKeyExpired")]
    assert key == world.venue.core.listen_key.closed
    assert {} == world.done("DELETE", LISTEN_KEY)
    assert key != key_of(world)


def test_venues_of_other_seeds_give_other_keys() -> None:
    assert key_of(VenueWorld(seed=1)) != key_of(VenueWorld(seed=2))
    assert key_of(VenueWorld(seed=1)) == key_of(VenueWorld(seed=1))
