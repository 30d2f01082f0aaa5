"""Credentials: an account's key and what it signs with, as two secrets that never show.

Owns the kind of a key, told by its text: a PEM holds a private key (Ed25519 or RSA), anything else
is the text of an HMAC secret. Where they are read from is the caller's; who signs with them is
`client.py`.
"""

from enum import StrEnum

from attrs import frozen

from ..secret import Secret

PEM_START = "-----BEGIN "


class KeyKind(StrEnum):
    """How requests of an account are signed."""

    HMAC = "HMAC"
    PRIVATE_KEY = "private key"


@frozen
class Credentials:
    """One account's API key; its `repr` names nothing of it."""

    api_key: Secret
    secret: Secret
    """The HMAC secret, or the PEM of an Ed25519 or RSA private key."""
    passphrase: Secret | None = None
    """Of an encrypted private key."""

    @property
    def kind(self) -> KeyKind:
        """How this key signs."""
        is_pem = self.secret.reveal().lstrip().startswith(PEM_START)
        return KeyKind.PRIVATE_KEY if is_pem else KeyKind.HMAC
