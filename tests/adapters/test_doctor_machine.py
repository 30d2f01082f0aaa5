"""Doctor's machine: interpreter, packages, data directory, disk and ports, as they are here."""

import socket
from pathlib import Path

import pytest

from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.doctor.finding import Finding, Verdict
from callboard.actors.adapters.doctor.machine import (
    check_machine,
    check_packages,
    check_python,
    sync_ms,
)


def _found(data_dir: Path | None, *ports: int) -> dict[str, Finding]:
    return {each.check: each for each in check_machine(data_dir, ports)}


def _verdicts(found: dict[str, Finding]) -> dict[str, Verdict]:
    return {name: each.verdict for name, each in found.items()}


def test_without_asserts_no_engine_runs() -> None:
    found = check_python("CPython", asserts=False)

    assert (Verdict.FAIL, True) == (found.verdict, "without -O" in found.remedy)
    assert Verdict.WARN is check_python("PyPy", asserts=True).verdict


def test_what_is_required_is_installed_here() -> None:
    found = check_packages()

    assert Verdict.OK is found.verdict
    assert "python-binance " in found.text
    assert Verdict.WARN is check_packages("no-such-package").verdict


def test_a_data_directory_that_is_not_there_is_made_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"

    found = _found(folder)

    assert Verdict.OK is found["data directory"].verdict
    assert "made at the first start" in found["data directory"].text
    assert not folder.exists()
    assert [] == list(tmp_path.iterdir())


def test_a_data_directory_that_others_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    found = _found(tmp_path)["data directory"]

    assert (Verdict.FAIL, f"{tmp_path} has mode 0777") == (found.verdict, found.text)
    assert f"chmod go-w {tmp_path}" in found.remedy


def test_a_data_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")

    found = list(check_machine(file, ()))

    assert Verdict.FAIL is next(each.verdict for each in found if each.check == "data directory")


def test_a_running_engine_and_a_halt_file_are_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "HALT").write_text("why not")
    disk = Disk(tmp_path / "journal")
    disk.lock()

    try:
        found = _verdicts(_found(tmp_path))
    finally:
        disk.close()

    assert (Verdict.WARN, Verdict.WARN) == (found["engine"], found["halt file"])


def test_a_disk_that_cannot_sync_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    assert sync_ms(tmp_path) > 0
    monkeypatch.setattr("os.fdatasync", broken)

    found = _found(tmp_path)["disk sync"]

    assert (Verdict.FAIL, True) == (found.verdict, "Input/output error" in found.text)
    assert [] == list(tmp_path.iterdir())


def test_a_port_that_is_taken_is_told_by_its_number() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = _found(None, port)[f"port {port}"]

    assert Verdict.FAIL is found.verdict
    assert "Address already in use" in found.text
    assert Verdict.OK is _found(None, port)[f"port {port}"].verdict
