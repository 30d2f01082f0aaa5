"""Cursor: both ways through a run it stands where a list of the records would."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from callboard.actors.adapters.journal_commands import open_journal
from callboard.actors.adapters.travel import cursor as cursors
from callboard.actors.adapters.travel.cursor import Cursor
from callboard.actors.adapters.travel.survey import survey
from callboard.actors.adapters.travel.time_travel import Travel
from support.runs import recorded_run

KEPT = 8
ACTOR = "order_manager"


@cache
def travel() -> Travel:
    return Travel(open_journal(recorded_run()))


@cache
def sequences() -> list[int]:
    return [record.sequence for record in travel().records(actor=ACTOR)]


@settings(max_examples=8, deadline=None)
@given(
    moves=st.lists(
        st.one_of(
            st.tuples(st.just("forward"), st.integers(1, 12)),
            st.tuples(st.just("back"), st.integers(1, 12)),
            st.tuples(st.just("jump"), st.integers(1, 640)),
        ),
        max_size=5,
    )
)
def test_any_moves_lead_where_the_list_says(moves: list[tuple[str, int]]) -> None:
    every, place = sequences(), 0
    last = survey(travel().folder).last
    cursor = Cursor(travel(), last, actor=ACTOR, kept=KEPT)
    cursor.forward()

    for word, number in moves:
        if word == "jump":
            cursor.jump(number)
            later = [at for at, sequence in enumerate(every) if sequence >= number]
            place = later[0] if later else place
        else:
            for _ in range(number):
                cursor.forward() if word == "forward" else cursor.back()
            place += number if word == "forward" else -number
            place = min(max(place, 0), len(every) - 1)

        assert cursor.here is not None
        assert every[place] == cursor.here.sequence


def test_a_cursor_keeps_only_so_many_records() -> None:
    cursor = Cursor(travel(), survey(travel().folder).last, actor=ACTOR, kept=KEPT)

    kept = [cursor.kept_now for _ in range(30) if cursor.forward() is not None]
    back = [cursor.kept_now for _ in range(25) if cursor.back() is not None]

    assert KEPT == max(kept) == max(back)
    assert cursors.KEPT > KEPT
