"""Page read: the dashboard's files, read whole at the start, with their types and hashes."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from attrs import frozen

TYPES: Mapping[str, str] = MappingProxyType(
    {
        "html": "text/html; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
        "png": "image/png",
        "json": "application/json",
        "txt": "text/plain; charset=utf-8",
        "md": "text/plain; charset=utf-8",
    }
)
"""Ending of a file -> its type; files of no other kind are served."""


@frozen
class PageFile:
    """One file, whole."""

    content: bytes
    kind: str
    tag: str
    """Its hash, as browsers are told it."""


def read_page() -> Mapping[str, PageFile]:
    """Return the dashboard's files by their path."""
    home = files(__name__.rpartition(".")[0]) / "page"
    return MappingProxyType(dict(_below(home, "")))


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, PageFile]]:
    for each in folder.iterdir():
        name = f"{prefix}{each.name}"
        if each.is_dir():
            yield from _below(each, f"{name}/")
        elif each.name.rpartition(".")[2] in TYPES:
            content = each.read_bytes()
            tag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
            yield name, PageFile(content, TYPES[each.name.rpartition(".")[2]], tag)
