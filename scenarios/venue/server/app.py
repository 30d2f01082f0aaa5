"""App: the routing table of the venue's server.

Owns which paths exist: the websockets, and REST for every other path.
"""

from aiohttp import web

from . import rest
from .floor import FLOOR, Floor
from .sockets import Sockets


def build_app(floor: Floor) -> web.Application:
    """Return the app that serves a floor's venues."""
    app = web.Application()
    app[FLOOR] = floor
    Sockets(floor).add_routes(app)
    rest.add_routes(app)
    return app
