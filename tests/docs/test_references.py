"""References: the pages that are made of the code are as the code is."""

import pytest

import source_tree as project
from support.refresh_docs import PAGES, text_of


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_the_code_is(name: str) -> None:
    written = (project.ROOT / name).read_text(encoding="utf-8")

    assert text_of(name) == written, "the code has changed: run ./dev docs"
