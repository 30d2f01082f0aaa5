"""FaultText: faults of a server as people write them: on a command line, in a file, as JSON.

Owns the telling apart of the wire's faults from the venue's, which `fault_options.py` reads. All
faults of a text are told at once, in a `ConfigurationError`.
"""

import tomllib
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from ....actors.errors import ConfigurationError
from ...fault_options import faults_of, share_of, size_of
from ..faults import Fault, Faults
from .wire_faults import SLOW_NAME, WireFault, WireFaults

WIRE_NAMES = frozenset(fault.value for fault in WireFault)
EXECUTED_SHARE = "executed_share"
FILE_SUFFIX = ".toml"


@frozen
class ServerFaults:
    """What goes wrong at the venue and on its wire."""

    venue: Faults
    wire: WireFaults


def read_faults(text: str) -> ServerFaults:
    """Return the faults of a text `name=figure,…`, or of the TOML file that it names.

    Raises:
        ConfigurationError: A name or a figure is wrong, or the file cannot be read.
    """
    if text.endswith(FILE_SUFFIX):
        text = _text_of(Path(text))
    words = [word.strip() for word in text.split(",") if word.strip()]
    wire: list[str] = []
    venue: list[str] = []
    for word in words:
        is_wire = word.partition("=")[0] in (*WIRE_NAMES, SLOW_NAME)
        (wire if is_wire else venue).append(word)
    faults = faults_of(",".join(venue))
    return ServerFaults(faults, evolve(_wire(wire), executed_share=faults.executed_share))


def fault_named(name: str) -> WireFault | Fault:
    """Return the fault of a name; raises `ConfigurationError`."""
    if name in WIRE_NAMES:
        return WireFault(name)
    faults_of(f"{name}=1")
    return Fault(name)


def faults_of_values(values: dict[str, Any]) -> ServerFaults:
    """Return the faults of a table; raises `ConfigurationError`."""
    return read_faults(_joined(values))


def _text_of(path: Path) -> str:
    try:
        return _joined(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: is no TOML: {error}") from None


def _joined(values: dict[str, Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in values.items())


def _wire(words: list[str]) -> WireFaults:
    chances: dict[WireFault, float] = {}
    slow_ms = WireFaults().answer_slow_ms
    wrong: list[str] = []
    for word in words:
        name, _, figure = word.partition("=")
        if name == SLOW_NAME:
            slow_ms = size_of(name, figure, wrong)
        else:
            chances[WireFault(name)] = share_of(name, figure, wrong)
    if wrong:
        raise ConfigurationError("; ".join(f"faults: {each}" for each in wrong))
    # In the order of their names' list, so that the order of a text changes no draw.
    return WireFaults({fault: chances[fault] for fault in WireFault if fault in chances}, slow_ms)
