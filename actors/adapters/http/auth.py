"""Auth: who may ask and who may trade, by bearer tokens that are never shown.

Owns the tokens (C-43). They come from the environment or a file that it names:
`CALLBOARD_API_TOKEN` for one that may trade, `CALLBOARD_API_READ_TOKEN` for one that may read, and
`CALLBOARD_API_TOKENS` with a line `NAME ROLE TOKEN [UNTIL]` for each of several, where ROLE is read
or trade and UNTIL an RFC 3339 time. On the loopback in paper mode, and with no token configured,
anybody may do both; elsewhere trading needs a token always, and off the loopback reading does too.
What needs no token must come from a page of this host, lest another's page trades by a browser.
"""

import hmac
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from attrs import frozen
from starlette.requests import Request

from ...errors import ConfigurationError
from ..secret import Secret, read_secret
from .errors import ApiError

TRADE_TOKEN, READ_TOKEN = "CALLBOARD_API_TOKEN", "CALLBOARD_API_READ_TOKEN"
TOKENS = "CALLBOARD_API_TOKENS"
TOKEN_CHARACTERS_MIN = 16
SCHEME = "bearer"
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
PAPER = "paper"
ANYBODY = "anybody"
CHALLENGE: Mapping[str, str] = MappingProxyType({"www-authenticate": "Bearer"})


class Role(StrEnum):
    """What a token allows; who may trade may read, too."""

    READ = "read"
    TRADE = "trade"


@frozen
class Token:
    """One token and whose it is."""

    name: str
    role: Role
    secret: Secret
    until: float | None = None
    """Wall time in seconds after which it counts no more; None for ever."""


def read_tokens(environ: Mapping[str, str]) -> tuple[Token, ...]:
    """Return the configured tokens; raises `ConfigurationError`, which never shows one."""
    found: list[Token] = []
    for variable, name, role in (
        (TRADE_TOKEN, "trade", Role.TRADE),
        (READ_TOKEN, "read", Role.READ),
    ):
        secret = read_secret(variable, environ)
        if secret is not None:
            found.append(Token(name, role, secret))
    several = read_secret(TOKENS, environ)
    if several is not None:
        lines = enumerate(several.reveal().splitlines(), 1)
        found += [_token(line, number) for number, line in lines if line.strip()]
    _check(found)
    return tuple(found)


def _token(line: str, number: int) -> Token:
    words = line.split()
    where = f"{TOKENS}: line {number}"
    if len(words) not in (3, 4):
        raise ConfigurationError(f"{where}: must be NAME ROLE TOKEN [UNTIL]")
    name, role, secret, *until = words
    if role not in tuple(Role):
        raise ConfigurationError(f"{where}: the role must be read or trade")
    if not until:
        return Token(name, Role(role), Secret(secret))
    try:
        moment = datetime.fromisoformat(until[0])
    except ValueError:
        raise ConfigurationError(
            f"{where}: the end must be a time as 2027-01-31T00:00:00Z"
        ) from None
    if moment.tzinfo is None:
        raise ConfigurationError(f"{where}: the end needs a time zone, as the Z of UTC")
    return Token(name, Role(role), Secret(secret), moment.timestamp())


def _check(tokens: Iterable[Token]) -> None:
    names: set[str] = set()
    texts: set[str] = set()
    for token in tokens:
        text = token.secret.reveal()
        if len(text) < TOKEN_CHARACTERS_MIN or not (text.isascii() and text.isprintable()):
            least = f"at least {TOKEN_CHARACTERS_MIN} printable ASCII characters"
            raise ConfigurationError(f"the API's token {token.name}: must be {least}")
        if token.name in names:
            raise ConfigurationError(f"the API's token {token.name}: this name is there twice")
        if text in texts:
            raise ConfigurationError(f"the API's token {token.name}: is another one's, too")
        names.add(token.name)
        texts.add(text)


def is_loopback(host: str) -> bool:
    """Say whether an address can be reached from this machine alone."""
    if host in LOCAL_NAMES:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@frozen
class Guard:
    """Decides who may do what."""

    tokens: tuple[Token, ...]
    is_local: bool
    """Whether the port is on the loopback."""
    mode: str
    reads_need_token: bool = False
    now: Callable[[], float] = time.time

    @property
    def trade_is_open(self) -> bool:
        """Whether trading needs no token."""
        return self.is_local and self.mode == PAPER and not self._has(Role.TRADE)

    @property
    def read_is_open(self) -> bool:
        """Whether reading needs no token."""
        return self.is_local and not self.reads_need_token and not self._has(Role.READ)

    def allow(self, request: Request, role: Role) -> str:
        """Return the name of who asks; raises `ApiError` for who may not."""
        said = request.headers.get("authorization")
        if said is not None:
            return self._holder(said, role)
        if not (self.trade_is_open if role is Role.TRADE else self.read_is_open):
            raise self._missing(role)
        _demand_own_page(request)
        return ANYBODY

    def _holder(self, said: str, role: Role) -> str:
        scheme, _, text = said.partition(" ")
        given = text.strip().encode("utf-8", "surrogateescape")
        holder = None
        # Every token is compared, so that the time tells nothing of which one was near.
        for token in self.tokens:
            if hmac.compare_digest(token.secret.reveal().encode(), given):
                holder = token
        if scheme.lower() != SCHEME or holder is None:
            raise ApiError(401, "token_wrong", "this token is not known", headers=CHALLENGE)
        if holder.until is not None and self.now() >= holder.until:
            raise ApiError(401, "token_expired", "this token has expired", headers=CHALLENGE)
        if role is Role.TRADE and holder.role is not Role.TRADE:
            raise ApiError(403, "token_reads_only", "this token may read and not trade")
        return holder.name

    def _missing(self, role: Role) -> ApiError:
        if not self._has(role) and not self._has(Role.TRADE):
            message = f"this needs a token, and none is configured; set {TRADE_TOKEN} where the "
            return ApiError(401, "token_missing", f"{message}service starts", headers=CHALLENGE)
        message = "this needs a token: send `Authorization: Bearer TOKEN`"
        return ApiError(401, "token_missing", message, headers=CHALLENGE)

    def _has(self, role: Role) -> bool:
        return any(token.role is role for token in self.tokens)


def _demand_own_page(request: Request) -> None:
    """Refuse a browser that shows another host's page, and a name that points here from outside."""
    host = _host_of(f"//{request.headers.get('host', '')}")
    origin = request.headers.get("origin")
    if host not in LOCAL_NAMES and not is_loopback(host):
        message = "without a token this host is called 127.0.0.1 or localhost"
        raise ApiError(421, "host_unknown", message)
    if origin is not None and (origin == "null" or not is_loopback(_host_of(origin))):
        raise ApiError(403, "origin_foreign", "a page of another host may not do this")


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
