"""WsSession: one connection of the websocket API, from a question to its answer.

Owns who is logged on: `session.logon` needs an Ed25519 key, and afterwards questions need neither
key nor signature (binance-futures notes §4.6, read 2026-11). Questions are worked on side by side,
and answered as the venue answers: weights, order counts, faults and refusals are those of REST. A
lost answer is silence; a connection that the venue breaks ends. Bound: `QUESTIONS_MAX` at a time.
"""

import asyncio
from typing import Any

from ....actors.ports import VenueAnswer, VenueRequest
from ....messages.values import Phase
from ..api import ROUTES, check_time, turned_away
from ..limits import BannedError
from ..params import Params
from ..refusal import VenueRefusal
from ..venue import Venue
from . import ws_questions as words
from .channel import Channel
from .door import Pass
from .floor import Floor
from .signatures import Ed25519Key
from .spoiling import MS_PER_SECOND, timed_out
from .wire_faults import WireFault
from .ws_questions import API_KEY, LOGON, LOGOUT, SESSION_METHODS, SIGNATURE, Question

QUESTIONS_MAX = 1_000
SESSION_WEIGHT = 2


class WsSession:
    """The questions of one connection."""

    def __init__(self, floor: Floor, channel: Channel, *, tells_limits: bool) -> None:
        self._floor = floor
        self._channel = channel
        self._tells_limits = tells_limits
        self._connected_ms = floor.venues.now_ms
        self._logged_on: Pass | None = None
        self._since_ms = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def on_text(self, text: str) -> None:
        """Take a question; it is answered when the venue has answered."""
        try:
            question = words.read(text)
        except words.BadQuestionError as error:
            self._channel.send(words.refused(error.id, error.refusal))
            return
        if len(self._tasks) >= QUESTIONS_MAX:
            self._channel.cut()
            return
        task = asyncio.create_task(self._work(question))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def close(self) -> None:
        """Forget what is not answered."""
        for task in self._tasks:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Forget a question; where the venue itself failed, end the connection and tell why."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._channel.cut()
            told = {"message": "a question could not be worked on", "exception": error}
            task.get_loop().call_exception_handler(told)

    async def _work(self, question: Question) -> None:
        if question.method in SESSION_METHODS:
            answer = self._about_session(question)
        else:
            answer = await self._ask(question)
        if answer.phase is not Phase.ANSWERED:
            self._channel.cut()
        elif answer.body is None and answer.status == 200:
            self._channel.send(answer.text.encode())
        else:
            self._reply(question, answer)

    def _reply(self, question: Question, answer: VenueAnswer) -> None:
        wants = question.wants_limits
        is_told = self._tells_limits if wants is None else wants
        limits = self._floor.venues.settings.rate_limits if is_told else None
        now_ms = self._floor.venues.now_ms
        self._channel.send(words.reply(question.id, answer, limits, now_ms))

    async def _ask(self, question: Question) -> VenueAnswer:
        method, path = words.ENDPOINTS[question.method]
        route = ROUTES[method, path]
        asked = VenueRequest(
            self._floor.next_id(), method, path, question.params, signed=route.is_of_account
        )
        if not route.is_of_account:
            return await self._floor.ask(self._floor.venues.public, asked)
        try:
            venue = self._enter(question, method, is_signed=route.is_signed)
        except VenueRefusal as refusal:
            return turned_away(self._floor.now().public.core, asked, refusal)
        return await self._ask_over_wire(venue, asked)

    async def _ask_over_wire(self, venue: Venue, asked: VenueRequest) -> VenueAnswer:
        """Ask the venue, with what befalls the question or its answer on the way.

        A websocket has no page and no half of a frame: what spoils an answer otherwise ends it.
        """
        struck = self._floor.trouble.strike(asked, venue)
        if struck is None:
            return await self._floor.ask(venue, asked)
        answer = await self._floor.ask(venue, asked) if struck.is_executed else None
        match struck.fault:
            case WireFault.TIMEOUT_1007:
                return timed_out(asked)
            case WireFault.ANSWER_SLOW if answer is not None:
                await asyncio.sleep(struck.size_ms / MS_PER_SECOND)
                return answer
            case _:
                return VenueAnswer(asked.request_id, Phase.MAYBE_SENT)

    def _enter(self, question: Question, method: str, *, is_signed: bool) -> Venue:
        """Return the venue of who asks, or raise VenueRefusal."""
        params = question.params
        admitted = self._logged_on
        if admitted is None or API_KEY in params or SIGNATURE in params:
            admitted = self._floor.door.admit(params.get(API_KEY, ""))
            if is_signed:
                _check_signature(admitted, question)
        if is_signed:
            admitted.check(method)
        return self._floor.venues.of(admitted.account, admitted.terms)

    def _about_session(self, question: Question) -> VenueAnswer:
        core = self._floor.now().public.core
        asked = VenueRequest(self._floor.next_id(), "GET", "", {})
        try:
            core.limits.check_ban(core.moment.ms)
            core.limits.charge_weight(SESSION_WEIGHT, core.moment.ms)
            if question.method == LOGON:
                self._log_on(question)
            elif question.method == LOGOUT:
                self._logged_on = None
        except BannedError as ban:
            body = {"code": -1003, "msg": ban.message}
            return VenueAnswer(asked.request_id, Phase.ANSWERED, 418, {}, body)
        except VenueRefusal as refusal:
            body = {"code": refusal.code, "msg": refusal.message}
            return VenueAnswer(asked.request_id, Phase.ANSWERED, refusal.status, {}, body)
        headers = core.limits.weight_headers()
        return VenueAnswer(asked.request_id, Phase.ANSWERED, 200, headers, self._state())

    def _log_on(self, question: Question) -> None:
        admitted = self._floor.door.admit(question.params.get(API_KEY, ""))
        if not isinstance(admitted.verifier, Ed25519Key | None):
            raise VenueRefusal(-4056)
        _check_signature(admitted, question)
        check_time(self._floor.venues.public.core, Params(question.params))
        self._logged_on = admitted
        self._since_ms = self._floor.venues.now_ms

    def _state(self) -> dict[str, Any]:
        admitted = self._logged_on
        return {
            "apiKey": None if admitted is None else admitted.key,
            "authorizedSince": None if admitted is None else self._since_ms,
            "connectedSince": self._connected_ms,
            "returnRateLimits": self._tells_limits,
            "serverTime": self._floor.venues.now_ms,
        }


def _check_signature(admitted: Pass, question: Question) -> None:
    signature = question.params.get(SIGNATURE, "")
    texts = question.signed_texts()
    try:
        admitted.check_signature(next(texts), signature)
    except VenueRefusal:
        admitted.check_signature(next(texts), signature)
