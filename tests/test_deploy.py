"""Deploy: image, stack and unit name what exists, run as nobody and hold no secret."""

import configparser
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.config_fields import fields
from callboard.scenarios.running.commands import run
from source_tree import ROOT

DEPLOY = ROOT / "deploy"
SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSWORD")
VARIABLE = re.compile(r"CALLBOARD__\w+")
PROGRAM = "/opt/callboard/bin/callboard"


def text_of(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def stack() -> dict[str, Any]:
    """Return the services of the compose file."""
    loaded: dict[str, Any] = import_module("yaml").safe_load(text_of("compose.yml"))
    return loaded


def unit() -> dict[str, str]:
    """Return the unit's `Service` section; of a key that comes twice the last."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # as its documents say
    parser.read_string(text_of("callboard.service"))
    return dict(parser["Service"])


def options_of(command: str) -> set[str]:
    return {word.partition("=")[0] for word in command.split() if word.startswith("--")}


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yml"])
def test_every_setting_that_is_named_exists(name: str) -> None:
    named = VARIABLE.findall(text_of(name))
    keys = {each.removeprefix("CALLBOARD__").lower().replace("__", ".") for each in named}

    assert keys
    assert set() == keys - set(fields())


def test_the_image_runs_as_nobody_is_looked_after_and_holds_no_secret() -> None:
    lines = text_of("Dockerfile").splitlines()
    body = "\n".join(lines)

    assert "USER callboard" in lines
    assert lines.index("USER callboard") < lines.index("STOPSIGNAL SIGTERM")
    assert re.search(r"HEALTHCHECK .*\\\n.*/health", body)
    assert [] == [line for line in lines if line.startswith(("ENV", "ARG")) and SECRET.search(line)]


def test_what_goes_into_the_image_is_listed_and_exists() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    wanted = [line[1:] for line in lines if line.startswith("!")]

    assert "*" in lines
    assert [] == [name for name in wanted if not (ROOT / name).exists()]
    assert {"pyproject.toml", "constraints.txt", "messages", "actors", "scenarios"} <= set(wanted)


def test_the_stack_has_its_services_and_publishes_on_this_machine_alone(
    stack: dict[str, Any],
) -> None:
    services = stack["services"]
    ports = [port for each in services.values() for port in each.get("ports", [])]

    assert {"execution", "redis", "prometheus", "grafana"} == set(services)
    assert "execution-service" == services["execution"]["image"]
    assert "127.0.0.1:8002:8002" in ports
    assert [] == [port for port in ports if not port.startswith("127.0.0.1:")]


def test_the_stack_gives_secrets_as_files_and_mounts_what_exists(stack: dict[str, Any]) -> None:
    services = stack["services"]
    given = services["execution"]["environment"]
    mounts = [each.split(":")[0] for one in services.values() for each in one.get("volumes", [])]
    volumes, folders = set(stack["volumes"]), [each for each in mounts if each.startswith(".")]

    assert [] == [name for name in given if SECRET.search(name) and not name.endswith("_FILE")]
    assert set() == {each for each in mounts if not each.startswith(".")} - volumes
    assert [] == [each for each in folders if not (DEPLOY / each).is_dir()]


def test_the_unit_waits_for_the_engine_drains_it_and_starts_what_exists() -> None:
    service = unit()
    known = {option for each in run.params for option in each.opts}

    assert ("notify", "main") == (service["Type"], service["NotifyAccess"])
    assert ("mixed", "SIGTERM") == (service["KillMode"], service["KillSignal"])
    assert service["ExecStart"].startswith(f"{PROGRAM} run ")
    assert set() == options_of(service["ExecStart"]) - known
    assert ("yes", "strict") == (service["NoNewPrivileges"], service["ProtectSystem"])


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    path = tmp_path / "callboard.service"
    path.write_text(text_of("callboard.service").replace(PROGRAM, sys.executable))

    done = subprocess.run(
        [program, "verify", str(path)], check=False, capture_output=True, text=True, timeout=60
    )

    assert (0, "") == (done.returncode, done.stderr)
