"""Fault help: every fault by name, with what it does, for `--faults help`.

Owns the text and the option's callback, which answers before any other option is asked for.
"""

import click

from .fault_options import SIZES
from .venue.fault_targets import REFUSALS
from .venue.fault_words import words_of
from .venue.faults import Fault, Faults
from .venue.server.wire_faults import SLOW_MS, SLOW_NAME, WORDS, WireFault

HELP = "help"


def show_faults(ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Print the list and end when it is asked for; else hand the option on."""
    if value.strip() == HELP:
        click.echo(listed())
        ctx.exit()
    return value


def listed() -> str:
    """Return the list: requests, refusals, the exchange itself, streams, then sizes."""
    groups: dict[str, list[Fault]] = {}
    for fault in Fault:
        groups.setdefault(_group(fault), []).append(fault)
    lines = ["Each is a probability, as in `http_429=0.01`; none is on by itself."]
    for title, members in groups.items():
        lines += ["", title, *(f"  {fault.value:30} {words_of(fault)}" for fault in members)]
    lines += ["", "On the wire of `callboard venue --port`, once a connection or request"]
    lines += [f"  {fault.value:30} {WORDS[fault]}" for fault in WireFault]
    usual = Faults()
    sizes = (f"  {name:30} {getattr(usual, name)}" for name in SIZES)
    lines += ["", "Sizes, with their usual figure", *sizes]
    lines += [f"  {SLOW_NAME:30} {SLOW_MS}"]
    lines += [f"  {'executed_share':30} {usual.executed_share}: of what may be executed or not, is"]
    lines += [f"  {'streams':30} {'+'.join(usual.streams)}: which suffer; or market, user+market"]
    return "\n".join(lines)


def _group(fault: Fault) -> str:
    if fault.is_stream:
        return "Streams, once a frame"
    if fault in REFUSALS:
        return "Refusals that no rule asks for, once a request that they can meet"
    if fault.is_incident:
        return "The exchange itself, once a request"
    return "Requests and their orders, once a request that they can befall"
