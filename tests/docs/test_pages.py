"""Pages: every code block of docs does what the page says (words: `support/doc_blocks.py`)."""

import os
from pathlib import Path

import pytest

from support.doc_blocks import page_names, read_page
from support.doc_session import true_page

IS_SLOW = os.environ.get("CALLBOARD_DOCS") == "slow"
PAGES = [read_page(name) for name in page_names()]
SHOWING = [page.name for page in PAGES if page.blocks and page.name != "README.md"]
SLOW = [page.name for page in PAGES if any(block.says("slow") for block in page.blocks)]


@pytest.mark.parametrize("name", SHOWING)
def test_every_block_of_a_page_does_what_the_page_says(name: str, tmp_path: Path) -> None:
    true_page(name, tmp_path)


@pytest.mark.skipif(not IS_SLOW, reason="takes a minute: set CALLBOARD_DOCS=slow")
@pytest.mark.parametrize("name", SLOW)
def test_the_slow_blocks_of_a_page_do_what_it_says(name: str, tmp_path: Path) -> None:
    true_page(name, tmp_path, slow=True)


def test_what_is_not_run_says_why_in_words() -> None:
    reasons = {
        block.where: block.said("not run:")
        for page in PAGES
        for block in page.blocks
        if block.says("not run:")
    }

    assert [] == [where for where, reason in reasons.items() if len(reason.split()) < 3]
