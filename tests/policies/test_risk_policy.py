"""Test of the risk policy: one setting changed by its name, or refused with its name."""

from decimal import Decimal

import pytest
from attrs import asdict, evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.risk_policy import PAIRS, TABLES, PolicyError, changed
from callboard.actors.settings import RiskSettings
from callboard.messages.values import SignalType

D = Decimal
SETTINGS = RiskSettings(symbols=("ETHUSDT",))


def test_without_a_policy_the_settings_stay_as_they_are() -> None:
    assert SETTINGS is changed(SETTINGS, {})


def test_each_kind_of_setting_is_read_from_its_text() -> None:
    policy = {
        "cooldown_ms": "1000",
        "confidence_min": "0.8",
        "scale_in": "True",
        "symbols": "BTCUSDT, ETHUSDT,",
        "sizing": "risk",
    }

    expected = evolve(
        SETTINGS,
        cooldown_ms=1000,
        confidence_min=D("0.8"),
        scale_in=True,
        symbols=("BTCUSDT", "ETHUSDT"),
        sizing="risk",
    )
    assert expected == changed(SETTINGS, policy)


def test_every_setting_can_be_set_to_what_it_is() -> None:
    plain = asdict(SETTINGS, filter=lambda each, _value: each.name not in TABLES)
    policy = {name: text_of(value) for name, value in plain.items()}

    assert SETTINGS == changed(SETTINGS, policy)


def text_of(value: Decimal | int | tuple[str, ...]) -> str:
    """Write a setting as a policy source does."""
    return str(value) if not isinstance(value, tuple) else ",".join(value)


@pytest.mark.parametrize(
    ("key", "text", "reason"),
    [
        ("leverage_most", "1", "is no setting of the risk gate"),
        ("cooldown_ms", "soon", "cannot be 'soon'"),
        ("cooldown_ms", "-1", "cannot be '-1', which is too small"),
        ("cooldown_ms", "1.5", "cannot be '1.5'"),
        ("confidence_min", "NaN", "cannot be 'NaN'"),
        ("confidence_min", "Infinity", "cannot be 'Infinity'"),
        ("confidence_min", "-0.1", "cannot be '-0.1', which is too small"),
        ("scale_in", "yes", "cannot be 'yes'"),
        ("leverage", "0", "cannot be '0', which is too small"),
        ("position_size_pct_default", "0", "cannot be '0', which is too small"),
        ("gross_exposure_pct_max", "0", "cannot be '0', which is too small"),
        ("sizing", "all", "must be one of percent, risk, not 'all'"),
        ("correlations", "BTCUSDT=1", "must be pairs as in BTCUSDT/ETHUSDT=0.8"),
        ("correlations", "A/B=much", "must be pairs as in BTCUSDT/ETHUSDT=0.8"),
        ("strategies", "cross", "is a table; only the settings of a start change it"),
        (
            "cooldown_exempt",
            "LONG_ENTRY",
            "must be one of CLOSE_LONG, CLOSE_SHORT, REDUCE_50, not 'LONG_ENTRY'",
        ),
        ("size_basis", "", "must be one of notional, margin, not ''"),
        (
            "actions",
            "LONG_ENTRY,SELL",
            f"must be one of {', '.join(SignalType)}, not 'SELL'",
        ),
    ],
)
def test_what_no_setting_can_be_is_refused_with_its_key(key: str, text: str, reason: str) -> None:
    with pytest.raises(PolicyError) as error:
        changed(SETTINGS, {key: text})

    assert (key, reason) == (error.value.key, error.value.reason) == error.value.args
    assert f"{key}: {reason}" == str(error.value)


@pytest.mark.parametrize(
    ("key", "text", "blamed", "reason"),
    [
        (
            "position_size_pct_default",
            "5.1",
            "position_size_pct_default",
            "would be above position_size_pct_max, 5",
        ),
        (
            "gross_exposure_pct_max",
            "4.9",
            "position_size_pct_max",
            "would be above gross_exposure_pct_max, 4.9",
        ),
        ("leverage_max", "9", "leverage", "would be above leverage_max, 9"),
        (
            "protection_distance_pct_min",
            "2.1",
            "protection_distance_pct_min",
            "would be above stop_loss_pct_default, 2",
        ),
        (
            "stop_loss_pct_max",
            "1.9",
            "stop_loss_pct_default",
            "would be above stop_loss_pct_max, 1.9",
        ),
    ],
)
def test_settings_that_would_contradict_each_other_are_refused(
    key: str, text: str, blamed: str, reason: str
) -> None:
    with pytest.raises(PolicyError) as error:
        changed(SETTINGS, {key: text})

    assert (blamed, reason) == (error.value.key, error.value.reason)


def test_two_changes_may_agree_where_one_alone_would_not() -> None:
    policy = {"position_size_pct_max": "8", "position_size_pct_default": "6"}

    assert D(6) == changed(SETTINGS, policy).position_size_pct_default


TEXTS = st.one_of(st.integers(-5, 200).map(str), st.decimals(-5, 200, places=2).map(str), st.text())
KEYS = st.sampled_from([each.name for each in fields(RiskSettings)])


def outcome(policy: dict[str, str]) -> RiskSettings | PolicyError:
    """Return what becomes of the settings, or why they stay."""
    try:
        return changed(SETTINGS, policy)
    except PolicyError as error:
        return error


@given(st.dictionaries(KEYS, TEXTS, max_size=4))
def test_a_policy_is_refused_by_a_key_or_gives_settings_that_agree(policy: dict[str, str]) -> None:
    names = [each.name for each in fields(RiskSettings)]

    result = outcome(policy)

    if isinstance(result, PolicyError):
        assert result.key in names
    else:
        assert all(getattr(result, key) <= getattr(result, most) for key, most in PAIRS)
        untouched = [name for name in names if name not in policy]
        assert all(getattr(result, name) == getattr(SETTINGS, name) for name in untouched)
