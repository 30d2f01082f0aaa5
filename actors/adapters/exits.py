"""Exits: exit codes of the command line, and which error ends with which.

Owns the codes that scripts rely on: 0 ok, 1 failed or diverged, 2 usage (click's own), 3
configuration, 4 cannot reach, 5 refused by a safety gate, 6 halted, 130 a search that Ctrl-C ended.
An error that is none of ours is a bug and keeps its traceback.
"""

import functools
import sqlite3
from collections.abc import Callable
from enum import IntEnum
from typing import ParamSpec, TypeVar

import click

from ...messages.codec import CodecError
from ..errors import ConfigurationError, EngineError, Refused
from ..runtime.journal_reader import JournalDamaged
from ..runtime.recovery import RecoveryFailed
from .claim import AccountInUse
from .disk import FolderInUse
from .modes import ModeRefused
from .records.store_schema import StoreVersionError
from .spool import NotRunning
from .terminal.faults import ApiRefused, Unreachable

P = ParamSpec("P")
R = TypeVar("R")


class Exit(IntEnum):
    """How a command ended."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    UNREACHABLE = 4
    REFUSED = 5
    HALTED = 6
    INTERRUPTED = 130
    """As a shell says of what SIGINT ended."""


CODES: tuple[tuple[type[Exception], Exit], ...] = (
    (ConfigurationError, Exit.CONFIGURATION),
    (ModeRefused, Exit.REFUSED),
    (StoreVersionError, Exit.CONFIGURATION),
    (FolderInUse, Exit.REFUSED),
    (AccountInUse, Exit.REFUSED),
    (NotRunning, Exit.UNREACHABLE),
    (Unreachable, Exit.UNREACHABLE),
    (ApiRefused, Exit.REFUSED),
    (Refused, Exit.REFUSED),
    (JournalDamaged, Exit.FAILED),
    (RecoveryFailed, Exit.FAILED),
    (CodecError, Exit.FAILED),
    (ConnectionError, Exit.UNREACHABLE),
    (EngineError, Exit.FAILED),
    (OSError, Exit.FAILED),
    (sqlite3.Error, Exit.FAILED),
)
"""The first class that fits decides."""
_EXPECTED: tuple[type[Exception], ...] = tuple(kind for kind, _ in CODES)


def code_of(error: Exception) -> Exit:
    """Return the exit code of an expected error."""
    return next(code for kind, code in CODES if isinstance(error, kind))


def exits(body: Callable[P, R]) -> Callable[P, R]:
    """Let a command's body end with the code of the error that it raises, and its words."""

    @functools.wraps(body)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return body(*args, **kwargs)
        except (click.exceptions.Exit, BrokenPipeError):
            # Nobody reads on, as behind `| head`: click ends quietly.
            raise
        except _EXPECTED as error:
            say(f"{click.style('error:', fg='red', bold=True)} {error}")
            raise click.exceptions.Exit(code_of(error)) from error

    return run


def say(text: str) -> None:
    """Write a line for people to the standard error output."""
    click.echo(text, err=True)


def end(code: Exit) -> None:
    """End the command with a code."""
    if code is not Exit.OK:
        raise click.exceptions.Exit(int(code))
