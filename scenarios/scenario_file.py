"""ScenarioFile: a workload as a TOML file that people write, read and keep.

Owns the one saved form: what `write_scenario` writes of a workload, `read_scenario` reads as an
equal one, every field of it, those of tomorrow too. What is as usual is left out. A text that is
none is a `ConfigurationError` with file, line, what is wrong and the nearest valid names.
"""

from pathlib import Path
from types import MappingProxyType

from ..actors import names
from .drawn import COMMANDS
from .planned import KINDS, STRIKING, Incident, PlannedFault, PriceMove
from .saved_fields import Style
from .saved_texts import read_record, write_record
from .venue.faults import Faults
from .venue.streams import MARKET, USER
from .workload import SYMBOLS, ActorCrash, Command, Signal, Workload

STYLE = Style(
    keys=MappingProxyType(
        {
            (Workload, "crashes"): "actor_crash",
            (Workload, "turbulence_ticks"): "market.turbulence_ticks",
            (Workload, "is_thin"): "market.is_thin",
            (Workload, "is_hedged"): "account.is_hedged",
            (Workload, "trade_lite"): "venue.trade_lite",
            (Workload, "child_frame_late_ms"): "venue.child_frame_late",
        }
    ),
    words=MappingProxyType(
        {
            (Signal, "symbol"): SYMBOLS,
            (Command, "kind"): COMMANDS,
            (ActorCrash, "actor"): names.CORE,
            (Faults, "streams"): (USER, MARKET),
            (PlannedFault, "on"): tuple(KINDS),
            (PriceMove, "symbol"): SYMBOLS,
            (Incident, "symbol"): SYMBOLS,
            (Incident, "fault"): tuple(fault.value for fault in STRIKING),
        }
    ),
)
"""A field of a new class needs a line here only for a closed list of words."""


def read_scenario(source: Path | str) -> Workload:
    """Return the workload of a file (a `Path`) or of a text (a `str`).

    Raises `ConfigurationError` that tells all faults, each with file and line.
    """
    return read_record(Workload, source, STYLE)


def write_scenario(workload: Workload, *, note: str = "") -> str:
    """Return a workload as the text of a scenario file, under a note for people."""
    return write_record(workload, STYLE, note)
