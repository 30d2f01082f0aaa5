"""Claim: one process of a machine at a time for a folder or an account, by a locked file.

Owns the lock, which the system takes back from a process that dies, and the line inside that names
its holder. A folder's lock lies in it. An account's lies in this user's runtime folder, whatever
data directories its engines have: two engines on one account cancel each other's stops. Processes
of other users and machines are not seen; their orders are, and stop entries.
"""

import contextlib
import fcntl
import os
import tempfile
from hashlib import blake2b
from pathlib import Path

from attrs import define, field

from ..errors import EngineError

HOLDER_CHARS_MAX = 500
NAME_BYTES = 12


class AccountInUse(EngineError):
    """Another engine of this user runs on the account."""

    def __init__(self, environment: str, account: str, holder: str) -> None:
        super().__init__(environment, account, holder)
        self.environment = environment
        self.account = account
        self.holder = holder

    def __str__(self) -> str:
        return (
            f"the {self.environment} account {self.account} is in use by {self.holder};"
            " an account has one engine"
        )


class Taken(Exception):
    """Somebody holds the file; `args[0]` says who."""


@define(eq=False)
class Claim:
    """A locked file, until `close`."""

    _descriptor: int = field(alias="descriptor")

    def close(self) -> None:
        """Give the claim back; more than once does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def claim(path: Path, purpose: str = "") -> Claim:
    """Lock a file and write down who holds it; raises `Taken`, which names the holder."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, HOLDER_CHARS_MAX, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise Taken(holder or "another process") from None
    with contextlib.suppress(OSError):  # a full disk; the lock holds all the same
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}{purpose}\n".encode(), 0)
    return Claim(descriptor)


def claim_account(environment: str, account: str, data_dir: Path | None) -> Claim:
    """Claim an account of an environment for an engine; raises `AccountInUse` and `OSError`."""
    name = blake2b(f"{environment} {account}".encode(), digest_size=NAME_BYTES).hexdigest()
    purpose = "" if data_dir is None else f", whose data directory is {data_dir.absolute()}"
    try:
        return claim(runtime_folder() / f"account-{name}.lock", purpose)
    except Taken as taken:
        raise AccountInUse(environment, account, str(taken)) from None


def runtime_folder() -> Path:
    """Return the folder of this user's running engines, made when it is missing.

    Raises `PermissionError` when another user stands in its place.
    """
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(given) if given and Path(given).is_dir() else Path(tempfile.gettempdir())
    folder = base / ("callboard" if base == Path(given) else f"callboard-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(f"{folder} belongs to another user")
    return folder
