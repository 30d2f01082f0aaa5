"""Shared ground: Hypothesis profiles, the recorded tape and the wheel, for every test.

Owns three profiles, chosen by CALLBOARD_PROFILE: `dev` (default), `ci` (default where CI is set;
derandomised, so that a red build stays red) and `deep` (many examples, for a night). A test that
needs the tape is skipped with a plain reason where the tape is absent. The wheel is built once.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.wheels import build_wheel, install

pytest_plugins = ("pytester",)

# Runs of the tests serve nobody, unless a test says so: they would all want the same ports.
os.environ.setdefault("CALLBOARD__SERVICE__ENABLED", "false")

TAPE_NAME = "binance-usdm-ethusdt-20240808.gz"

# No deadline anywhere: machines are shared, and a slow example is not a wrong one.
settings.register_profile("dev", deadline=None, max_examples=60, print_blob=True)
settings.register_profile(
    "ci", deadline=None, max_examples=100, derandomize=True, print_blob=True, database=None
)
settings.register_profile(
    "deep",
    deadline=None,
    max_examples=5_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("CALLBOARD_PROFILE", "ci" if "CI" in os.environ else "dev"))


def data_folder() -> Path:
    """Say where recorded data lies: CALLBOARD_DATA, or `shared/data` beside the checkout."""
    configured = os.environ.get("CALLBOARD_DATA")
    return Path(configured) if configured else Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def tape_path() -> Path:
    """Find the recorded ETHUSDT tape, or skip the test."""
    path = data_folder() / TAPE_NAME
    if not path.is_file():
        pytest.skip(f"no recorded tape at {path}; set CALLBOARD_DATA to the folder that holds it")
    return path


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this checkout."""
    return build_wheel(tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def host_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an empty environment that borrows the third parties of this one."""
    return install(wheel, tmp_path_factory.mktemp("host"))
