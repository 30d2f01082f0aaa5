"""Secrets and log lines: what must not be shown is masked, and a log never stops the engine."""

import io
import json
import logging
import os
from decimal import Decimal
from pathlib import Path

import pytest
import structlog

from callboard.actors.adapters.logging import is_secret, make_log
from callboard.actors.adapters.secret import MASK, Secret, read_secret
from callboard.actors.errors import ConfigurationError
from callboard.scenarios.running.progress import CLEAR, BesideProgress


class Terminal(io.StringIO):
    """A stream at which people look."""

    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    """A stream whose reader has left."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError(text)


def test_a_secret_never_shows_itself() -> None:
    secret = Secret("hunter2")

    shown = f"{secret} {secret!r} {secret:>10} {[secret]}"

    assert "hunter2" not in shown
    assert MASK in shown
    assert "hunter2" == secret.reveal()
    assert Secret("hunter2") == secret != Secret("other")
    assert 1 == len({secret, Secret("hunter2")})


def test_a_secret_cannot_be_written_by_pickle() -> None:
    with pytest.raises(TypeError, match="a secret is not written anywhere"):
        Secret("x").__reduce__()


def test_a_secret_comes_from_its_variable_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("of the file\n")
    file.chmod(0o600)

    direct = read_secret("KEY", {"KEY": "direct"})
    by_file = read_secret("KEY", {"KEY_FILE": str(file)})

    assert ("direct", "of the file") == (direct and direct.reveal(), by_file and by_file.reveal())
    assert read_secret("KEY", {}) is None


@pytest.mark.parametrize(
    ("environ", "fault"),
    [
        ({"KEY": "a", "KEY_FILE": "b"}, "KEY: set it or KEY_FILE, not both"),
        ({"KEY": "  "}, "KEY: is empty"),
        ({"KEY_FILE": "/nowhere/at/all"}, "KEY_FILE: cannot be read: FileNotFoundError"),
    ],
)
def test_a_secret_that_cannot_be_had_names_its_variable(
    environ: dict[str, str], fault: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_secret("KEY", environ)

    assert fault == str(raised.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file as systemd does")
def test_a_secrets_file_as_systemd_hands_it_over_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("handed over\n")
    os.chown(file, 0, 0)
    file.chmod(0o440)

    secret = read_secret("KEY", {"KEY_FILE": str(file)})

    assert Secret("handed over") == secret


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666, 0o620])
def test_a_secrets_file_that_others_can_reach_is_refused_with_path_and_mode(
    tmp_path: Path, mode: int
) -> None:
    file = tmp_path / "key"
    file.write_text("hunter2")
    file.chmod(mode)

    with pytest.raises(ConfigurationError) as raised:
        read_secret("KEY", {"KEY_FILE": str(file)})

    assert f"KEY_FILE: {file} has mode {mode:04o}: others can read it; chmod 600 {file}" == str(
        raised.value
    )


def test_a_secrets_file_that_is_none_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    pipe, large, binary = tmp_path / "pipe", tmp_path / "large", tmp_path / "binary"
    os.mkfifo(pipe, 0o600)
    large.write_text("x" * 70_000)
    binary.write_bytes(b"\xff\xfe")
    for file in (large, binary):
        file.chmod(0o600)

    told = [_refusal(pipe), _refusal(large), _refusal(binary), _refusal(tmp_path)]

    assert [
        "KEY: is empty",
        f"KEY_FILE: {large} is over 65536 bytes: no secret",
        "KEY_FILE: cannot be read: UnicodeDecodeError",
        "KEY_FILE: cannot be read: IsADirectoryError",
    ] == told


def _refusal(file: Path) -> str:
    with pytest.raises(ConfigurationError) as raised:
        read_secret("KEY", {"KEY_FILE": str(file)})
    return str(raised.value)


def test_a_line_carries_the_mode_the_actor_and_the_fields() -> None:
    stream = io.StringIO()
    log = make_log(stream, mode="paper", as_json=True)

    log("risk_gate", "order_refused", {"guard": "cooldown", "event": "e", "limit": Decimal("1.50")})

    line = json.loads(stream.getvalue())
    assert "1.50" == line.pop("limit")
    assert line.pop("timestamp").endswith("Z")
    assert {
        "actor": "risk_gate",
        "event": "order_refused",
        "event_": "e",
        "guard": "cooldown",
        "level": "info",
        "mode": "paper",
    } == line


def test_secrets_are_masked_at_any_depth() -> None:
    stream = io.StringIO()
    log = make_log(stream, mode="paper", as_json=True)

    log(
        "lane",
        "sent",
        {
            "api_key": "A",
            "params": {"signature": "B", "symbol": "ETHUSDT", "list": [{"X-SECRET": "C"}]},
            "limit_key": "shown",
        },
    )

    line = json.loads(stream.getvalue())
    assert MASK == line["api_key"]
    assert {"signature": MASK, "symbol": "ETHUSDT", "list": [{"X-SECRET": MASK}]} == line["params"]
    assert "shown" == line["limit_key"]
    assert is_secret("listenKey")


def test_quiet_events_are_left_out_and_grave_ones_are_not() -> None:
    stream = io.StringIO()
    log = make_log(stream, mode="paper", level=logging.WARNING, as_json=True)

    log("a", "position_reported", {})
    log("a", "actor_failed", {})

    assert ["actor_failed"] == [
        json.loads(line)["event"] for line in stream.getvalue().splitlines()
    ]


def test_a_stream_that_is_gone_is_written_to_no_more() -> None:
    log = make_log(Gone(), mode="paper")

    log("a", "actor_failed", {})
    log("a", "actor_failed", {})


def test_the_configuration_of_the_host_is_neither_read_nor_changed() -> None:
    before = structlog.get_config()
    stream = io.StringIO()

    make_log(stream, mode="paper")("a", "b", {"c": 1})

    assert before == structlog.get_config()
    assert not structlog.is_configured()
    assert "c=1" in stream.getvalue()


def test_lines_appear_above_the_progress_line_of_a_terminal_alone() -> None:
    terminal, file = Terminal(), io.StringIO()

    for stream in (terminal, file):
        make_log(BesideProgress(stream), mode="paper")("a", "happened", {})

    assert terminal.getvalue().startswith(CLEAR)
    assert CLEAR not in file.getvalue()
