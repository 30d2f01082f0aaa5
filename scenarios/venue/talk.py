"""Talk: what a venue process and its clients say to each other, frame by frame.

A client says `Hello` first and hears `Welcome`; then it sends `VenueRequest`s and opens streams,
and hears `VenueAnswer`s and `StreamNews`, in the order of the venue. Whoever controls the venue in
a test needs no `Hello`: each of its questions has a number, and one reply with the same number.
A frame that is none of these is answered with `Rejected`, and the connection ends.
"""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from ...actors.ports import VenueAnswer, VenueRequest
from ...messages.codec import Codec
from .faults import Faults
from .hands import Act
from .ledger import VenueLedger
from .scaled_clock import ScaledClock
from .streams import DeliveryKind


@frozen
class Hello:
    """The connection is the client of this name; an older connection of the name ends."""

    client: str


@frozen
class Welcome:
    """The venue's clock, to be shared by processes of the same machine."""

    clock: ScaledClock


@frozen
class OpenStream:
    """Connect "user" or "market"."""

    stream: str
    symbols: tuple[str, ...]


@frozen
class StreamNews:
    """A stream opened, closed, or said something."""

    stream: str
    kind: DeliveryKind
    frame: Mapping[str, Any] = field(factory=dict[str, Any])


@frozen
class TakeLedger:
    """Ask for the venue's truth; answered by `LedgerTaken`."""

    number: int


@frozen
class LedgerTaken:
    """The venue's truth."""

    number: int
    ledger: VenueLedger


@frozen
class SetFaults:
    """Replace the drawn faults; answered by `Done`."""

    number: int
    faults: Faults


@frozen
class Perform:
    """Let a person or the venue act on the account; answered by `Performed`."""

    number: int
    act: Act


@frozen
class Performed:
    """It was done, or refused with a code below 0."""

    number: int
    code: int


@frozen
class Activity:
    """How much has happened at the venue since it opened."""

    requests: int = 0
    """Requests that reached it, lost ones included."""
    mutations: int = 0
    """Those of them that are no GET."""
    entries: int = 0
    """Orders accepted and fills, as in its ledger."""


@frozen
class AwaitActivity:
    """Ask to be answered, by `ActivityReached`, once every count is at least so high."""

    number: int
    least: Activity


@frozen
class ActivityReached:
    """The counts are so high."""

    number: int
    activity: Activity


@frozen
class StopVenue:
    """End the venue; answered by `Done`."""

    number: int


@frozen
class Done:
    """It is done."""

    number: int


@frozen
class Rejected:
    """The frame before was refused and the connection ends."""

    reason: str


Question = TakeLedger | SetFaults | Perform | AwaitActivity | StopVenue
Reply = LedgerTaken | Performed | ActivityReached | Done
FromClient = Hello | VenueRequest | OpenStream | Question
FromVenue = Welcome | VenueAnswer | StreamNews | Reply | Rejected

_SPOKEN: tuple[type, ...] = (
    Hello,
    Welcome,
    VenueRequest,
    VenueAnswer,
    OpenStream,
    StreamNews,
    TakeLedger,
    LedgerTaken,
    SetFaults,
    Perform,
    Performed,
    AwaitActivity,
    ActivityReached,
    StopVenue,
    Done,
    Rejected,
)


def talk_codec() -> Codec:
    """Return the codec of these frames; strict as for any message of the engine."""
    return Codec([(f"Talk{cls.__name__}", cls) for cls in _SPOKEN])
