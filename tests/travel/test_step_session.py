"""Step session: a script steps through a run as a person does, one command a line."""

import re
from pathlib import Path

from callboard.actors.adapters.exits import Exit
from support.command_line import invoke
from support.runs import changed_copy, recorded_run, tighter

HEAD = re.compile(r"^ *(\d+) \d\d:\d\d:\d\d\.\d{3}  (\S+)")


def stepped(*commands: str, until: int = 0, folder: Path | None = None) -> str:
    words = ("--until", until) if until else ()
    run = folder or recorded_run()
    result = invoke("replay", run, "--step", *words, stdin="\n".join(commands) + "\n")
    assert Exit.OK == result.exit_code, result.stderr
    return result.stdout


def places(shown: str) -> list[tuple[int, str]]:
    """Return sequence and actor of every record that was shown."""
    heads = (HEAD.match(line) for line in shown.splitlines())
    return [(int(head[1]), head[2]) for head in heads if head]


def test_steps_go_forward_back_and_to_a_sequence() -> None:
    shown = stepped("", "n 3", "p", "200", "p 2", "-1", "+2", "q", "n")

    assert [1, 2, 5, 4, 200, 198, 197, 199] == [sequence for sequence, _ in places(shown)]


def test_the_session_ends_with_its_input_and_says_where_the_run_ends() -> None:
    shown = stepped("p", "n 9999999", "n", "")

    assert "that is the first record" in shown
    assert 2 == shown.count("that was the last record")


def test_a_filter_shows_an_actor_or_an_order_alone() -> None:
    by_actor = places(stepped("a risk_gate", "n", "n", "p", "a", "n"))
    by_order = stepped("c cb1-1-e1", "n", "n", "a order_manager", "n")

    assert ["risk_gate"] * 4 == [actor for _, actor in by_actor[1:5]]
    assert by_actor[4] == by_actor[2]
    assert by_actor[6][0] == by_actor[5][0] + 1
    assert [by_actor[5][0], "order_manager"] == [by_actor[4][0], places(by_order)[-1][1]]
    assert 4 <= by_order.count("cb1-1-e1")


def test_going_back_beyond_what_was_seen_replays_again() -> None:
    shown = places(stepped("a order_manager", "500", "p", "p", "n"))

    assert {"order_manager"} == {actor for _, actor in shown[1:]}
    assert shown[4][0] < shown[3][0] < shown[2][0]
    assert shown[3] == shown[5]


def test_a_step_shows_its_facts_effects_and_what_it_changed() -> None:
    shown = stepped("c cb1-1-e1", "a order_manager", "m", "s")

    assert "fact     order_manager/OrderIntended" in shown
    assert "tell     order_queue  EnqueueOrder" in shown
    assert re.search(r"state    orders\.cb1-1-e1[^:]*: \{", shown)
    assert "message  ApprovedOrder  client_order_id=cb1-1-e1" in shown
    assert "+   cb1-1-e1\n+     approved\n" in shown


def test_another_actors_state_can_be_seen_at_any_record() -> None:
    shown = stepped("s market_data", until=300)

    assert "marks" in shown
    assert "- " not in shown.partition("marks")[2]


def test_the_next_difference_is_looked_for(tmp_path: Path) -> None:
    folder = changed_copy(tmp_path, tighter, names="*.manifest.json")

    shown = stepped("d", "n", folder=folder)
    whole = stepped("7", "d", "n")

    assert re.search(r"differs +msg.stop_loss: recorded [\d.]+, computed [\d.]+", shown)
    assert "order_manager" == places(shown)[1][1]
    assert places(shown)[2][0] == places(shown)[1][0] + 1
    assert "no later record raised or differs" in whole
    assert [1, 7, 8] == [sequence for sequence, _ in places(whole)]


def test_a_line_that_is_no_command_is_answered() -> None:
    shown = stepped("jump", "?", "a nobody", "c no-such-order", "9999999", "n x", "s nobody", "n")

    assert "jump is no command; ? lists them" in shown
    assert "only this actor's records" in shown
    assert "nobody is no actor of this journal" in shown
    assert "no record from here on is of that kind; nothing is changed" in shown
    assert "record 9999999 is past the end" in shown
    assert "x is no number of records" in shown
    assert [1, 2] == [sequence for sequence, _ in places(shown)]
