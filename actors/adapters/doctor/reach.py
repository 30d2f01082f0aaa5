"""Reach: the client that asks the venue of a plan, and the one for the rights of its key.

Owns which host is asked what. A key that cannot be read leaves what the venue tells everybody; a
plan without a host to ask leaves nothing. The rights of a key are told by the live venue alone, on
its spot host.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing

from attrs import evolve

from ...errors import ConfigurationError
from ...ports import VenueAnswer, VenueRequest
from ...settings import Settings
from ..binance.client import ClientOptions, LaneClient, build_client
from ..binance.credentials import Credentials
from ..binance.environment import Environment, VenueAddress
from ..binance.keys import paper_credentials
from ..binance.public_market import PublicMarket, PublicRead
from ..binance.transport import route_to
from ..clock import WallClock
from .finding import Finding, fail
from .plan import Plan
from .venue import VenueCheck

RIGHTS_HOST = "https://api.binance.com"
"""The live venue's spot host; read 2026-11."""


def check_venue(plan: Plan, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what the venue of a plan tells; nothing where there is none to ask."""
    settings, address = plan.settings, plan.address
    if settings is None or address is None:
        return
    is_keyed = plan.credentials is not None
    credentials = plan.credentials or paper_credentials("")
    try:
        client = _client(address, credentials, environ)
    except ConfigurationError as error:
        yield from (fail("venue", fault, "correct what is named") for fault in error.faults)
        return
    with closing(client):
        yield from VenueCheck(settings, client.perform).look(is_signed=is_keyed)
    if is_keyed and address.environment is Environment.LIVE:
        yield rights_of_key(settings, address, credentials, environ)


def check_market(plan: Plan, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what the venue of the live market tells everybody; nothing where there is none."""
    settings, address = plan.settings, plan.market
    if settings is None or address is None:
        return
    try:
        public = PublicMarket(address, WallClock(), environ)
    except ConfigurationError as error:
        yield from (fail("market", fault, "correct what is named") for fault in error.faults)
        return

    def perform(request: VenueRequest) -> VenueAnswer:
        return public.read(PublicRead(request.path), request.request_id)

    with closing(public):
        yield from VenueCheck(settings, perform, what="market").look(is_signed=False)


def rights_of_key(
    settings: Settings,
    address: VenueAddress,
    credentials: Credentials,
    environ: Mapping[str, str],
) -> Finding:
    """Return what the live venue says that a key may do; raises `ConfigurationError`."""
    spot_address = evolve(address, rest=RIGHTS_HOST)
    with closing(_client(spot_address, credentials, environ)) as spot:
        return VenueCheck(settings, spot.perform).permissions()


def _client(
    address: VenueAddress, credentials: Credentials, environ: Mapping[str, str]
) -> LaneClient:
    route = route_to(address.rest, environ, ca_file=address.ca_file)
    return build_client(ClientOptions(address, route, credentials))
