"""ScenarioFile: a workload as a TOML file that people write, read and keep.

Owns the one saved form: what `write_scenario` writes of a workload, `read_scenario` reads as an
equal one, every field of it, those of tomorrow too. What is as usual is left out. A text that is
none is a `ConfigurationError` with file, line, what is wrong and the nearest valid names.
"""

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from ..actors import names
from ..actors.errors import ConfigurationError
from .drawn import COMMANDS
from .planned import KINDS, STRIKING, Incident, PlannedFault, PriceMove
from .saved_fields import Reading, Style, written
from .toml_lines import lines_of
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
TEXT = "scenario"
"""What a text without a file is called."""
BYTES_MAX = 4 * 1024 * 1024
PLACE = re.compile(r"(.*) \(at line (\d+), column \d+\)", re.DOTALL)
END = " (at end of document)"


def read_scenario(source: Path | str) -> Workload:
    """Return the workload of a file (a `Path`) or of a text (a `str`).

    Raises `ConfigurationError` that tells all faults, each with file and line.
    """
    name, text = (str(source), _content(source)) if isinstance(source, Path) else (TEXT, source)
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(_no_toml(name, text, str(error))) from None
    reading = Reading(name, lines_of(text), STYLE)
    workload = reading.record(Workload, document, ())
    if workload is None:
        raise ConfigurationError(*reading.faults)
    return workload


def write_scenario(workload: Workload, *, note: str = "") -> str:
    """Return a workload as the text of a scenario file, under a note for people."""
    comment = [f"# {line}".rstrip() for line in note.splitlines()]
    return "\n".join([*comment, *written(workload, STYLE)]) + "\n"


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
        if len(content) > BYTES_MAX:
            raise ConfigurationError(f"{path}: is larger than {BYTES_MAX} bytes")
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"{path}: cannot be read: {reason}") from None


def _no_toml(name: str, text: str, error: str) -> str:
    found = PLACE.fullmatch(error)
    last = max(1, len(text.splitlines()))
    what, line = (found[1], found[2]) if found else (error.removesuffix(END), str(last))
    return f"{name}:{line}: is no TOML: {what}"
