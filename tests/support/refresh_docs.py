"""Refresh docs: write the reference pages that are made of the code, as `./dev docs` does.

Owns the list of such pages and nothing of what they say. Each begins with a line that tells a
reader where it comes from; a test fails while a page is not what this would write.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.openapi_document import openapi
from support.page_configuration import configuration
from support.page_errors import errors
from support.page_messages import messages
from support.page_metrics import metrics
from support.page_rest import rest
from support.topic_schemas import topics_json, topics_page

ROOT = Path(__file__).parents[2]
NOTE = "<!-- Made by `./dev docs`: change the code that it is made of, not this file. -->\n\n"
PAGES: Mapping[str, Callable[[], str]] = {
    "actors/adapters/http/openapi.json": openapi,
    "docs/configuration.md": configuration,
    "docs/errors.md": errors,
    "docs/messages.md": messages,
    "docs/metrics.md": metrics,
    "docs/rest.md": rest,
    "docs/topics.json": topics_json,
    "docs/topics.md": topics_page,
}
"""Path below the root -> what makes its text."""


def text_of(name: str) -> str:
    """Return what a page should say; a document of data has no place for a note."""
    return PAGES[name]() if name.endswith(".json") else NOTE + PAGES[name]()


def main() -> int:
    """Write the pages that are not as they should be, and name them."""
    for name in PAGES:
        text = text_of(name)
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{name} is written anew\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
