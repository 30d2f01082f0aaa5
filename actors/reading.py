"""Reading: how a core actor makes one read at the venue, from permit to call.

Owns the shape of the token, which names asker and call. So a reader that asks again while its
earlier wish still waits for leave, as in a pause, has one wish all the same and not one a tick.
A read is asked for, granted, made on the lane that carries no opening order, and answered with
`AttemptEnded`. What fails is never retried here: who reads asks again at its next tick, which may
come sooner where a permit grew old behind another call of the lane. Nothing is remembered between
the steps, because the token says which call it stands for.
"""

from attrs import frozen

from ..messages.account import ReadBrackets, ReadFeePrice, ReadSymbolConfigs
from ..messages.listen_key import RenewListenKey
from ..messages.values import Priority
from ..messages.venue import (
    Fenced,
    MakeCall,
    PermitGranted,
    PermitRefused,
    ReadAccount,
    ReadAccountMode,
    ReadInstruments,
    ReadTime,
    RequestPermit,
)
from .names import LANE_REDUCING, RATE_LIMITER
from .runtime.actor import Context

PERMIT_EXPIRED = "permit_expired"
"""Why a lane sent nothing: the call before it took longer than the permit lives."""

AGAIN_NS = 250_000_000
"""How long such a read gives way; a question about an order waits as long to be asked again."""

Read = (
    ReadAccount
    | ReadAccountMode
    | ReadSymbolConfigs
    | ReadBrackets
    | ReadFeePrice
    | ReadInstruments
    | ReadTime
    | RenewListenKey
)

READS: dict[str, Read] = {
    "ReadAccount": ReadAccount(),
    "ReadAccountMode": ReadAccountMode(),
    "ReadSymbolConfigs": ReadSymbolConfigs(),
    "ReadBrackets": ReadBrackets(),
    "ReadInstruments": ReadInstruments(),
    "ReadTime": ReadTime(),
    "RenewListenKey": RenewListenKey(),
}
"""The reads without parameters, by the name that stands in a token."""


@frozen
class ReadOptions:
    """Of which class a read is, and for how long its asker waits for leave."""

    priority: Priority
    patience_ns: int


def ask_to_read(ctx: Context, read: Read, options: ReadOptions) -> None:
    """Ask the limiter for leave to make one read."""
    call = type(read).__name__
    ctx.tell(
        RATE_LIMITER,
        RequestPermit(
            token=f"{ctx.me}/{call}",
            call=call,
            by_symbol=False,
            priority=options.priority,
            expires_at_ns=ctx.now + options.patience_ns,
        ),
    )


def make_read(
    ctx: Context, granted: PermitGranted, options: ReadOptions, read: Read | None = None
) -> None:
    """Make the read that a permit was granted for; `read` is the one with its parameters."""
    _, call = granted.token.split("/")
    ctx.tell(
        LANE_REDUCING,
        MakeCall(
            call_id=granted.token,
            call=read or READS[call],
            permit=granted.permit,
            priority=options.priority,
            epoch=0,
            send_by_ms=0,
        ),
    )


def left_out(ctx: Context, answer: PermitRefused | Fenced, tick: object | None = None) -> None:
    """Note that a read was not made; where its permit grew old, the reader's `tick` comes soon."""
    ctx.log("read_left_out", reason=answer.reason)
    if tick is not None and isinstance(answer, Fenced) and answer.reason == PERMIT_EXPIRED:
        ctx.after(AGAIN_NS, tick, key="tick")
