"""Spoiling: how a fault of the wire reaches a client.

Owns the broken, slow and foreign forms of an answer. A reset is one on TCP, too.
"""

import asyncio
import socket
import struct
from http import HTTPStatus

from aiohttp import web

from ....actors.ports import VenueAnswer, VenueRequest
from ....messages.values import Phase
from ..refusal import TEXTS
from . import wire
from .trouble import Struck
from .wire_faults import WireFault

NO_LINGER = struct.pack("ii", 1, 0)
GATEWAY_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    "<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
MS_PER_SECOND = 1_000
TIMEOUT = -1007


def hang_up(request: web.Request) -> web.StreamResponse:
    """Reset the connection of a request; what is returned never leaves."""
    transport = request.transport
    if transport is not None:
        # Without lingering the peer hears of a reset, not of an orderly end.
        peer = transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        transport.abort()
    return web.Response()


def timed_out(asked: VenueRequest) -> VenueAnswer:
    """Return the word of an exchange whose own backend was silent."""
    body = {"code": TIMEOUT, "msg": TEXTS[TIMEOUT]}
    return VenueAnswer(asked.request_id, Phase.ANSWERED, HTTPStatus.REQUEST_TIMEOUT, body=body)


async def spoil(
    request: web.Request, asked: VenueRequest, struck: Struck, answer: web.Response | None
) -> web.StreamResponse:
    """Give a client what a fault leaves of an answer; None where nothing was executed."""
    match struck.fault:
        case WireFault.TIMEOUT_1007:
            return wire.response(timed_out(asked))
        case WireFault.PAGE_502:
            return web.Response(status=502, text=GATEWAY_PAGE, content_type="text/html")
        case WireFault.ANSWER_SLOW if answer is not None:
            await asyncio.sleep(struck.size_ms / MS_PER_SECOND)
            return answer
        case WireFault.ANSWER_HALF if answer is not None:
            return await _halve(request, answer)
        case _:
            return hang_up(request)


async def _halve(request: web.Request, answer: web.Response) -> web.StreamResponse:
    body = answer.body
    assert isinstance(body, bytes), "an answer of the venue is written whole"
    half = web.StreamResponse(status=answer.status, headers=answer.headers)
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return half
