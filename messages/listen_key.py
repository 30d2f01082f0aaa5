"""Listen key: how the wire of the user stream gets the key that its connections need.

UserSocket -> UserStream `ListenKeyWanted`; UserStream asks RateLimiter for leave and a lane for
`RenewListenKey`, which answers `ListenKeyRenewed`. The wire sees the answer pass and keeps the key,
which gives whoever has it the account's stream and so is in no message; without one it wants it
again.
"""

from attrs import frozen


@frozen
class ListenKeyWanted:
    """The wire needs a key, or more time for the one it has: ask the venue for it."""

    reason: str


@frozen
class RenewListenKey:
    """Ask for the key of the user stream, a new one or the same for another hour."""


@frozen
class ListenKeyRenewed:
    """Result of `RenewListenKey`; the key itself is known to the wire alone."""
