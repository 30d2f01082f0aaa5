"""Scenarios: what may happen. The simulated venue, virtual time, faults and invariants.

Owns the list of public names, as the package's root does: each is imported from its own module at
first use. `script`, the words in which stories are told, stands beside them; so do `strategies` and
`stateful`, which need the extra `testing`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..actors.runtime.actor import Actor, Context
    from .chaos import Report, run_workload
    from .checks.cancels import CancelsAreFew
    from .checks.clocks import ClockIsFollowed
    from .checks.exits import ExitsOnlyReduce, FiltersAreKept, FlatKeepsNothing, StopsCoverPositions
    from .checks.failures import NobodyFails
    from .checks.ground import Ground, Hooks
    from .checks.limits import LimitsHold, PausesAreKept
    from .checks.lives import LivesAreLegal, OneTerminalEvent
    from .checks.machinery import EffectsHaveCauses, MemoryIsBounded, NoMessageIsLost, StateIsFold
    from .checks.permits import PermitsAreFresh
    from .checks.positions import NumbersAreExact, PositionsAreFills, PositionsAreGuarded
    from .checks.protection import StopsAreBelieved, StopsComeFirst
    from .checks.risk import ExposureIsReserved, NothingOpensAfterHalt
    from .checks.sending import (
        NeverMoreThanIntended,
        NoBlindResend,
        OneOrderPerIntent,
        RecordBeforeRequest,
    )
    from .checks.starts import OneOwner, StartsCloseNothing
    from .checks.views import GapsAreClosed, ViewsAgree
    from .checks.wishes import (
        EntriesOnlyOpen,
        ExitsKeepTheirWish,
        NothingOpensLate,
        ReducingIsNotHeld,
    )
    from .drawn import MIXES, Odds
    from .files.scenario_file import read_scenario, read_story, write_scenario, write_story
    from .guests.drawing import drawn_play
    from .guests.family import GuestFamily
    from .guests.play import Mishap, Play, Send, Trouble
    from .guests.saved import read_play, write_play
    from .guests.stage import Stage
    from .guests.system import ActorSystem
    from .invariants import CHECKS, Check, Checker, MakeCheck, Violation
    from .outcome import Outcome
    from .programs.deadlock import Deadlock
    from .programs.hooks import OutsideActor
    from .programs.post import Failure, Handled
    from .programs.shrinking import held_back
    from .programs.simulation import NestedSimulation, StillRunning, simulated
    from .schedules import Deferral
    from .simulated_engine import SimulatedEngine
    from .simulation import Delivery, Simulation
    from .story import Played, Story, play_story
    from .story_list import incident_of, story_named, story_names
    from .testing.engine_family import EngineFamily
    from .testing.families import Budget, Family, find_failure
    from .venue.faults import Fault, Faults
    from .workload import ActorCrash, Command, EngineCrash, Network, Signal, Workload
    from .world import World

__all__ = (
    # The world of an engine, what happens in it, and what came of it.
    "World",
    "Report",
    "run_workload",
    "SimulatedEngine",
    "Delivery",
    "Simulation",
    "Workload",
    "Signal",
    "Command",
    "ActorCrash",
    "EngineCrash",
    "Fault",
    "Faults",
    "Network",
    # What a seed draws, and what is kept in a file.
    "Odds",
    "MIXES",
    "read_scenario",
    "write_scenario",
    # Stories: a workload with a title, and what must come of it.
    "Story",
    "Played",
    "play_story",
    "read_story",
    "write_story",
    "story_names",
    "story_named",
    "incident_of",
    # What must hold.
    "CHECKS",
    "Check",
    "MakeCheck",
    "Checker",
    "Violation",
    "Ground",
    "Hooks",
    "ExitsOnlyReduce",
    "FiltersAreKept",
    "FlatKeepsNothing",
    "StopsCoverPositions",
    "LimitsHold",
    "PausesAreKept",
    "LivesAreLegal",
    "OneTerminalEvent",
    "EffectsHaveCauses",
    "MemoryIsBounded",
    "NoMessageIsLost",
    "StateIsFold",
    "NumbersAreExact",
    "PositionsAreFills",
    "PositionsAreGuarded",
    "ExposureIsReserved",
    "NothingOpensAfterHalt",
    "NeverMoreThanIntended",
    "NoBlindResend",
    "OneOrderPerIntent",
    "RecordBeforeRequest",
    "NobodyFails",
    "CancelsAreFew",
    "OneOwner",
    "StartsCloseNothing",
    "NothingOpensLate",
    "EntriesOnlyOpen",
    "ExitsKeepTheirWish",
    "ReducingIsNotHeld",
    "ClockIsFollowed",
    "ViewsAgree",
    "GapsAreClosed",
    "StopsComeFirst",
    "StopsAreBelieved",
    "PermitsAreFresh",
    # Actors of anybody's.
    "ActorSystem",
    "Actor",
    "Context",
    "Mishap",
    "Play",
    "Send",
    "Trouble",
    "Stage",
    "drawn_play",
    "read_play",
    "write_play",
    # A search, for those who do without pytest.
    "Budget",
    "Family",
    "find_failure",
    "GuestFamily",
    "EngineFamily",
    "Outcome",
    # Unchanged Pykka programs.
    "simulated",
    "held_back",
    "Deferral",
    "Handled",
    "Failure",
    "Deadlock",
    "NestedSimulation",
    "OutsideActor",
    "StillRunning",
)

_PUBLIC: dict[str, str] = {
    "World": ".world",
    "Report": ".chaos",
    "run_workload": ".chaos",
    "SimulatedEngine": ".simulated_engine",
    "Delivery": ".simulation",
    "Simulation": ".simulation",
    "Workload": ".workload",
    "Signal": ".workload",
    "Command": ".workload",
    "ActorCrash": ".workload",
    "EngineCrash": ".workload",
    "Fault": ".venue.faults",
    "Faults": ".venue.faults",
    "Network": ".workload",
    "Odds": ".drawn",
    "MIXES": ".drawn",
    "read_scenario": ".files.scenario_file",
    "write_scenario": ".files.scenario_file",
    "Story": ".story",
    "Played": ".story",
    "play_story": ".story",
    "read_story": ".files.scenario_file",
    "write_story": ".files.scenario_file",
    "story_names": ".story_list",
    "story_named": ".story_list",
    "incident_of": ".story_list",
    "CHECKS": ".invariants",
    "Check": ".invariants",
    "MakeCheck": ".invariants",
    "Checker": ".invariants",
    "Violation": ".invariants",
    "Ground": ".checks.ground",
    "Hooks": ".checks.ground",
    "ExitsOnlyReduce": ".checks.exits",
    "FiltersAreKept": ".checks.exits",
    "FlatKeepsNothing": ".checks.exits",
    "StopsCoverPositions": ".checks.exits",
    "LimitsHold": ".checks.limits",
    "PausesAreKept": ".checks.limits",
    "LivesAreLegal": ".checks.lives",
    "OneTerminalEvent": ".checks.lives",
    "EffectsHaveCauses": ".checks.machinery",
    "MemoryIsBounded": ".checks.machinery",
    "NoMessageIsLost": ".checks.machinery",
    "StateIsFold": ".checks.machinery",
    "NumbersAreExact": ".checks.positions",
    "PositionsAreFills": ".checks.positions",
    "PositionsAreGuarded": ".checks.positions",
    "ExposureIsReserved": ".checks.risk",
    "NothingOpensAfterHalt": ".checks.risk",
    "NeverMoreThanIntended": ".checks.sending",
    "NoBlindResend": ".checks.sending",
    "OneOrderPerIntent": ".checks.sending",
    "RecordBeforeRequest": ".checks.sending",
    "NobodyFails": ".checks.failures",
    "CancelsAreFew": ".checks.cancels",
    "OneOwner": ".checks.starts",
    "StartsCloseNothing": ".checks.starts",
    "NothingOpensLate": ".checks.wishes",
    "EntriesOnlyOpen": ".checks.wishes",
    "ExitsKeepTheirWish": ".checks.wishes",
    "ReducingIsNotHeld": ".checks.wishes",
    "ClockIsFollowed": ".checks.clocks",
    "ViewsAgree": ".checks.views",
    "GapsAreClosed": ".checks.views",
    "StopsComeFirst": ".checks.protection",
    "StopsAreBelieved": ".checks.protection",
    "PermitsAreFresh": ".checks.permits",
    "ActorSystem": ".guests.system",
    "Actor": "..actors.runtime.actor",
    "Context": "..actors.runtime.actor",
    "Mishap": ".guests.play",
    "Play": ".guests.play",
    "Send": ".guests.play",
    "Trouble": ".guests.play",
    "Stage": ".guests.stage",
    "drawn_play": ".guests.drawing",
    "read_play": ".guests.saved",
    "write_play": ".guests.saved",
    "Budget": ".testing.families",
    "Family": ".testing.families",
    "find_failure": ".testing.families",
    "GuestFamily": ".guests.family",
    "EngineFamily": ".testing.engine_family",
    "Outcome": ".outcome",
    "simulated": ".programs.simulation",
    "held_back": ".programs.shrinking",
    "Deferral": ".schedules",
    "Handled": ".programs.post",
    "Failure": ".programs.post",
    "Deadlock": ".programs.deadlock",
    "NestedSimulation": ".programs.simulation",
    "OutsideActor": ".programs.hooks",
    "StillRunning": ".programs.simulation",
}
"""Public name -> module that defines it, as this package sees it."""


if not TYPE_CHECKING:  # hidden from type checkers, which else would accept any name

    def __getattr__(name: str) -> object:
        """Import a public name from its module at first use.

        Raises:
            AttributeError: The name is not public.
        """
        if name not in _PUBLIC:
            raise AttributeError(f"module {__name__!r} has no public name {name!r}")
        value = getattr(import_module(_PUBLIC[name], __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List what the module holds and what it can import."""
    return sorted({*globals(), *__all__})
