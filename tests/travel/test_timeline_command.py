"""Timeline command: the life of one order in the terminal, found by any of its ids."""

import json
from typing import Any

from callboard.actors.adapters.exits import Exit
from support.command_line import invoke
from support.runs import recorded_run


def shown(client_id: str) -> str:
    result = invoke("journal", "timeline", client_id, recorded_run())
    assert Exit.OK == result.exit_code, result.stderr
    return result.stdout


def told(client_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        invoke("journal", "timeline", client_id, recorded_run(), "--json").stdout
    )
    return found


def test_the_whole_life_is_shown_from_the_signal_to_the_ending() -> None:
    lines = shown("cb1-1-e1").splitlines()

    assert lines[0].startswith("order cb1-1-e1  ")
    assert any("host > execution_system  SubmitSignal" in line for line in lines)
    assert any("risk_gate > order_manager  ApprovedOrder" in line for line in lines)
    assert "attempt 1" in map(str.strip, lines)
    assert any("request out: PlaceOrder 1 over lane_opening" in line for line in lines)
    assert any("request back: PlaceOrder 1 after " in line for line in lines)
    assert any(line.strip().startswith("is SUBMITTED") for line in lines)
    assert lines[-1].startswith("  ending     FILLED")


def test_an_order_is_found_by_its_signal_and_by_its_id_at_the_venue() -> None:
    (order,) = told("cb1-1-e1")

    assert [order] == told(order["signal_id"]) == told(order["venue_ids"][0])


def test_an_id_that_nobody_had_is_told_with_the_near_ones() -> None:
    result = invoke("journal", "timeline", "cb1-1-e9", recorded_run())
    strange = invoke("journal", "timeline", "§", recorded_run())

    assert (Exit.FAILED, Exit.FAILED) == (result.exit_code, strange.exit_code)
    assert "cb1-1-e9 is no order or signal of this journal; near: cb1-" in result.stderr
    assert "the journal holds" in strange.stderr


def test_a_signal_that_was_refused_shows_why() -> None:
    every = [told(f"s{number}")[0] for number in range(6)]
    refused = [each for each in every if not each["is_order"]]

    for each in refused:
        text = shown(str(each["name"]))
        assert text.startswith(f"signal {each['name']}  REFUSED")
        assert f"  ending     REFUSED  {str(each['told']).partition(' ')[2]}" in text
