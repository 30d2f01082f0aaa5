"""Demo command: it shows four troubles and leaves terminal and folder in order.

Owns the command as people run it: to a pipe, on a terminal, interrupted.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callboard.__main__ import main

COMMAND = (sys.executable, "-m", "callboard", "demo")
PLAIN = ("demo", "--fast", "--no-live", "--data-dir")
OTHER_SCREEN, FIRST_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"
CURSOR_SHOWN, CURSOR_HIDDEN = b"\x1b[?25h", b"\x1b[?25l"
WAIT_SECONDS = 300.0


def assert_is_whole(text: str) -> None:
    """Assert that the summary tells of four troubles overcome, and of every figure."""
    assert 4 == len(re.findall(r"^trouble \d +✓ ", text, re.MULTILINE))
    assert re.search(r"^signals +7: 6 FILLED, 1 REFUSED \(1 confidence\)", text, re.MULTILINE)
    assert re.search(r"^orders .*10 FILLED", text, re.MULTILINE)
    assert re.search(r"^fills +10 booked, 10 executed at the venue", text, re.MULTILINE)
    assert re.search(r"^profit .* realised, .* fees, .* net", text, re.MULTILINE)
    assert re.search(r"^unprotected +\d+ ms", text, re.MULTILINE)
    assert re.search(r"^violations +0\s*$", text, re.MULTILINE)
    assert re.search(r"^journal +\d+ records, verified, head [0-9a-f]+", text, re.MULTILINE)
    assert re.search(r"^replay +\d+ records run again, 0 divergences", text, re.MULTILINE)
    assert "every one was overcome" in text


@pytest.fixture(name="told", scope="module")
def fixture_told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Run the demo once; give its folder and what it said."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, CliRunner().invoke(main, [*PLAIN, str(folder)])


def test_the_demo_tells_its_story_in_lines_and_ends_well(told: tuple[Path, Result]) -> None:
    folder, done = told

    assert 0 == done.exit_code, done.output
    assert_is_whole(done.output)
    for words in ("is UNKNOWN", "instead of guessing", "is rebuilt by folding", "429 for"):
        assert words in done.output
    assert f"journal show {folder}" in done.output.replace("\n", "")


def test_the_journal_that_the_demo_leaves_can_be_replayed(told: tuple[Path, Result]) -> None:
    replayed = CliRunner().invoke(main, ["replay", str(told[0])])

    assert 0 == replayed.exit_code
    assert "0 divergences" in replayed.output


def test_a_folder_that_holds_a_journal_is_refused(told: tuple[Path, Result]) -> None:
    again = CliRunner().invoke(main, [*PLAIN, str(told[0])])

    assert 3 == again.exit_code
    assert "holds a journal already" in again.output


def test_the_demo_runs_as_a_process_and_leaves_a_folder_of_its_own(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}

    done = subprocess.run(
        [*COMMAND, "--fast"],
        check=False,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        env=environment,
    )

    assert 0 == done.returncode, done.stderr
    assert_is_whole(done.stdout)
    assert "\x1b" not in done.stdout
    assert 1 == len(list(tmp_path.glob("callboard-demo-*/journal")))


def test_an_interrupt_ends_the_demo_in_order(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [*COMMAND, "--data-dir", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    for line in running.stdout:
        if "Quiet water" in line:
            break

    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=WAIT_SECONDS)

    assert 0 == running.returncode, errors
    assert "Stopped before the end" in output
    assert "0 divergences" in output


def test_the_live_picture_is_drawn_and_the_terminal_is_left_as_it_was(tmp_path: Path) -> None:
    output, code = on_a_terminal([*COMMAND, "--fast", "--data-dir", str(tmp_path)])

    assert 0 == code
    pictures, _, after = output.rpartition(FIRST_SCREEN)
    assert 1 == pictures.count(OTHER_SCREEN)
    assert OTHER_SCREEN not in after
    assert output.rfind(CURSOR_SHOWN) > output.rfind(CURSOR_HIDDEN)
    for words in ("TROUBLE 1 of 4", "TROUBLE 4 of 4", "UNKNOWN", "NO STOP", "PAUSED"):
        assert words in pictures.decode()
    assert_is_whole(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", after.decode()).replace("\r\n", "\n"))


def on_a_terminal(command: list[str]) -> tuple[bytes, int]:
    """Run a command on a terminal of its own, 100 by 30, and return all it wrote."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    before = termios.tcgetattr(follower)
    plain = {key: value for key, value in os.environ.items() if key not in ("LINES", "COLUMNS")}
    running = subprocess.Popen(
        command,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**plain, "TERM": "xterm-256color"},
    )
    output = read_while_it_runs(leader, running)
    assert before == termios.tcgetattr(follower)
    os.close(follower)
    os.close(leader)
    return output, running.wait(WAIT_SECONDS)


def read_while_it_runs(leader: int, running: subprocess.Popen[bytes]) -> bytes:
    """Read what a process writes until it has ended and nothing is left."""
    chunks: list[bytes] = []
    while True:
        is_over = running.poll() is not None
        readable, _, _ = select.select([leader], [], [], 0.0 if is_over else 0.2)
        if readable:
            chunks.append(os.read(leader, 65536))
        elif is_over:
            return b"".join(chunks)
