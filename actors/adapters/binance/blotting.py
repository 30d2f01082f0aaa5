"""Blotting: a key or a signature that comes back in an answer is made unreadable there.

Proxies, gateways and error pages repeat what they were sent. A text shorter than
`SECRET_CHARS_MIN` is left: the venue's keys have 64 characters, and less may stand in any number.
"""

from collections.abc import Iterable
from urllib.parse import unquote

from ..secret import MASK

SECRET_CHARS_MIN = 16


def secrets_of(key: str, signature: str) -> list[str]:
    """Return what must not come back: the key, and the signature as it was sent and made."""
    return [text for text in (key, signature, unquote(signature)) if len(text) >= SECRET_CHARS_MIN]


def blotted(content: bytes, secrets: Iterable[str]) -> bytes:
    """Return content without secrets; the very same where there are none in it."""
    for secret in secrets:
        content = content.replace(secret.encode(), MASK.encode())
    return content
