"""Machine: the interpreter and its packages, the data directory, its disk, and ports.

Owns what an engine needs of the machine that it runs on. The disk is asked by writing: a file of a
few KiB is made in the data directory, or where that would be made, synced and removed again.
"""

import os
import platform
import re
import shutil
import socket
import stat
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from importlib import metadata
from itertools import takewhile
from pathlib import Path

from ..spool import HALT, is_running
from .finding import Finding, fail, ok, warn

PACKAGE = "callboard"
RIVAL = "binance-futures-connector"
"""Overwrites files of python-binance where both are installed."""
MIB = 1 << 20
FREE_BYTES_MIN, FREE_BYTES_AMPLE = 256 * MIB, 2048 * MIB
SYNCS, SYNC_BYTES, SYNC_MS_SLOW = 5, 4096, 25.0
LOOPBACK = "127.0.0.1"
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:.*?>=(?P<least>[0-9.]+))?")


def check_machine(data_dir: Path | None, ports: Iterable[int]) -> Iterator[Finding]:
    """Yield what is found on this machine; nothing is asked of a data directory that is None."""
    yield check_python(platform.python_implementation(), asserts=__debug__)
    yield check_packages()
    if data_dir is not None:
        yield from _data_dir(data_dir)
    yield from (_port(port) for port in ports)


def check_python(implementation: str, *, asserts: bool) -> Finding:
    """Return what is found of the interpreter."""
    text = f"{implementation} {platform.python_version()}"
    if not asserts:
        remedy = "start without -O and PYTHONOPTIMIZE: asserts are part of the engine"
        return fail("python", f"{text}, without asserts", remedy)
    if implementation != "CPython" or sys.version_info >= (3, 14):
        return warn("python", text, "CPython 3.11 to 3.13 is what is tested")
    return ok("python", text)


def check_packages(package: str = PACKAGE) -> Finding:
    """Return what is found of the packages that one requires, extras left out."""
    try:
        required = metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return warn("packages", f"{package} is not installed here", f"pip install {package}")
    wrong = [fault for each in required if "extra ==" not in each and (fault := _fault(each))]
    if _version(RIVAL):
        remedy = f"pip uninstall {RIVAL}, then pip install --force-reinstall python-binance"
        return fail("packages", f"{RIVAL} overwrites files of python-binance", remedy)
    if wrong:
        return fail("packages", "; ".join(wrong), f"pip install --upgrade {package}")
    shown = ", ".join(f"{name} {_version(name)}" for name in (package, "pykka", "python-binance"))
    return ok("packages", shown)


def _fault(requirement: str) -> str:
    """Return why a requirement is not met, or empty."""
    found = _REQUIREMENT.match(requirement)
    assert found is not None
    name, least = found["name"], found["least"]
    version = _version(name)
    if not version:
        return f"{name} is missing"
    if least and _numbers(version) < _numbers(least):
        return f"{name} is {version}, needed is {least} or newer"
    return ""


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version, by which it is compared."""
    parts = takewhile(str.isdecimal, version.split("."))
    return tuple(int(part) for part in parts)


def _data_dir(data_dir: Path) -> Iterator[Finding]:
    there = _nearest(data_dir)
    yield _rights(data_dir, there)
    if data_dir.is_dir():
        yield from _inside(data_dir)
    yield _space(there)
    yield _sync(there)


def _nearest(path: Path) -> Path:
    """Return the folder, or the first one above it that is there."""
    return next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())


def _rights(data_dir: Path, there: Path) -> Finding:
    name = "data directory"
    if not there.is_dir():
        return fail(name, f"{there} is no folder", "name another --data-dir")
    if not os.access(there, os.W_OK | os.X_OK):
        return fail(name, f"{there} cannot be written by this user", f"chown or chmod {there}")
    if there != data_dir.absolute():
        return ok(name, f"{data_dir} is made at the first start")
    mode = stat.S_IMODE(there.stat().st_mode)
    if mode & OTHERS_WRITE:
        remedy = f"chmod go-w {data_dir}: who writes there commands the engine"
        return fail(name, f"{data_dir} has mode {mode:04o}", remedy)
    return ok(name, f"{data_dir}, mode {mode:04o}")


def _inside(data_dir: Path) -> Iterator[Finding]:
    if is_running(data_dir):
        remedy = f"callboard status {data_dir} asks it; a second one is refused"
        yield warn("engine", f"one runs on {data_dir}", remedy)
    if (data_dir / HALT).exists():
        remedy = f"remove {data_dir / HALT}, then callboard resume"
        yield warn("halt file", "an engine starts halted", remedy)


def _space(there: Path) -> Finding:
    free = shutil.disk_usage(there).free
    text = f"{free // MIB} MiB free at {there}"
    if free < FREE_BYTES_MIN:
        return fail("disk space", text, "make room: a journal that cannot write takes no entries")
    if free < FREE_BYTES_AMPLE:
        remedy = "make room, or keep fewer segments (journal.keep_segments)"
        return warn("disk space", text, remedy)
    return ok("disk space", text)


def _sync(there: Path) -> Finding:
    name = "disk sync"
    try:
        took_ms = sync_ms(there)
    except OSError as error:
        return fail(name, f"{there}: {error.strerror}", "no journal can be kept there")
    text = f"{took_ms:.2f} ms in the middle of {SYNCS}"
    if took_ms > SYNC_MS_SLOW:
        remedy = 'a faster disk, or journal.durability = "group"'
        return warn(name, f"{text}; an entry waits for one before it is sent", remedy)
    return ok(name, text)


def sync_ms(folder: Path) -> float:
    """Return how long a small append takes to be durable; raises `OSError`."""
    sync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync
    took: list[float] = []
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".callboard-doctor-") as file:
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(bytes(SYNC_BYTES))
            file.flush()
            sync(file.fileno())
            took.append((time.perf_counter() - began) * 1_000)
    return statistics.median(took)


def _port(port: int) -> Finding:
    name = f"port {port}"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError as error:
            remedy = "end what listens there, or choose another port"
            return fail(name, f"cannot be taken on {LOOPBACK}: {error.strerror}", remedy)
    return ok(name, f"free on {LOOPBACK}")
