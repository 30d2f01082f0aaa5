"""Host project: one with packages of our names installs the wheel and trades undisturbed.

Owns the proof that a guest behaves: the host's `actors` and `messages` stay its own, its
process-wide settings are as it left them, and its `stop_all` ends everything that was started.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "embedded_strategy.py"
RUN_SECONDS_MAX = 400

HOST = """
import decimal, gc, json, logging, signal, sys, threading, time, warnings
import pykka, structlog

import actors, messages, scenarios
from actors import strategy

def on_term(number, frame):
    raise SystemExit(3)

def look():
    return [
        repr(decimal.getcontext()), gc.get_threshold(), sys.getswitchinterval(),
        repr(warnings.filters), repr(signal.getsignal(signal.SIGTERM)),
        repr(signal.getsignal(signal.SIGINT)), repr(threading.excepthook), repr(sys.excepthook),
        logging.getLogger().level, len(logging.getLogger().handlers),
        [repr(each) for each in structlog.get_config()["processors"]],
    ]

decimal.getcontext().prec = 5
decimal.getcontext().rounding = decimal.ROUND_UP
gc.set_threshold(901, 11, 11)
sys.setswitchinterval(0.004)
signal.signal(signal.SIGTERM, on_term)
logging.basicConfig(level=logging.WARNING)
structlog.configure(processors=[structlog.processors.JSONRenderer()])
before = look()

options = strategy.parse(["--speed", "15", "--data-dir", sys.argv[1]])
guest = strategy.Strategy.start(options, threading.Event())
until = time.monotonic() + 120
while guest.ask(strategy.GetReport(), timeout=60).filled < 3 and time.monotonic() < until:
    threading.Event().wait(0.05)
report = guest.ask(strategy.GetReport(), timeout=60)
met = sorted(ref.actor_class.__name__ for ref in pykka.ActorRegistry.get_all())
pykka.ActorRegistry.stop_all(block=True, timeout=120)

print(json.dumps({
    "owners": [actors.OWNER, messages.OWNER, scenarios.OWNER],
    "callboard": sys.modules["callboard"].__file__,
    "settings": look() == before,
    "filled": report.filled,
    "failed": len(report.ended_without_fill),
    "met": met,
    "threads": [each.name for each in threading.enumerate()],
    "left": len(pykka.ActorRegistry.get_all()),
}))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write the host's project: packages named as ours, with the example among them."""
    for name in ("actors", "messages", "scenarios"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"OWNER = 'host {name}'\n", encoding="utf-8")
    shutil.copy(EXAMPLE, tmp_path / "actors" / "strategy.py")
    (tmp_path / "host.py").write_text(HOST, encoding="utf-8")
    return tmp_path


def test_a_host_with_packages_of_our_names_trades_undisturbed(
    host_python: Path, project: Path
) -> None:
    done = subprocess.run(
        [str(host_python), str(project / "host.py"), str(project / "data")],
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS_MAX,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr), done.stdout
    said = json.loads(done.stdout)
    assert ["host actors", "host messages", "host scenarios"] == said["owners"]
    assert Path(said["callboard"]).is_relative_to(host_python.parents[1])
    assert said["settings"]
    assert said["filled"] >= 3
    assert 1 == said["failed"]
    assert ["Front", "Strategy"] == said["met"]
    assert (["MainThread"], 0) == (said["threads"], said["left"])
