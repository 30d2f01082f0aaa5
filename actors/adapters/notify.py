"""Notify: whoever started a process learns that it is ready, that it stops, and its number.

Owns the words of systemd's `sd_notify`, sent as datagrams to the socket that `NOTIFY_SOCKET` names,
and the file of `--pid-file`. Without the variable nothing is sent; a manager that is gone or slow
is none of the engine's trouble: nothing here waits or raises. Source: sd_notify(3), systemd 252.
"""

import os
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import frozen

VARIABLE = "NOTIFY_SOCKET"
ABSTRACT = "@"


@frozen
class Notify:
    """Speaks to the manager of this process."""

    address: str = ""
    """Path of its socket, or `@` and an abstract name; empty for nobody."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Notify":
        """Return who the environment names."""
        return cls(environ.get(VARIABLE, ""))

    def ready(self, text: str) -> None:
        """Say that the process does its work from now on."""
        self._send(f"READY=1\nSTATUS={text}")

    def stopping(self, text: str) -> None:
        """Say that the process is about to end in order."""
        self._send(f"STOPPING=1\nSTATUS={text}")

    def _send(self, text: str) -> None:
        if not self.address:
            return
        is_abstract = self.address.startswith(ABSTRACT)
        address = f"\0{self.address[1:]}" if is_abstract else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(text.encode(), address)


def remove_pid(path: Path | None) -> None:
    """Remove the file of this process's number, if it is still this process's."""
    if path is None:
        return
    with suppress(OSError):
        if path.read_text().strip() == str(os.getpid()):
            path.unlink()


@contextmanager
def pid_file(path: Path | None) -> Generator[None]:
    """Keep this process's number in a file for as long as it runs; None keeps none.

    One that a killed process has left is replaced: two engines are kept apart by the lock of their
    data directory, not by this. Raises `OSError` where the file cannot be written.
    """
    if path is None:
        yield
        return
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(f"{os.getpid()}\n")
    beside.replace(path)
    try:
        yield
    finally:
        remove_pid(path)
