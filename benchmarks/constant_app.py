"""ConstantApp: what the API's server alone can do, with a constant answer for every request.

A program: Starlette and uvicorn as the API has them. Prints its port and serves until its standard
input ends.
"""

import sys
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ANSWER = b'{"positions":[],"realised_pnl":"0","fees":"0"}'


async def answer(request: Request) -> Response:
    """Read the body and answer the same."""
    await request.body()
    return Response(ANSWER, media_type="application/json")


def main() -> None:
    """Serve on a free port."""
    app = Starlette(routes=[Route("/", answer, methods=["GET", "POST"])])
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    sys.stdin.read()
    server.should_exit = True
    thread.join()


if __name__ == "__main__":
    main()
