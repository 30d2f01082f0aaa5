"""Signatures: whether a request was signed by who holds the key's other half.

Owns the three ways that the exchange knows (general info, signed endpoints, read 2026-11):
HMAC-SHA256 in hex of either case, RSASSA-PKCS1-v1_5 over SHA-256 and Ed25519, both in base64. What
is signed is the text as it was sent. Nothing here shows a secret.
"""

import hmac
from base64 import b64decode
from hashlib import sha256
from typing import Protocol

from attrs import field, frozen
from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC, RSA
from Crypto.Signature import eddsa, pkcs1_15

ED25519 = "Ed25519"


class Verifier(Protocol):
    """Knows the signatures of one key."""

    def accepts(self, payload: bytes, signature: str) -> bool:
        """Say whether the payload was signed so."""
        ...


@frozen
class SharedSecret:
    """HMAC-SHA256 by a secret that both sides hold."""

    secret: bytes = field(repr=False)

    def accepts(self, payload: bytes, signature: str) -> bool:
        """Say whether the payload was signed with the secret."""
        expected = hmac.new(self.secret, payload, sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.lower().encode())


@frozen
class RsaKey:
    """RSA by the public half."""

    key: RSA.RsaKey = field(repr=False)

    def accepts(self, payload: bytes, signature: str) -> bool:
        """Say whether the payload was signed with the private half."""
        try:
            pkcs1_15.new(self.key).verify(SHA256.new(payload), b64decode(signature))
        except ValueError:
            return False
        return True


@frozen
class Ed25519Key:
    """Ed25519 by the public half."""

    key: ECC.EccKey = field(repr=False)

    def accepts(self, payload: bytes, signature: str) -> bool:
        """Say whether the payload was signed with the private half."""
        try:
            eddsa.new(self.key, "rfc8032").verify(payload, b64decode(signature))
        except ValueError:
            return False
        return True


def public_key(pem: str) -> RsaKey | Ed25519Key:
    """Read a public key in PEM; `ValueError` when it is none of RSA or Ed25519."""
    try:
        return RsaKey(RSA.import_key(pem))
    except (ValueError, IndexError, TypeError):
        key = ECC.import_key(pem)
    if key.curve != ED25519:
        raise ValueError(f"a key of curve {key.curve}, not {ED25519}")
    return Ed25519Key(key)
