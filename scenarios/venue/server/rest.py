"""Rest: the REST face of the venues, from a request's bytes to the bytes of its answer.

Owns the reading of parameters (query string and form body together; the query wins where both
name one), of what was signed (the query directly followed by the body, as they were sent, without
the signature), and the writing of answers as Binance writes them. What a path does and costs is
the core's; who may use it is the door's.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web

from ....actors.ports import VenueRequest
from ....messages.values import Phase
from ..api import ROUTES, Route, turned_away
from ..refusal import VenueRefusal
from ..venue import Venue
from . import wire
from .floor import FLOOR, Floor
from .spoiling import hang_up, spoil

KEY_HEADER = "X-MBX-APIKEY"
SIGNATURE = "signature"
UNREADABLE = "surrogateescape"
"""How bytes that are no UTF-8 stay what they are: a client may send any."""


def add_routes(app: web.Application) -> None:
    """Let an app answer every path of the REST interface, and refuse unknown ones."""
    for path in dict.fromkeys(path for _, path in ROUTES):
        # Known paths as such are found in one look, a pattern only after others.
        app.router.add_route("*", path, handle)
    app.router.add_route("*", "/{path:.*}", handle)


async def handle(request: web.Request) -> web.StreamResponse:
    """Answer one REST request."""
    floor = request.app[FLOOR]
    key = request.headers.get(KEY_HEADER, "")
    # The text of the request line: what is signed must not be spelled anew.
    query = request.raw_path.partition("?")[2]
    body = (await request.read()).decode(errors=UNREADABLE)
    route = ROUTES.get((request.method, request.path))
    asked = VenueRequest(
        floor.next_id(),
        request.method,
        request.path,
        read_params(query, body),
        signed=bool(key) and route is not None and route.is_of_account,
    )
    try:
        venue = _enter(floor, key, asked, (query, body), route)
    except VenueRefusal as refusal:
        if route is not None and route.is_of_account:
            return wire.response(turned_away(floor.now().public.core, asked, refusal))
        venue = floor.venues.public
    struck = floor.trouble.strike(asked, venue)
    if struck is not None and not struck.is_executed:
        return await spoil(request, asked, struck, None)
    answer = await floor.ask(venue, asked)
    if answer.phase is not Phase.ANSWERED:
        return hang_up(request)
    response = wire.response(answer, asked.path)
    return response if struck is None else await spoil(request, asked, struck, response)


def read_params(query: str, body: str) -> Mapping[str, str]:
    """Return the parameters of both; the query wins."""
    return _pairs(body) | _pairs(query) if body else _pairs(query)


def signed_payload(query: str, body: str) -> bytes:
    """Return what was signed: both texts without the signature, with nothing between them."""
    return (_unsigned(query) + _unsigned(body)).encode(errors=UNREADABLE)


def _enter(
    floor: Floor, key: str, asked: VenueRequest, sent: tuple[str, str], route: Route | None
) -> Venue:
    """Return the venue of the key's account, or raise VenueRefusal.

    It also answers what needs no key to whoever shows one: what befell the venue of an account,
    its clock and its filters, is then told by the same one that acts on it.
    """
    admitted = floor.door.admit(key)
    if route is not None and route.is_signed:
        admitted.check(asked.method)
        admitted.check_signature(signed_payload(*sent), asked.params.get(SIGNATURE, ""))
    return floor.venues.of(admitted.account, admitted.terms)


def _pairs(text: str) -> dict[str, str]:
    if "%" in text or "+" in text:
        return dict(parse_qsl(text, keep_blank_values=True))
    # The usual text has nothing to decode, and is read five times as fast.
    parts = (part.partition("=") for part in text.split("&") if part)
    return {name: value for name, _, value in parts}


def _unsigned(text: str) -> str:
    return "&".join(part for part in text.split("&") if not part.startswith(f"{SIGNATURE}="))
