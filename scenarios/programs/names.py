"""PykkaNames: names that a program took out of their module before it was simulated.

`from time import sleep` leaves a module with the real `sleep`, whatever `time.sleep` stands for
later. Looked through are the modules of the program: where the `with` stands, where its actors are
defined, and their packages. Other packages keep what they took.
"""

import sys
from types import ModuleType
from typing import Any

import pykka

from .patches import Patches

SETTLED = ("pykka", __name__.partition(".")[0])
"""Packages that are met otherwise: Pykka by its hooks, and ourselves, who need the real names."""


class TakenNames:
    """Replaces them for a while, package by package."""

    def __init__(self, patches: Patches) -> None:
        self._patches = patches
        self._simulated = patches.replacements()
        self._seen = set(SETTLED)

    def patch(self) -> None:
        """Look at the package of every actor that is started."""
        real: Any = vars(pykka.Actor)["start"]

        def start(cls: type[pykka.Actor], *args: Any, **kwargs: Any) -> Any:
            for kind in cls.__mro__:
                self.replace_in(kind.__module__)
            return real.__func__(cls, *args, **kwargs)

        self._patches.put(pykka.Actor, "start", classmethod(start))

    def replace_in(self, module: str) -> None:
        """Replace what a module, and the others of its package, took from the standard library."""
        package = module.partition(".")[0]
        if package in self._seen or package in sys.stdlib_module_names:
            return
        self._seen.add(package)
        for name, each in list(sys.modules.items()):
            if name == package or name.startswith(f"{package}."):
                self._replace(each)

    def _replace(self, module: ModuleType) -> None:
        for name, value in list(vars(module).items()):
            replacement = self._simulated.get(id(value))
            if replacement is not None:
                self._patches.put(module, name, replacement)
