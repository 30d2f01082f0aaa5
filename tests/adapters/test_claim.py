"""Test of claims: an account has one engine of a user, and who has it is told."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from callboard import AccountInUse
from callboard.actors.adapters.claim import claim_account, runtime_folder
from callboard.actors.adapters.rate_shares import Shares
from callboard.actors.engine import Surroundings, launch
from support.hosts import Ref, venue_thread
from support.stages import stage_settings
from support.worlds import WAIT_SECONDS

HOLD = """
import sys
from pathlib import Path
from callboard.actors.adapters.claim import claim_account
claim_account("paper", "main", Path("/data"))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def fixture_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this test a runtime folder of its own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def test_an_account_that_is_held_names_its_holder_until_it_is_given_back(tmp_path: Path) -> None:
    first = claim_account("paper", "main", tmp_path / "one")

    with pytest.raises(AccountInUse) as refused:
        claim_account("paper", "main", tmp_path / "two")
    first.close()
    first.close()
    claim_account("paper", "main", tmp_path / "two").close()

    assert (
        f"the paper account main is in use by process {os.getpid()}, whose data directory is"
        f" {tmp_path / 'one'}; an account has one engine"
    ) == str(refused.value)


def test_accounts_and_environments_do_not_meet() -> None:
    held = [
        claim_account(environment, account, None)
        for environment in ("paper", "testnet")
        for account in ("main", "other")
    ]

    assert 4 == len({each.name for each in runtime_folder().iterdir()})
    for each in held:
        each.close()


def test_a_process_that_is_killed_holds_nothing() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert "held\n" == holder.stdout.readline()
        with pytest.raises(AccountInUse, match=f"process {holder.pid}, whose data directory"):
            claim_account("paper", "main", None)
        holder.kill()
        holder.wait()

    claim_account("paper", "main", None).close()


def test_without_a_runtime_folder_of_the_system_there_is_one_for_this_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    folder = runtime_folder()

    assert tmp_path / f"callboard-{os.getuid()}" == folder
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)


def test_a_runtime_folder_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "callboard").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(PermissionError, match="another user"):
        runtime_folder()


def test_a_second_system_on_an_account_is_refused_whatever_its_folder(tmp_path: Path) -> None:
    with venue_thread() as (exchange, clock):

        def start(folder: str) -> Ref:
            around = Surroundings(
                exchange, clock, tmp_path / folder, account="main", shares=Shares()
            )
            return launch(stage_settings(), around)

        first = start("one")
        try:
            with pytest.raises(AccountInUse, match="one"):
                start("two")
        finally:
            first.stop(block=True, timeout=WAIT_SECONDS)
        start("two").stop(block=True, timeout=WAIT_SECONDS)
