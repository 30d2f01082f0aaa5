"""Machine: what processes and host use, by psutil.

Owns the handles of the processes, since the share of a processor is counted between two looks.
What a system does not tell, or a process that has gone, is left out.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from .book import Book

ENGINE, SERVICE = "engine", "service"
FIGURES = ("process_cpu_pct", "process_memory_bytes", "process_threads", "process_open_files")


class Machine:
    """Looks at the engine's process, its own, the host and the disk of a folder."""

    def __init__(self, book: Book, folder: Path) -> None:
        self._book = book
        self._folder = folder
        self._processes: dict[str, psutil.Process] = {}
        self.looks = 0

    def look(self, engine_pid: int | None) -> None:
        """Write everything down once; `engine_pid` is None while no engine answers."""
        self._keep(SERVICE, os.getpid())
        if engine_pid is not None and engine_pid != os.getpid():
            self._keep(ENGINE, engine_pid)
        else:
            self._processes.pop(ENGINE, None)
        found: dict[str, dict[str, Any]] = {name: {} for name in FIGURES}
        for which, process in list(self._processes.items()):
            for name, value in self._of(which, process).items():
                found[name][which] = value
        for name, values in found.items():
            self._book.replace(name, values)
        self._look_at_host()
        self.looks += 1

    def _keep(self, which: str, pid: int) -> None:
        known = self._processes.get(which)
        if known is not None and known.pid == pid:
            return
        self._processes.pop(which, None)
        try:
            process = psutil.Process(pid)
            process.cpu_percent()  # the first look begins the count
        except psutil.Error:
            return
        self._processes[which] = process

    def _of(self, which: str, process: psutil.Process) -> dict[str, Any]:
        try:
            with process.oneshot():
                return {
                    "process_cpu_pct": process.cpu_percent(),
                    "process_memory_bytes": process.memory_info().rss,
                    "process_threads": process.num_threads(),
                    "process_open_files": process.num_fds(),
                }
        except (psutil.Error, AttributeError):  # `num_fds` is there on Unix alone
            self._processes.pop(which, None)
            return {}

    def _look_at_host(self) -> None:
        looks: tuple[tuple[str, Callable[[], Any]], ...] = (
            ("host_cpu_pct", psutil.cpu_percent),
            ("host_memory_used_pct", lambda: psutil.virtual_memory().percent),
            ("host_load_1m", lambda: psutil.getloadavg()[0]),
            ("disk_free_bytes", lambda: psutil.disk_usage(str(self._folder)).free),
            ("disk_used_pct", lambda: psutil.disk_usage(str(self._folder)).percent),
            ("network_sent_bytes", lambda: psutil.net_io_counters().bytes_sent),
            ("network_received_bytes", lambda: psutil.net_io_counters().bytes_recv),
        )
        for name, read in looks:
            try:
                value = read()
            except (OSError, AttributeError, psutil.Error):
                value = None
            self._book.set(name, value)
