"""Strategies: what Hypothesis draws of Callboard: messages, rules, fills, workloads, plays.

Needs the extra `testing`; without Hypothesis the import says so.
"""

from importlib.util import find_spec

if find_spec("hypothesis") is None:
    raise ImportError(f"{__name__} needs Hypothesis: pip install 'callboard[testing]'")

from .messages import any_message, messages
from .plays import plays
from .venue import fills, filters
from .workloads import (
    actor_crashes,
    commands,
    crash_points,
    deferrals,
    disks,
    engine_crashes,
    faults,
    networks,
    signals,
    workloads,
)

__all__ = (
    # What is said, and the rules that it is said under.
    "any_message",
    "messages",
    "filters",
    "fills",
    # Runs of the whole engine, and what they are made of.
    "workloads",
    "signals",
    "commands",
    "faults",
    "networks",
    "disks",
    "actor_crashes",
    "engine_crashes",
    "crash_points",
    "deferrals",
    # Runs of actors that are not ours.
    "plays",
)
