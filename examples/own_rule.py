"""Own rule: a rule of the host's own refuses an order by name.

Usage: python own_rule.py [--data-dir D]; then `callboard replay D --rule own_rule:no_big_shorts`.
"""

import sys
from decimal import Decimal
from queue import Queue

from callboard import (
    OrderRefused,
    ProposedEntry,
    Refusal,
    RiskSettings,
    Settings,
    Side,
    SignalType,
    SubmitSignal,
    Subscribe,
)
from callboard.scenarios import paper

SHORT_MAX = Decimal(100)


def no_big_shorts(entry: ProposedEntry) -> Refusal | None:
    """Refuse to sell short for more than 100 USDT: a pure function of what it is shown."""
    if entry.side is Side.BUY or entry.notional <= SHORT_MAX:
        return None
    return Refusal("no_big_shorts", f"{entry.notional:.2f}", str(SHORT_MAX))


def main(data_dir: str | None) -> None:
    """Run a paper engine with the rule, and show what it says to a short."""
    events: Queue[OrderRefused] = Queue()
    settings = Settings(risk=RiskSettings(symbols=("ETHUSDT",)))
    engine = paper.start(settings, rules=[no_big_shorts], data_dir=data_dir, speed=20)
    try:
        engine.ask(Subscribe(events, (OrderRefused,)))
        short = SignalType.SHORT_ENTRY
        engine.tell(SubmitSignal("s1", 0, short, "ETHUSDT", confidence=Decimal("0.9")))
        print(events.get(timeout=60).reason)
    finally:
        engine.stop()


if __name__ == "__main__":
    main(sys.argv[2] if sys.argv[1:2] == ["--data-dir"] else None)
