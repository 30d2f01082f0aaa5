"""App: the routing table of the venue's server.

Owns which paths exist: REST below `/fapi/`, and the websockets beside it.
"""

from aiohttp import web

from . import rest
from .floor import Floor
from .sockets import Sockets


def build_app(floor: Floor) -> web.Application:
    """Return the app that serves a floor's venues."""
    app = web.Application()
    app[rest.FLOOR] = floor
    rest.add_routes(app)
    Sockets(floor).add_routes(app)
    return app
