"""ServiceProcess: the faces of a run, in a process of their own for as long as it lasts.

Owns the child, `callboard serve` on the run's data directory, and a thread that starts it again
when it ends before its time: at once, then after twice as long each time, up to half a minute.
Whatever becomes of it, the engine trades on. The child gets none of the exchange's keys.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from ...actors.runtime.hosting import LogSink

FIRST_WAIT_SECONDS, WAIT_SECONDS_MAX = 0.5, 30.0
STOP_SECONDS = 8.0
KEYS = "BINANCE_"
"""Beginning of the names of the exchange's keys in the environment."""


class ServiceProcess:
    """A context: the child runs inside it."""

    def __init__(
        self,
        data_dir: Path,
        files: Sequence[Path],
        flags: Mapping[str, str],
        environ: Mapping[str, str],
        log: LogSink,
        *,
        is_heard: bool = True,
    ) -> None:
        self._command = [sys.executable, "-m", "callboard", "serve", str(data_dir)]
        self._command += ["--with-parent", str(os.getpid())]
        for file in files:
            self._command += ["--config", str(file)]
        for key, value in flags.items():
            self._command += ["--set", f"{key}={value}"]
        self._environ = {
            name: value for name, value in environ.items() if not name.startswith(KEYS)
        }
        self._log = log
        self._is_heard = is_heard
        """Whether the child's own words come out of this process's error output."""
        self._is_over = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="callboard-service", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._is_over.set()
            child = self._child
        if child is not None:
            child.terminate()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        wait = FIRST_WAIT_SECONDS
        while (child := self._start()) is not None:
            status = child.wait()
            if self._is_over.is_set():
                return
            with suppress(Exception):
                fields = {"status": status, "again_after_seconds": wait}
                self._log("service", "service_ended", fields)
            self._is_over.wait(wait)
            wait = min(wait * 2, WAIT_SECONDS_MAX)

    def _start(self) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            if self._is_over.is_set():
                return None
            heard = sys.stderr if self._is_heard else subprocess.DEVNULL
            # A group of its own: Ctrl-C is for the engine, which ends its service itself.
            self._child = subprocess.Popen(  # noqa: S603 - our own program, with checked settings
                self._command,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=heard,
                stderr=heard,
                start_new_session=True,
            )
            return self._child
