"""Scenario file: a workload is read as it was written; what is none is told where."""

from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.errors import ConfigurationError
from callboard.messages.values import SignalType
from callboard.scenarios.drawn import drawn
from callboard.scenarios.expectations import Then
from callboard.scenarios.files.fields import forms_of
from callboard.scenarios.files.scenario_file import (
    STYLE,
    read_scenario,
    read_story,
    write_scenario,
    write_story,
)
from callboard.scenarios.files.values import Form
from callboard.scenarios.simulation import Delivery
from callboard.scenarios.story import Story
from callboard.scenarios.strategies import workloads
from callboard.scenarios.venue.faults import Fault, Faults
from callboard.scenarios.workload import ActorCrash, Command, EngineCrash, Signal, Workload
from support.regressions import REGRESSIONS

Record = TypeVar("Record")


def any_of(kind: type[Record]) -> st.SearchStrategy[Record]:
    """Return a strategy for a class by the forms of its fields, those of tomorrow too."""
    return st.builds(kind, **{form.name: _values(form, kind) for form in forms_of(kind, STYLE)})


def _values(form: Form, kind: type) -> st.SearchStrategy[Any]:
    if attrs.has(form.kind):
        return any_of(form.kind)
    plain = st.just(REQUEST) if form.name == "request" else _plain_values(form)
    return st.none() | plain if attrs.fields_dict(kind)[form.name].default is None else plain


def _plain_values(form: Form) -> st.SearchStrategy[Any]:
    if get_origin(form.kind) is tuple:
        item = get_args(form.kind)[0]
        each = any_of(item) if attrs.has(item) else _plain_values(attrs.evolve(form, kind=item))
        return st.lists(each, max_size=2).map(tuple)
    if form.words:
        return st.sampled_from(form.words).map(form.kind)
    numbers = {
        bool: st.booleans(),
        int: st.integers(1, 10_000),
        float: st.floats(0, 1),
        Decimal: st.decimals(allow_nan=False, allow_infinity=False),
        str: st.text(st.characters(codec="utf-8"), max_size=9),
    }
    return numbers[form.kind] if form.kind in numbers else st.sampled_from(form.kind)


REQUEST = "DELETE /fapi/v1/algoOpenOrders symbol=ETHUSDT"
BY_HAND = """
# The stop of a short, and a ban in the middle of it.
seed = 12
delivery = "pair"
duration = "1.5 min"

[market]
turbulence_ticks = 10
is_thin = true

[[signal]]
at = "24.886s"
kind = "SHORT_ENTRY"
symbol = "BTCUSDT"
limit_bps = -5

[[signal]]
at_ms = 30_000
kind = 'CLOSE_SHORT'

[[command]]
at = "31s"
kind = "cancel"
signal = 1

[faults]
http_418 = 0.01
http_418_ms = 20_000
streams = ["user", "market"]

[[actor_crash]]
actor = "risk_gate"
nth = 3

[[engine_crash]]
at = "40s"
down = "5s"
torn = true

[account]
is_hedged = true

[venue]
child_frame_late = "40ms"
"""


def faults_in(text: str) -> list[str]:
    """Return what is said about a text that is no scenario."""
    with pytest.raises(ConfigurationError) as refused:
        read_scenario(text)
    return str(refused.value).splitlines()


@given(any_of(Workload), any_of(Then), st.text(st.characters(codec="utf-8"), max_size=9))
def test_what_is_written_of_a_story_is_read_as_an_equal_one(
    workload: Workload, then: Then, title: str
) -> None:
    story = Story(title, workload, then)

    assert story == read_story(write_story(story))


@given(workloads())
def test_what_is_drawn_is_read_as_it_was_written(workload: Workload) -> None:
    assert workload == read_scenario(write_scenario(workload))


@pytest.mark.parametrize("name", REGRESSIONS)
def test_every_run_that_once_went_wrong_can_be_kept_as_a_file(name: str) -> None:
    text = write_scenario(REGRESSIONS[name], note=name)

    assert text.startswith(f"# {name}\nseed = ")
    assert REGRESSIONS[name] == read_scenario(text)


@given(st.sampled_from(Fault), st.integers(0, 2**40))
def test_every_fault_and_any_time_survive(fault: Fault, at_ms: int) -> None:
    workload = Workload(
        1, signals=(Signal(at_ms, SignalType.LONG_ENTRY),), faults=Faults().having({fault: 0.25})
    )

    assert workload == read_scenario(write_scenario(workload))


def test_a_file_written_by_hand_says_everything_that_a_workload_has() -> None:
    assert Workload(
        12,
        delivery=Delivery.PAIR,
        duration_ms=90_000,
        signals=(
            Signal(24_886, SignalType.SHORT_ENTRY, "BTCUSDT", limit_bps=-5),
            Signal(30_000, SignalType.CLOSE_SHORT),
        ),
        commands=(Command(31_000, "cancel", signal=1),),
        faults=Faults(http_418=0.01, http_418_ms=20_000, streams=("user", "market")),
        crashes=(ActorCrash("risk_gate", 3),),
        engine_crashes=(EngineCrash(40_000, 5_000, torn=True),),
        turbulence_ticks=10,
        is_thin=True,
        is_hedged=True,
        child_frame_late_ms=40,
    ) == read_scenario(BY_HAND)


def test_what_is_as_usual_is_left_out() -> None:
    assert "seed = 7\n" == write_scenario(Workload(7))


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "bad day.toml"
    path.write_text(write_scenario(drawn(3), note="seed 3\nwith all its trouble"), encoding="utf-8")

    assert drawn(3) == read_scenario(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed = 1\n[[manual_request]]\nat = '1s'\nrequest = 'SELL'", "2: request: is a method, a"),
        ("seed = 1\n[[actor_crash]]\nactor='account'\nnth=1\ntimes=99999", "5: times: is a whole"),
        ("seed = 1\n[[then.told]]\nevent = 'OrderFiled'", "3: event: there is no 'OrderFiled'; ne"),
        ("seed = 1\n[[then.filed]]\nwhat = 'entry'", "2: filed: is no key here; near: filled"),
        ("seed = 1\n[[than.told]]\nevent = 'OrderFilled'", "2: than: is no key here; near: then"),
        ("seed = 1\n[faults]\nhttp_42 = 0.1", "3: http_42: is no key here; near: http_429"),
        ("seed = 1\n\n[[actor_crash]]\nnth = 1\nactor = 'risk_gat'", "5: actor: there is no"),
        (
            "seed = 1\n[[signal]]\nat = '1s'\nkind = 'LONG_ENTR'",
            "4: kind: there is no 'LONG_ENTR'; near: LO",
        ),
        ("seed = 1\n[[signal]]\nkind = 'CLOSE_LONG'", "2: at: is missing"),
        ("seed = 1\n[[signals]]\nat = '1s'", "2: signals: is no key here; near: signal"),
        ("seed = 1\n[signal]\nat = '1s'", "2: signal: is written as [[signal]], once for each"),
        ("seed = 1\nsignal = [1]", "2: signal: is written as [[signal]], once for each"),
        ("seed = 1\nfaults = 'http_429=1'", "2: faults: is a table, as in [faults]"),
        ("seed = 1\n[market]\nis_tin = true", "3: market.is_tin: is no key here; near: market.is_"),
        ("seed = 1\nis_thin = true", "2: is_thin: is no key here; near: market.is_thin"),
        ("seed = 1\n[market]\nis_thin = 1", "3: market.is_thin: is true or false, not 1"),
        ("seed = true", "1: seed: is a whole number, not True"),
        ("seed = 1\nduration = 30", "2: duration: is a time with its unit (ms, s, min, h)"),
        ("seed = 1\nduration = '3 days'", "2: duration: is a time with its unit"),
        ("seed = 1\nduration = '0.5ms'", "2: duration: is a whole number of ms, not '0.5ms'"),
        ("seed = 1\nduration_ms = -1", "2: duration: is a whole number from 0, not -1"),
        ("seed = 1\nduration = '1s'\nduration_ms = 5", "3: duration_ms: is said twice"),
        ("seed = 1\n[faults]\nhttp_429 = 1.5", "3: http_429: is a share from 0 to 1, not 1.5"),
        ("seed = 1\n[faults]\nhttp_429 = nan", "3: http_429: is a share from 0 to 1, not NaN"),
        ("seed = 1\n[faults]\nhttp_429 = '1'", "3: http_429: is a share from 0 to 1, not '1'"),
        ("seed = 1\n[faults]\nstreams = ['users']", "3: streams: there is no 'users'; near: user"),
        ("seed = 1\n[faults]\nstreams = 'user'", "3: streams: is a list, not 'user'"),
        ("seed = 1\n[[actor_crash]]\nactor='account'\nnth = 0", "4: nth: is a whole number from 1"),
        ("seed = 1\nfaults.http = 0.1", "2: http: is no key here; near: http_"),
        ("", "1: seed: is missing"),
        ("seed = 1\nseed = 2", "2: is no TOML: Cannot overwrite a value"),
        ("seed = 1\n\nduration = ", "3: is no TOML: Invalid value"),
    ],
)
def test_what_is_no_scenario_is_told_with_its_line_and_the_nearest_names(
    text: str, expected: str
) -> None:
    (told,) = faults_in(text)

    assert told.startswith(f"scenario:{expected}"), told


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = faults_in("seed = '1'\ndelivery = 'fif'\n[[signal]]\nat = '1 s'\nkind = 'LONG_ENTR'\n")

    assert ["scenario:1", "scenario:2", "scenario:5"] == [line.split(": ")[0] for line in told]


@pytest.mark.parametrize("content", [None, b"seed = \xff", b"#" * (5 * 1024 * 1024)])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "day.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"day\.toml: (cannot be read|is larger)"):
        read_scenario(path)
