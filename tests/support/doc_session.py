"""DocSession: a reader of a page, who does what it shows in a folder of its own.

Owns the folder, the free ports and the commands that stay, which end with the session. A block
that does not do what the page says raises `Untrue`, which names page and line.
"""

import os
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import chdir
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import pytest

from support.command_line import invoke
from support.doc_blocks import Block, Page, read_page
from support.doc_output import commands_of, is_as_shown
from support.doc_readers import read

SECONDS_MAX = 300
STAYS_SECONDS_MAX = 120
SHOWN_MAX = 4_000
"""Characters of what was printed that a failure shows."""
PORTS = (20_000, 32_000)
"""Below those that systems give to clients."""
ARROW = " -> "
CURL = "curl"


class Untrue(AssertionError):
    """A page shows what is not so."""


def true_page(name: str, folder: Path, *, slow: bool = False, here: bool = True) -> None:
    """Do what a page shows, in a folder; raises `Untrue`, or what the reader of a file raises."""
    page = read_page(name)
    if shutil.which(CURL) is None and any(f"{CURL} " in block.body for block in page.blocks):
        pytest.skip(f"no {CURL} on this machine")
    with Session(page, folder, slow=slow, here=here) as session:
        session.run()


class Session:
    """One page in a scratch folder; `slow` says whether its slow blocks are run, too.

    With `here`, plain commands of ours are run in this process, which saves them a start each.
    """

    def __init__(self, page: Page, folder: Path, *, slow: bool = False, here: bool = False) -> None:
        self._page = page
        self._folder = folder
        self._slow = slow
        self._here = here
        self._printed = ""
        self._ports: dict[str, str] = {}
        self._staying: list[_Staying] = []
        tools = str(Path(sys.executable).parent)
        self._environ = {
            # Without the settings of the tests: a reader has none of them.
            **{name: value for name, value in os.environ.items() if not _is_setting(name)},
            "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}",
            "NO_COLOR": "1",
            "COLUMNS": "100",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in reversed(self._staying):
            each.stop()

    def run(self) -> None:
        """Do what each block shows, in their order; raises `Untrue`."""
        for block in self._page.blocks:
            self._take_ports(block)
            if not block.says("not run:") and (self._slow or not block.says("slow")):
                self._do(block, self._in_this_run(block))

    def _do(self, block: Block, body: str) -> None:
        for command in block.words.get("given", ()):
            self._type(block, command, fails=False)
        if block.says("file"):
            path = self._folder / block.said("file")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")
        if block.language == "sh" and block.says("stays"):
            self._staying.append(self._start(block, body))
        elif block.language == "sh":
            self._printed = self._type(block, body, fails=block.says("fails"))
        elif block.language == "console":
            self._converse(block, body)
        elif block.language == "python" and not block.says("file"):
            (self._folder / "shown.py").write_text(body, encoding="utf-8")
            fails = block.says("fails")
            self._printed = self._finish(block, sys.executable, "shown.py", fails=fails)
        elif block.says("output"):
            self._compare(block, body, self._printed)
        elif block.language != "python" and not (block.language == "text" and block.says("file")):
            read(block, body)

    def _converse(self, block: Block, body: str) -> None:
        commands = commands_of(body)
        for number, (command, shown) in enumerate(commands, start=1):
            fails = block.says("fails") and number == len(commands)
            self._printed = self._type(block, command, fails=fails)
            if shown.strip():
                self._compare(block, shown, self._printed)

    def _compare(self, block: Block, shown: str, printed: str) -> None:
        if not is_as_shown(shown, printed):
            seen = f"and this was printed:\n{printed[-SHOWN_MAX:]}"
            raise Untrue(f"{block.where} shows\n{shown}\n{seen}")

    def _type(self, block: Block, script: str, *, fails: bool) -> str:
        """Return all that a script of the shell printed, once it ended as the block says."""
        lines = [line for line in script.splitlines() if line.strip()]
        if self._here and all(map(_is_plain, lines)):
            last = len(lines)
            said = (self._invoke(block, x, fails and n == last) for n, x in enumerate(lines, 1))
            return "".join(said)
        return self._finish(block, "/bin/sh", "-eu", "-c", script, fails=fails)

    def _invoke(self, block: Block, line: str, fails: bool) -> str:
        with chdir(self._folder):
            environ = {**self._environ, "PWD": str(self._folder)}
            done = invoke(*shlex.split(line, comments=True)[1:], environ=environ)
        return self._ended(block, line, done.exit_code, done.output, fails=fails)

    def _finish(self, block: Block, *command: str, fails: bool) -> str:
        done = subprocess.run(
            command,
            cwd=self._folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        return self._ended(block, shlex.join(command), done.returncode, done.stdout, fails=fails)

    def _ended(self, block: Block, command: str, code: int, printed: str, *, fails: bool) -> str:
        expected = int(block.said("fails") or 1) if fails else 0
        if code != expected:
            ended = f"{block.where} ended with {code}, not {expected}"
            raise Untrue(f"{ended}: {command}\n{printed[-SHOWN_MAX:]}")
        return printed

    def _start(self, block: Block, command: str) -> "_Staying":
        staying = _Staying(command, block.said("stays"), self._folder, self._environ)
        if not staying.is_up():
            staying.stop()
            raise Untrue(f"{block.where} did not say {block.said('stays')!r}:\n{staying.text()}")
        return staying

    def _take_ports(self, block: Block) -> None:
        for each in block.words.get("port", ()):
            number, _, variable = each.partition(" ")
            self._ports[number] = str(_free_port())
            if variable:
                self._environ[variable] = self._ports[number]

    def _in_this_run(self, block: Block) -> str:
        body = block.body
        for each in block.words.get("as", ()):
            old, arrow, new = each.partition(ARROW)
            if not arrow or old not in body:
                raise Untrue(f"{block.where}: there is no {old!r} to be replaced")
            body = body.replace(old, new)
        for number, port in self._ports.items():
            body = body.replace(number, port)
        return body


class _Staying:
    """A command that goes on until it is stopped; its output is read by a thread of its own."""

    def __init__(self, command: str, text: str, folder: Path, environ: dict[str, str]) -> None:
        self._text = text
        self._lines: list[str] = []
        self._heard = threading.Event()
        self._said = False
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None, "it is a pipe"
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,))
        self._reader.start()

    def is_up(self) -> bool:
        """Wait until it has said its text; False where it ended before, or said nothing."""
        self._heard.wait(STAYS_SECONDS_MAX)
        return self._said

    def text(self) -> str:
        """Return what it said last."""
        return "".join(self._lines)[-SHOWN_MAX:]

    def stop(self) -> None:
        """End the command and all that it began."""
        for wanted in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                os.killpg(self._process.pid, wanted)
                try:
                    self._process.wait(STAYS_SECONDS_MAX)
                except subprocess.TimeoutExpired:
                    continue
        self._reader.join()

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._lines.append(line)
                if self._text in line:
                    self._said = True
                    self._heard.set()
        self._heard.set()


def _is_setting(variable: str) -> bool:
    return variable.startswith("CALLBOARD__")


def _is_plain(line: str) -> bool:
    """True for a command of ours that needs nothing of a shell."""
    return line.startswith("callboard ") and not re.search(r"[|;&<>$`\\*]", line)


def _free_port() -> int:
    draw = random.SystemRandom()
    while True:
        port = draw.randrange(*PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
