"""Config: sources in their order, values by their text, and all faults at once."""

from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve

from callboard.actors.adapters.config import (
    DEFAULT,
    NOT_IN_FILES,
    load,
    shown,
    template,
)
from callboard.actors.adapters.config_fields import fields, members_of, settings_of_plain, value_of
from callboard.actors.adapters.config_rules import RULES
from callboard.actors.adapters.modes import ModeRefused, check_mode
from callboard.actors.adapters.settings_check import checked
from callboard.actors.errors import ConfigurationError
from callboard.actors.settings import OrderSettings, RiskSettings, Settings, StrategyLimits
from callboard.actors.settings_json import settings_json
from callboard.messages.values import SignalType


def written(folder: Path, text: str, name: str = "callboard.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(folder: Path, text: str, **environ: str) -> list[str]:
    path = written(folder, text)
    with pytest.raises(ConfigurationError) as raised:
        load((path,), environ)
    return [fault.replace(str(path), "file") for fault in raised.value.faults]


def test_without_sources_every_setting_is_its_default() -> None:
    loaded = load()

    assert Settings() == loaded.settings
    assert {DEFAULT} == {each.source for each in loaded.values}
    assert list(fields()) == [each.key for each in loaded.values]


def test_a_flag_wins_over_the_environment_over_the_later_file_over_the_earlier(
    tmp_path: Path,
) -> None:
    first = written(
        tmp_path,
        "[callboard]\nseed = 1\ninbox_max = 100\n[callboard.risk]\npositions_max = 5\n"
        "cooldown_ms = 1\n",
        "1.toml",
    )
    second = written(
        tmp_path, "[callboard]\nseed = 2\n[callboard.risk]\ncooldown_ms = 2\n", "2.toml"
    )
    environ = {"CALLBOARD__SEED": "3", "CALLBOARD__RISK__COOLDOWN_MS": "3", "HOME": "/"}

    loaded = load((first, second), environ, {"seed": "4"})

    assert (4, 3, 5) == (
        loaded.settings.seed,
        loaded.settings.risk.cooldown_ms,
        loaded.settings.risk.positions_max,
    )
    assert "command line" == loaded.source_of("seed")
    assert "CALLBOARD__RISK__COOLDOWN_MS" == loaded.source_of("risk.cooldown_ms")
    assert str(first) == loaded.source_of("inbox_max")
    assert DEFAULT == loaded.source_of("risk.leverage")


def test_a_figure_keeps_the_digits_of_its_text(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "[callboard.risk]\nconfidence_min = 0.1\nstop_loss_pct_default = '0.1000000000000001'\n",
    )

    risk = load((path,)).settings.risk

    assert "0.1" == str(risk.confidence_min)
    assert Decimal("0.1000000000000001") == risk.stop_loss_pct_default


def test_lists_words_and_switches_are_read_from_text_and_from_toml(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '[callboard.risk]\nsymbols = ["BTCUSDT", "ETHUSDT"]\nscale_in = true\n'
        'actions = ["LONG_ENTRY", "CLOSE_LONG"]\n',
    )

    of_file = load((path,)).settings
    of_text = load(
        environ={
            "CALLBOARD__RISK__SYMBOLS": "BTCUSDT, ETHUSDT",
            "CALLBOARD__RISK__SCALE_IN": "true",
            "CALLBOARD__RISK__ACTIONS": "LONG_ENTRY, CLOSE_LONG",
        }
    ).settings

    assert of_file == of_text
    assert ("BTCUSDT", "ETHUSDT") == of_file.risk.symbols
    assert of_file.risk.scale_in
    assert (SignalType.LONG_ENTRY, SignalType.CLOSE_LONG) == of_file.risk.actions


def test_all_faults_of_all_sources_are_told_at_once(tmp_path: Path) -> None:
    text = (
        "seed = 3\n[callboard]\nsed = 4\n[callboard.risk]\ncooldown_s = 5\nconfidence_min = 70\n"
        'positions_max = 2.5\nsymbols = ["ethusdt"]\nstop_loss_pct_default = 3.0\n'
    )

    faults = faults_of(tmp_path, text, CALLBOARD__SEED="lots")

    assert [
        "file: seed: everything stands in [callboard]",
        "file: sed: unknown key; did you mean seed?",
        "file: risk.cooldown_s: unknown key; did you mean risk.cooldown_ms?",
        "file: risk.confidence_min: must be 0 to 1, not 70",
        "file: risk.positions_max: must be a whole number, not 2.5 (1 to 1000)",
        'file: risk.symbols: must be upper-case letters and digits, as in ETHUSDT, not "ethusdt"',
        "CALLBOARD__SEED: seed: must be a whole number, not 'lots' (0 to 9223372036854775807)",
        "file: risk.stop_loss_pct_default: is 3.0, must be at most risk.stop_loss_pct_max (2.0)",
    ] == faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[callboard.risk", "is no TOML"),
        ("[risk]\nleverage = 3", "risk: everything stands in [callboard]; is it [callboard.risk]?"),
        ("[callboard]\nrisk = 3", "risk: unknown key, but a section: [callboard.risk]"),
        ("[callboard.orders]\nrecv_window_ms = '5s'", "must be a whole number of ms, not '5s'"),
        ("[callboard.orders]\nrecv_window_ms = 5", "must be 100 to 60000, not 5"),
        ("[callboard.orders]\njitter = 1", "must be true or false, not 1"),
        ("[callboard.orders]\nid_prefix = ''", "1 to 8 letters, digits, hyphens or underscores"),
        ("[callboard.risk]\nleverage = true", "must be a whole number, not True"),
        ("[callboard.risk]\nconfidence_min = true", "must be a number, not True"),
        ("[callboard.risk]\nconfidence_min = nan", "must be a finite number, not NaN"),
        ("[callboard.risk]\nsymbols = 5", "must be a list of texts, not 5"),
        ("[callboard.risk]\nsymbols = [5]", "must be text, not 5"),
        ("[callboard.risk]\nactions = ['UP']", 'REDUCE_50, not "UP"'),
        ("[callboard.limits]\nrequests_1m_max = 1", "limits: "),
        ("[callboard.clock]\nerror_ms_max = 5000", "must be below orders.recv_window_ms (2500)"),
        ("[callboard]\nmode = 'papper'", "must be one of paper, testnet, demo, shadow, live"),
    ],
)
def test_a_fault_says_what_is_wrong_and_what_is_allowed(
    tmp_path: Path, text: str, fault: str
) -> None:
    assert any(fault in each for each in faults_of(tmp_path, text)), faults_of(tmp_path, text)


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        load((tmp_path / "nowhere.toml",))


def test_the_default_of_every_key_is_admitted_by_its_rule() -> None:
    for key, field in fields().items():
        rule = RULES.get(key)
        assert rule is None or all(rule.admits(each) for each in members_of(field.default)), key


def test_every_number_and_text_has_a_rule_and_every_rule_a_key() -> None:
    free = {key for key, field in fields().items() if field.kind is bool}

    assert set(fields()) - free == set(RULES)


def test_the_template_names_every_key_and_reads_back_as_the_defaults(tmp_path: Path) -> None:
    text = template()
    bare = "\n".join(line.removeprefix("# ") for line in text.splitlines()[3:])

    loaded = load((written(tmp_path, bare),))

    assert Settings() == loaded.settings
    assert Settings() == load((written(tmp_path, text),)).settings
    unset = [each.key for each in loaded.values if each.source == DEFAULT]
    assert list(NOT_IN_FILES) == unset


def test_the_settings_of_a_manifest_are_the_ones_that_ran() -> None:
    settings = Settings(seed=5, risk=RiskSettings(symbols=("ETHUSDT",), scale_in=True))

    assert settings == settings_of_plain(settings_json(settings))


def test_a_manifest_with_a_key_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="flux is no setting of this version"):
        settings_of_plain({"flux": 1})


@pytest.mark.parametrize("mode", ["paper", "testnet", "demo"])
def test_a_mode_without_money_runs_as_it_is(mode: str) -> None:
    check_mode(load(flags={"mode": mode}).settings)


def test_a_mode_that_looks_at_money_wants_the_switch_to_say_so() -> None:
    check_mode(load(flags={"mode": "shadow", "use_testnet": "false"}).settings)
    with pytest.raises(ModeRefused, match="mode: is shadow, but use_testnet"):
        check_mode(load(flags={"mode": "shadow"}).settings)


def test_a_value_is_shown_as_toml_writes_it() -> None:
    values = (("a", "b"), True, 5, Decimal("0.50"), "word")

    assert ['["a", "b"]', "true", "5", "0.50", '"word"'] == [shown(each) for each in values]


def test_settings_made_by_hand_come_back_in_their_own_types() -> None:
    by_hand = evolve(Settings(), risk=RiskSettings(symbols=["ETHUSDT"], confidence_min=1))  # type: ignore[arg-type]

    settings = checked(by_hand)

    assert ("ETHUSDT",) == settings.risk.symbols
    assert isinstance(settings.risk.confidence_min, Decimal)
    assert settings == checked(settings)


def test_settings_made_by_hand_are_refused_with_every_fault() -> None:
    by_hand = Settings(
        risk=RiskSettings(leverage=0, confidence_min=0.7),  # type: ignore[arg-type]
        orders=OrderSettings(id_prefix="too long a prefix"),
    )

    with pytest.raises(ConfigurationError) as raised:
        checked(by_hand)

    assert 3 == len(raised.value.faults)
    assert "risk.leverage: must be 1 to 125, not 0" in raised.value.faults


def test_settings_made_by_hand_are_checked_in_pairs() -> None:
    by_hand = Settings(risk=RiskSettings(stop_loss_pct_default=Decimal(3)))

    with pytest.raises(ConfigurationError, match=r"must be at most risk\.stop_loss_pct_max"):
        checked(by_hand)


def test_a_key_finds_its_value() -> None:
    assert (0, 10) == (value_of(Settings(), "seed"), value_of(Settings(), "risk.leverage"))


STRATEGIES = """
[callboard.risk]
symbols = ["ETHUSDT", "BTCUSDT"]
[[callboard.risk.strategies]]
name = "cross"
symbols = ["ETHUSDT"]
positions_max = 1
position_size_pct_max = 2.5
[[callboard.risk.strategies]]
name = "carry"
"""


def test_strategies_are_tables_and_what_they_leave_out_is_the_accounts(tmp_path: Path) -> None:
    loaded = load((written(tmp_path, STRATEGIES),))

    cross = StrategyLimits(
        "cross", symbols=("ETHUSDT",), positions_max=1, position_size_pct_max=Decimal("2.5")
    )
    assert (cross, StrategyLimits("carry")) == loaded.settings.risk.strategies
    assert loaded.settings == settings_of_plain(settings_json(loaded.settings))
    assert loaded.settings == checked(loaded.settings)
    shown_ = shown(loaded.settings.risk.strategies)
    assert '[{name = "cross", symbols = ["ETHUSDT"], ' in shown_
    again = written(tmp_path, f"[callboard.risk]\nsymbols = []\nstrategies = {shown_}")
    assert loaded.settings.risk.strategies == load((again,)).settings.risk.strategies


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("positions_max = 4", "cross: positions_max is 4, must be at most risk.positions_max (3)"),
        ("cooldown_ms = 1", "cross: cooldown_ms is 1, must be at least risk.cooldown_ms (900000)"),
        ('symbols = ["XRPUSDT"]', "cross: XRPUSDT is not in risk.symbols"),
        ("positions_max = -1", "positions_max 0 to 1000"),
        ("leverage = 3", "knows no leverage; its keys are name, symbols"),
        ('positions_max = "many"', "positions_max must be a whole number"),
    ],
)
def test_a_strategy_can_only_be_tighter_than_its_account(
    table: str, fault: str, tmp_path: Path
) -> None:
    text = f"""[callboard.risk]
symbols = ["ETHUSDT"]
[[callboard.risk.strategies]]
name = "cross"
{table}"""

    (found,) = faults_of(tmp_path, text)

    assert "risk.strategies" in found
    assert fault in found


@pytest.mark.parametrize(
    ("tables", "fault"),
    [
        ('strategies = [{name = "a"}, {name = "a"}]', "names a twice"),
        ("strategies = [{positions_max = 1}]", "name is missing"),
        ('strategies = ["cross"]', "must be tables of a settings file"),
    ],
)
def test_a_table_that_is_no_strategy_is_a_fault(tables: str, fault: str, tmp_path: Path) -> None:
    (found,) = faults_of(tmp_path, f"[callboard.risk]\n{tables}")

    assert fault in found


@pytest.mark.parametrize(
    "key", ["bus.redis_url", "metrics.push_url", "emergency.url", "exchange.rest_url"]
)
def test_an_address_with_a_password_is_refused_and_the_password_is_not_repeated(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(flags={key: "http://me:hunter2@host/x"})

    assert f"{key}: must be" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "http://***@host/x" in str(caught.value)
