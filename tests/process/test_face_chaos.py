"""Test of chaos at the faces: each is stopped, flooded and killed, and no order waits.

CALLBOARD_CHAOS_ROUNDS makes it as long as one likes: so many rounds of orders in each trouble.
"""

import os
from contextlib import ExitStack
from pathlib import Path

from callboard.actors.adapters.disk import Disk
from callboard.actors.runtime.journal_reader import verify
from support.face_chaos import Chaos, chaos, fates, flooded, killed, stopped, stuck
from support.redis_server import PROGRAM, RealServer, real_server
from support.waiting import until

ROUNDS = int(os.environ.get("CALLBOARD_CHAOS_ROUNDS", "1"))
GET = b"GET /api/execution/positions HTTP/1.1\r\nHost: x\r\n\r\n"
SCRAPE = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
EVENTS = b"GET /api/execution/events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 1.0\r\n\r\n"
SLOWLORIS = b"POST /api/execution/order HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
POISON = 500


def test_no_order_waits_for_a_face_and_none_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "D"
    with ExitStack() as undo:
        redis = undo.enter_context(real_server()) if PROGRAM else None
        settings = {} if redis is None else {"bus.redis_url": redis.url}
        run = undo.enter_context(chaos(folder, settings))
        api, metrics = run.address("api"), run.address("metrics")
        run.trade(ROUNDS)
        run.during("api flooded", ROUNDS, lambda: flooded(api, GET))
        run.during("streams unread", ROUNDS, lambda: stuck(api, EVENTS))
        run.during("slowloris", ROUNDS, lambda: stuck(api, SLOWLORIS))
        run.during("metrics flooded", ROUNDS, lambda: flooded(metrics, SCRAPE))
        if redis is not None:
            trouble_at_redis(run, redis)
        run.during("service stopped", ROUNDS, lambda: stopped(run.service()))
        run.during("service killed", ROUNDS, lambda: killed(run.service()))
        until(run.service)

    mine = {name: fate for name, fate in fates(folder).items() if name in run.told}
    assert 0 == run.run.returncode
    assert run.told == sorted(mine, key=run.told.index)
    # An approval that is sent too late is refused, so what was filled was sent in time.
    assert {""} == {fate.refused for fate in mine.values()}
    assert all(fate.filled_ms is not None for fate in mine.values())
    assert verify(Disk(folder / "journal")).ok


def trouble_at_redis(run: Chaos, redis: RealServer) -> None:
    """Poison what comes in, let the server stand still, and take it away."""
    client = redis.client
    for number in range(POISON):
        client.xadd("callboard.signal.execute", {"data": f"poison {number}"})
    client.close()
    run.trade(ROUNDS)
    run.during("redis stopped", ROUNDS, lambda: stopped(redis.process()))
    redis.stop()
    run.trade(ROUNDS)
    redis.start()
    run.trade(ROUNDS)
