"""Mode rules: which world a mode reaches, what it needs, and why a plan is refused.

Owns the table of modes and the reasons, all of them at once. `paper` reaches this machine alone;
`testnet` and `demo` reach the venue's test hosts; `live` and `shadow` its hosts with money, which
`USE_BINANCE_TESTNET` keeps shut by default, and `live` also wants its account named a second time
and a way to halt it. A host that the venue is not known by is its owner's to know, outside paper,
if what is sent there is encrypted; one of another world never is. Pure.

Source: requirements C-16 and C-17.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from attrs import frozen

LOOPBACK = "loopback"
ENCRYPTED = ("https", "wss")
SEEDED_MARKET, LIVE_MARKET = "seeded", "live"
MARKETS = (SEEDED_MARKET, LIVE_MARKET)
"""What the built-in venue trades at: prices drawn from a seed, or a venue's as they come."""


@frozen
class ModeRule:
    """What one mode is."""

    world: str
    """Environment whose hosts it reaches, and whose keys it reads."""
    use_testnet: bool | None
    """What the switch must say; None where it says nothing."""
    is_guarded: bool = False
    """Whether a start is confirmed by the name of the account, and must be haltable."""
    sends_orders: bool = True
    """Whether its orders go where it reaches; else to the built-in venue alone."""


MODES: Mapping[str, ModeRule] = MappingProxyType(
    {
        "paper": ModeRule(LOOPBACK, None),
        "testnet": ModeRule("testnet", use_testnet=True),
        "demo": ModeRule("demo", use_testnet=True),
        "shadow": ModeRule("live", use_testnet=False, sends_orders=False),
        "live": ModeRule("live", use_testnet=False, is_guarded=True),
    }
)
"""Mode -> its rule."""


@frozen
class Host:
    """A host that the settings name."""

    key: str
    """Of the setting."""
    name: str
    scheme: str
    worlds: frozenset[str]
    """Environments that are known to have it."""


@frozen
class ModePlan:
    """What a start was told."""

    mode: str
    use_testnet: bool
    account: str = ""
    """What its owner calls the account."""
    live_confirm: str = ""
    hosts: tuple[Host, ...] = ()


def plan_faults(plan: ModePlan) -> Iterator[str]:
    """Yield every reason why a plan is refused."""
    rule = MODES[plan.mode]
    if rule.use_testnet not in (None, plan.use_testnet):
        is_set = str(plan.use_testnet).lower()
        yield f"mode: is {plan.mode}, but use_testnet (USE_BINANCE_TESTNET) is {is_set}"
    if rule.is_guarded:
        yield from _confirmation_faults(plan)
    for host in plan.hosts:
        fault = _host_fault(plan.mode, rule, host)
        if fault:
            yield f"{host.key}: {fault}"


def _confirmation_faults(plan: ModePlan) -> Iterator[str]:
    if not plan.account:
        yield f"exchange.account: is not set; {plan.mode} needs a name for its account"
    elif not plan.live_confirm:
        yield (
            f"live_confirm: is not given; to trade with money on {plan.account}, "
            f"set LIVE_TRADING_CONFIRM={plan.account}"
        )
    elif plan.live_confirm != plan.account:
        yield f"live_confirm: names {plan.live_confirm}, but exchange.account is {plan.account}"


def _host_fault(mode: str, rule: ModeRule, host: Host) -> str:
    if rule.world in host.worlds:
        return ""
    if host.worlds or rule.world == LOOPBACK:
        whose = f"a host of {' and '.join(sorted(host.worlds)) or 'nobody known'}"
        return f"{host.name} is {whose}, and {mode} reaches {rule.world} alone"
    if host.scheme not in ENCRYPTED:
        return f"{host.name} is reached without encryption"
    return ""
