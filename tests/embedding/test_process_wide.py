"""Process-wide: a system that trades changes no setting of its process.

Owns the list of settings that are looked at. The look is taken in a process of its own, in which
nothing but the standard library, structlog and Pykka was imported before.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import decimal, faulthandler, gc, json, locale, logging, os, random, signal, socket, sys, threading
import time, warnings
import pykka, structlog

def look():
    root = logging.getLogger()
    return {
        "structlog": structlog.is_configured(),
        "decimal": repr(decimal.getcontext()),
        "decimal_default": repr(decimal.DefaultContext),
        "signals": [str(signal.getsignal(each)) for each in sorted(signal.valid_signals())],
        "warnings": repr(warnings.filters),
        "gc": [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()],
        "switch_interval": sys.getswitchinterval(),
        "recursion": sys.getrecursionlimit(),
        "hooks": [repr(each) for each in (sys.excepthook, threading.excepthook,
                  sys.unraisablehook, sys.displayhook, sys.gettrace(), sys.getprofile())],
        "threads": [threading.stack_size(), threading.active_count()],
        "logging": [root.level, repr(root.handlers), logging.raiseExceptions, root.manager.disable],
        "faulthandler": faulthandler.is_enabled(),
        "random": hash(random.getstate()),
        "locale": locale.setlocale(locale.LC_ALL),
        "socket": socket.getdefaulttimeout(),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "path": sys.path[:],
        "umask": [os.umask(0o022), os.umask(0o022)],
        "actors": len(pykka.ActorRegistry.get_all()),
    }

before = look()

from decimal import Decimal
from callboard import (
    OrderFilled, RiskSettings, Settings, SignalType, SubmitSignal, Subscribe, PositionClosed
)
from callboard.scenarios import paper

settings = Settings(
    seed=5, placement=sys.argv[1], risk=RiskSettings(symbols=("ETHUSDT",), cooldown_ms=0)
)
ref = paper.start(settings, data_dir=sys.argv[2], speed=3.0)
during = look()
filled, closed = threading.Event(), threading.Event()
ref.tell(Subscribe(lambda _event: filled.set(), (OrderFilled,)))
ref.tell(Subscribe(lambda _event: closed.set(), (PositionClosed,)))
ref.ask(SubmitSignal("s1", 0, SignalType.LONG_ENTRY, "ETHUSDT", confidence=Decimal("0.9")))
assert filled.wait(20)
ref.ask(SubmitSignal("s2", 0, SignalType.CLOSE_LONG, "ETHUSDT"))
assert closed.wait(20)
ref.stop(block=True, timeout=120)

def changed(now, *lively):
    return [key for key in before if now[key] != before[key] and key not in lively]

print(json.dumps({"during": changed(during, "threads", "actors"), "after": changed(look())}))
"""


@pytest.mark.parametrize("placement", ["shared", "pinned"])
def test_a_system_leaves_every_process_wide_setting_as_it_was(
    placement: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, placement, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert "" == done.stderr
    assert {"during": [], "after": []} == json.loads(done.stdout)
