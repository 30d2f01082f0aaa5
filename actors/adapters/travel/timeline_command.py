"""Timeline command: `journal timeline`, the life of one order in the terminal.

Owns how an order is found: by its client id, by the id of its signal, or by an id that the venue
gave it. An id that nobody had is told with those that are near; exit code 1.
"""

import json
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
from attrs import asdict

from ..commands import AS_JSON
from ..exits import exits
from .trail import Trail

NEAR = 5


@click.command("timeline")
@click.argument("client_id", metavar="CLIENT_ID")
@click.argument(
    "data_dir", metavar="D", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@AS_JSON
@exits
def timeline_command(client_id: str, data_dir: Path, *, as_json: bool) -> None:
    """Show every step about an order, with waits, attempts, requests, errors and its ending.

    CLIENT_ID may also be a signal's id, or an order's id at the venue.
    """
    show_timeline(client_id, data_dir, as_json=as_json)


def show_timeline(client_id: str, data_dir: Path, *, as_json: bool) -> None:
    """Print the lives that an id names; raises `TravelRefused` where nobody had it."""
    from ...system import make_codec
    from ..journal_commands import open_journal
    from .timeline_lines import timeline_lines
    from .trail_collector import collected

    trails = found(collected(open_journal(data_dir), make_codec()), client_id)
    if as_json:
        click.echo(json.dumps([trail_json(trail) for trail in trails]))
        return
    for index, trail in enumerate(trails):
        if index:
            click.echo("")
        for line in timeline_lines(trail):
            click.echo(line)


def found(trails: Iterable[Trail], name: str) -> list[Trail]:
    """Return the lives that an id names.

    Raises:
        TravelRefused: Nobody had this id.
    """
    from .survey import TravelRefused

    every = list(trails)
    for chosen in (
        [trail for trail in every if trail.name == name],
        [trail for trail in every if name in trail.venue_ids],
        [trail for trail in every if name and trail.signal_id == name],
    ):
        if chosen:
            return chosen
    known = [each for trail in every for each in (trail.name, trail.signal_id, *trail.venue_ids)]
    near = get_close_matches(name, [each for each in dict.fromkeys(known) if each], n=NEAR)
    hint = f"near: {', '.join(near)}" if near else f"the journal holds {len(every)} orders"
    raise TravelRefused(f"{name} is no order or signal of this journal; {hint}")


def trail_json(trail: Trail) -> dict[str, Any]:
    """Return a life as JSON values; times are UTC nanoseconds."""
    return {
        "name": trail.name,
        "is_order": trail.is_order,
        "signal_id": trail.signal_id,
        "state": trail.state_word,
        "venue_ids": list(trail.venue_ids),
        "filled": str(trail.filled),
        "average_price": str(trail.average_price),
        "attempts": trail.attempts,
        "told": trail.told,
        "reason": trail.reason,
        "begin_ns": trail.begin_ns,
        "end_ns": trail.end_ns,
        "entries": [_plain(each) for each in trail.entries],
        "requests": [_plain(each) for each in trail.wires.values()],
        "states": [_plain(each) for each in trail.moves],
        "errors": [_plain(each) for each in trail.faults],
    }


def _plain(value: Any) -> dict[str, Any]:
    plain: dict[str, Any] = asdict(value)
    return plain
