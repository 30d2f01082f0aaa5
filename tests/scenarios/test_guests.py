"""Guests: actors that are not ours are played, troubled and judged as ours are."""

import decimal
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from attrs import evolve, frozen

from callboard.actors.errors import ConfigurationError
from callboard.scenarios import (
    Actor,
    ActorSystem,
    Budget,
    Context,
    Delivery,
    GuestFamily,
    Mishap,
    Play,
    Send,
    Stage,
    Trouble,
    drawn_play,
    find_failure,
    read_play,
    write_play,
)
from callboard.scenarios.schedules import Schedule
from support.guests import (
    PARCELS,
    Arrived,
    Courier,
    Drop,
    Parcel,
    Put,
    Shelf,
    no_parcel_is_there_twice,
    played,
)

ONE = Play(1, sends=(Send(0, "courier", Parcel(1)),))


def test_a_play_without_trouble_is_clean_and_tells_what_happened() -> None:
    outcome = played()

    assert outcome.is_clean
    assert [
        "      0 ms  outside -> courier: Parcel(number=1)",
        "      0 ms  courier -> shelf: Put(number=1)",
        "      0 ms  shelf -> courier: Arrived(number=1)",
        "    100 ms  courier, to itself: Again(number=1)",
    ] == list(outcome.trace)


@pytest.mark.parametrize(
    ("trouble", "found"),
    [
        (Trouble(Mishap.TWICE, "shelf", 1), "no_parcel_is_there_twice: [1, 1]"),
        (Trouble(Mishap.LATE, "shelf", 1, 100), "no_parcel_is_there_twice: [1, 1]"),
        (Trouble(Mishap.LOST, "courier", 2), "no_parcel_is_there_twice: [1, 1]"),
        (Trouble(Mishap.LOST, "shelf", 1), ""),
        (Trouble(Mishap.LOST, "courier", 1), ""),
        (Trouble(Mishap.CRASH, "courier", 1), ""),
    ],
)
def test_each_mishap_befalls_the_message_that_is_named(trouble: Trouble, found: str) -> None:
    assert found == "".join(played(trouble).violations)


def test_a_crash_loses_the_state_and_gives_the_message_again() -> None:
    outcome = played(Trouble(Mishap.CRASH, "courier", 3))

    assert [
        "      0 ms  courier crashes in place of handling Arrived",
        "      0 ms  shelf -> courier: Arrived(number=1)",
    ] == list(outcome.trace[-2:])


def test_a_crash_loses_its_message_where_nobody_gives_it_again() -> None:
    outcome = played(Trouble(Mishap.CRASH, "shelf", 2), redelivers=False)

    assert 1 == sum("Put" in line for line in outcome.trace if "crashes" in line)
    assert 2 == sum("courier -> shelf: Put" in line for line in played().trace) + 1


def test_what_a_handler_raises_is_a_violation_unless_it_is_said_to_be_usual() -> None:
    play = Play(1, sends=(Send(0, "shelf", Drop(4)),))

    strict = Stage(PARCELS, play).run()
    usual = Stage(evolve(PARCELS, raises=(LookupError,)), play).run()

    assert ("shelf raises LookupError at Drop: parcel 4 fell",) == strict.violations
    assert usual.is_clean
    assert "shelf raises LookupError at Drop: parcel 4 fell" in usual.trace[-1]


def test_what_is_told_to_nobody_is_a_violation() -> None:
    outcome = played(outside=())

    assert ("shelf tells 'office', where nobody is: Arrived(number=1)",) == outcome.violations


def test_what_is_told_beyond_the_system_can_be_looked_at() -> None:
    stage = Stage(PARCELS, ONE)

    stage.run()

    assert [("office", Arrived(1))] == stage.told
    assert 100 <= stage.now_ms


def test_actors_that_answer_each_other_without_delay_are_found() -> None:
    class Echo:
        def receive(self, message: object, ctx: Context) -> None:
            ctx.tell("echo", message)

    system = ActorSystem(actors={"echo": Echo}, arrivals={"echo": (Parcel,)})

    outcome = Stage(system, Play(1, sends=(Send(0, "echo", Parcel(1)),))).run()

    assert "no progress" == outcome.broken


def test_an_actor_of_our_base_is_rebuilt_from_its_facts() -> None:
    class Ledger(Actor):
        def __init__(self) -> None:
            super().__init__()
            self.total = 0

        def receive(self, message: Any, ctx: Context) -> None:
            if isinstance(message, Parcel):
                ctx.record(Put(message.number))

        def apply(self, fact: Any) -> None:
            self.total += fact.number

    system = ActorSystem(actors={"ledger": Ledger}, arrivals={"ledger": (Parcel,)})
    sends = tuple(Send(number, "ledger", Parcel(number)) for number in (1, 2, 3))
    stage = Stage(system, Play(1, sends=sends, troubles=(Trouble(Mishap.CRASH, "ledger", 3),)))

    outcome = stage.run()

    assert outcome.is_clean
    assert 6 == stage.actors["ledger"].total


def test_a_guest_that_states_facts_is_told_what_it_takes() -> None:
    class Scribe:
        def receive(self, message: object, ctx: Context) -> None:
            ctx.record(message)

    system = ActorSystem(actors={"scribe": Scribe}, arrivals={"scribe": (Parcel,)})

    outcome = Stage(system, Play(1, sends=(Send(0, "scribe", Parcel(1)),))).run()

    assert "Scribe states Parcel and does not derive from Actor" in outcome.violations[0]


def test_guests_begin_stop_and_spawn_through_the_context() -> None:
    class Child:
        def __init__(self, parcel: Parcel) -> None:
            self.parcel = parcel
            self.seen: list[object] = []

        def receive(self, message: object, ctx: Context) -> None:  # noqa: ARG002 - it only notes
            self.seen.append(message)

    class Parent:
        def resume(self, ctx: Context) -> None:
            ctx.after(5 * 1_000_000, Parcel(7), key="begin")

        def receive(self, message: object, ctx: Context) -> None:
            ctx.spawn("child", "child", message)
            ctx.tell("child", Put(8))

    system = ActorSystem(
        actors={"parent": Parent}, arrivals={"parent": (Parcel,)}, kinds={"child": Child}
    )
    stage = Stage(system, Play(1))

    outcome = stage.run()

    child = stage.actors["child"]
    assert outcome.is_clean
    assert (Parcel(7), [Put(8)]) == (child.parcel, child.seen)


def test_a_guest_counts_in_the_decimals_of_its_player() -> None:
    class Divider:
        third = Decimal(0)

        def receive(self, message: object, ctx: Context) -> None:  # noqa: ARG002 - it only counts
            self.third = Decimal(1) / 3

    system = ActorSystem(actors={"divider": Divider}, arrivals={"divider": (Parcel,)})

    with decimal.localcontext() as mine:
        mine.prec = 5
        stage = Stage(system, Play(1, sends=(Send(0, "divider", Parcel(1)),)))
        stage.run()

    assert Decimal("0.33333") == stage.actors["divider"].third


@pytest.mark.parametrize("seed", range(5))
def test_a_seed_draws_and_plays_the_same_for_ever(seed: int) -> None:
    play = drawn_play(PARCELS, seed)

    assert play == drawn_play(PARCELS, seed)
    assert Stage(PARCELS, play).run() == Stage(PARCELS, play).run()


def test_seeds_draw_every_delivery_and_mishap_and_some_without_trouble() -> None:
    plays = [drawn_play(PARCELS, seed) for seed in range(100)]

    assert set(Delivery) == {play.delivery for play in plays}
    assert set(Mishap) == {trouble.kind for play in plays for trouble in play.troubles}
    assert any(not play.troubles for play in plays)


def test_no_trouble_is_drawn_that_the_system_need_not_survive() -> None:
    system = evolve(PARCELS, mishaps=(), deliveries=(Delivery.FIFO,))
    plays = [drawn_play(system, seed) for seed in range(50)]

    assert [] == [play for play in plays if play.troubles or play.delivery is not Delivery.FIFO]


@frozen
class Weighed:
    """A message that refuses what it is given."""

    weight: int

    def __attrs_post_init__(self) -> None:
        if self.weight < 100:
            raise ValueError("too light")


@frozen
class Opaque:
    """A message of something that nobody can draw."""

    what: complex


def shelf_of(*arrivals: Any) -> ActorSystem:
    """Return a shelf to which something comes."""
    return ActorSystem(actors={"shelf": Shelf}, arrivals={"shelf": arrivals})


def test_messages_are_drawn_by_their_types_until_their_class_takes_them() -> None:
    play = drawn_play(shelf_of(Weighed), 1)

    assert {100} == {send.message.weight for send in play.sends}


def test_a_function_may_draw_the_messages() -> None:
    def parcel(random: Random) -> Parcel:
        return Parcel(random.randint(40, 41))

    play = drawn_play(shelf_of(parcel), 3)

    assert {40, 41} >= {send.message.number for send in play.sends}


def test_what_cannot_be_drawn_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"Opaque\.what: cannot draw complex"):
        drawn_play(shelf_of(Opaque), 1)


def test_a_system_that_cannot_be_is_refused_with_all_its_faults() -> None:
    with pytest.raises(ConfigurationError) as caught:
        ActorSystem(actors={"a": Courier}, arrivals={"b": (Parcel,)}, outside=("a",))

    assert ("arrivals: no actor 'b'", "outside: 'a' is an actor") == caught.value.faults


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"actors": {"courier": object}}, "object has no receive"),
        ({"invariants": (3,)}, "int has neither after_step nor at_end"),
    ],
)
def test_what_is_no_actor_or_no_invariant_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        played(**changes)


def test_a_failing_play_is_made_as_small_as_it_can_be() -> None:
    family = GuestFamily(PARCELS)
    sends = tuple(Send(10 * number, "courier", Parcel(number)) for number in range(6))
    troubles = (Trouble(Mishap.CRASH, "courier", 9), Trouble(Mishap.TWICE, "shelf", 5))
    play = Play(3, Delivery.PAIR, sends, troubles)

    small = family.smallest(play, family.run(play))

    assert 2 == small.choices
    assert (Delivery.FIFO, 0, 1) == (small.delivery, small.sends[0].at_ms, small.troubles[0].nth)


class Clerk:
    """Tells two others of a parcel; whoever hears first tells the shelf, too."""

    def receive(self, message: object, ctx: Context) -> None:
        if ctx.me == "clerk":
            ctx.tell("first", message)
            ctx.tell("second", message)
        else:
            ctx.tell("shelf", Put(1 if ctx.me == "first" else 2))


def the_first_is_first(stage: Stage) -> str | None:
    """Break where the second of two overtakes the first."""
    held: list[int] = stage.actors["shelf"].held
    return "the second overtook" if held[:1] == [2] else None


def test_a_failure_of_the_order_alone_is_told_as_the_few_channels_that_are_held() -> None:
    system = ActorSystem(
        actors={"clerk": Clerk, "first": Clerk, "second": Clerk, "shelf": Shelf},
        arrivals={"clerk": (Parcel,)},
        invariants=(the_first_is_first,),
        outside=("courier", "office"),
    )
    found = find_failure(GuestFamily(system), Budget(seeds=100))

    assert found.failure is not None
    play: Play = found.failure.case
    assert (1, 1, 0) == (len(play.sends), len(play.deferrals), len(play.troubles))
    assert Schedule.IN_TURN is play.schedule
    assert "first" in play.deferrals[0].channel
    assert play == read_play(system, write_play(system, play))


@pytest.mark.parametrize("seed", range(20))
def test_a_saved_play_is_read_as_it_was(seed: int) -> None:
    play = drawn_play(PARCELS, seed)

    assert play == read_play(PARCELS, write_play(PARCELS, play, note="as it was\nseen"))


def test_a_message_of_a_class_that_nobody_named_cannot_be_saved() -> None:
    def parcel(random: Random) -> Parcel:  # noqa: ARG001 - always the same one
        return Parcel(1)

    system = shelf_of(parcel)
    play = drawn_play(system, 1)

    with pytest.raises(ConfigurationError, match="Parcel: is drawn and not named"):
        write_play(system, play)
    assert play == read_play(
        evolve(system, messages=(Parcel,)), write_play(evolve(system, messages=(Parcel,)), play)
    )


def test_an_invariant_may_be_a_function_of_the_stage_alone() -> None:
    assert no_parcel_is_there_twice(Stage(PARCELS, ONE)) is None
