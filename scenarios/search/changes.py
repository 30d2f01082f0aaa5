"""Changes: a Python file that changes the engine while its context manager is open.

Owns the loading of such a file and what is wrong with one that cannot be used. A defect can be
searched for like this, and a mend tried, without an edit: every worker opens the change anew.
"""

import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, cast

from ...actors.errors import ConfigurationError

MAKER = "change"

Change = Callable[[], AbstractContextManager[Any]]


def change_of(path: Path | None) -> Change:
    """Return the change that a file defines, one that changes nothing for None.

    Raises:
        ConfigurationError: The file cannot be read, fails, or defines no `change`.
    """
    if path is None:
        return nullcontext
    if not path.is_file():
        raise ConfigurationError(f"--change {path}: is no file")
    spec = spec_from_file_location(f"callboard_change_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"--change {path}: is no Python file")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigurationError(f"--change {path}{_place(error, path)}: {error!r}") from error
    made = getattr(module, MAKER, None)
    if not callable(made):
        raise ConfigurationError(f"--change {path}: defines no `{MAKER}()`, a context manager")
    return cast(Change, made)


def _place(error: Exception, path: Path) -> str:
    """Name the line of the file itself, as `:12`; a syntax error knows its own."""
    if isinstance(error, SyntaxError):
        return f":{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename) == path]
    return f":{lines[-1]}" if lines else ""
