"""Wheels: the package as it is shipped, and an environment that it is installed into.

Without a network: the wheel is built from a copy of the files that git would give, and third
parties are borrowed from the environment that the tests run in.
"""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import source_tree as project

BESIDE = ("pyproject.toml", "README.md", "LICENSE", "py.typed", "__init__.py", "__main__.py")


def build_wheel(copy: Path, target: Path) -> Path:
    """Build the wheel in `target` from a copy, so that the checkout stays clean."""
    for name in (*project.INSIDE, *project.OUTSIDE):
        if (project.ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(project.ROOT / name, copy / name, ignore=ignored)
    for name in BESIDE:
        shutil.copy2(project.ROOT / name, copy)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(target)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=copy, check=True, capture_output=True)
    return next(target.glob("*.whl"))


def install(wheel: Path, folder: Path) -> Path:
    """Install a wheel into a new environment and return that environment's Python."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = next(folder.glob("lib/python*/site-packages"))
    # A path line adds the folder and runs none of its own .pth files, so that the editable
    # install of this checkout stays out.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    options = ["--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check", "-q"]
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", *options]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    return python
