"""Mode rules: every mode against every world, switch and confirmation, as one table."""

from itertools import product

import pytest

from callboard.actors.policies.mode_rules import LOOPBACK, MODES, Host, ModePlan, plan_faults

WORLDS = (LOOPBACK, "testnet", "demo", "live")
REACHED = {
    "paper": LOOPBACK,
    "testnet": "testnet",
    "demo": "demo",
    "shadow": "live",
    "live": "live",
}
SWITCH = {"paper": None, "testnet": True, "demo": True, "shadow": False, "live": False}


def _plan(
    mode: str,
    *hosts: Host,
    use_testnet: bool | None = None,
    account: str = "main",
    live_confirm: str = "main",
) -> ModePlan:
    said = SWITCH[mode] if use_testnet is None else use_testnet
    return ModePlan(mode, said is not False, account, live_confirm, hosts)


def _host(*worlds: str, scheme: str = "https") -> Host:
    return Host("exchange.rest_url", "venue.example", scheme, frozenset(worlds))


def test_the_table_has_every_mode() -> None:
    assert REACHED == {mode: rule.world for mode, rule in MODES.items()}
    assert {"live"} == {mode for mode, rule in MODES.items() if rule.is_guarded}
    assert {"shadow"} == {mode for mode, rule in MODES.items() if not rule.sends_orders}


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_runs_where_everything_is_as_it_wants(mode: str) -> None:
    assert () == tuple(plan_faults(_plan(mode, _host(REACHED[mode]))))


@pytest.mark.parametrize(("mode", "use_testnet"), [*product(MODES, [True, False])])
def test_the_switch_between_test_and_money_must_agree(mode: str, use_testnet: bool) -> None:
    faults = tuple(plan_faults(_plan(mode, use_testnet=use_testnet)))

    agrees = SWITCH[mode] in (None, use_testnet)
    is_set = str(use_testnet).lower()
    said = f"mode: is {mode}, but use_testnet (USE_BINANCE_TESTNET) is {is_set}"
    assert (() if agrees else (said,)) == faults


@pytest.mark.parametrize(("mode", "world"), [*product(MODES, WORLDS)])
def test_a_host_of_another_world_is_refused(mode: str, world: str) -> None:
    faults = tuple(plan_faults(_plan(mode, _host(world))))

    said = (
        f"exchange.rest_url: venue.example is a host of {world},"
        f" and {mode} reaches {REACHED[mode]} alone"
    )
    assert (() if world == REACHED[mode] else (said,)) == faults


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scheme", ["https", "wss", "http", "ws"])
def test_a_host_that_nobody_knows_is_taken_encrypted_and_never_in_paper(
    mode: str, scheme: str
) -> None:
    faults = tuple(plan_faults(_plan(mode, _host(scheme=scheme))))

    if mode == "paper":
        assert len(faults) == 1
        assert "a host of nobody known, and paper reaches loopback alone" in faults[0]
    elif scheme in ("https", "wss"):
        assert () == faults
    else:
        assert ("exchange.rest_url: venue.example is reached without encryption",) == faults


def test_a_host_of_two_worlds_serves_both_and_no_third() -> None:
    shared = _host("testnet", "demo")

    assert () == tuple(plan_faults(_plan("testnet", shared)))
    assert () == tuple(plan_faults(_plan("demo", shared)))
    assert "a host of demo and testnet, and live reaches live alone" in str(
        tuple(plan_faults(_plan("live", shared)))
    )


@pytest.mark.parametrize(
    ("account", "live_confirm", "fault"),
    [
        ("", "", "exchange.account: is not set; live needs a name for its account"),
        ("", "main", "exchange.account: is not set; live needs a name for its account"),
        (
            "main",
            "",
            (
                "live_confirm: is not given; to trade with money on main,"
                " set LIVE_TRADING_CONFIRM=main"
            ),
        ),
        ("main", "other", "live_confirm: names other, but exchange.account is main"),
    ],
)
def test_live_is_confirmed_by_the_name_of_its_account(
    account: str, live_confirm: str, fault: str
) -> None:
    faults = tuple(plan_faults(_plan("live", account=account, live_confirm=live_confirm)))

    assert (fault,) == faults


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "live"])
def test_no_other_mode_asks_for_a_confirmation(mode: str) -> None:
    assert () == tuple(plan_faults(_plan(mode, account="", live_confirm="")))


def test_every_reason_is_told_at_once() -> None:
    plan = _plan("live", _host("demo"), _host("testnet"), use_testnet=True, live_confirm="")

    assert len(tuple(plan_faults(plan))) == 4
