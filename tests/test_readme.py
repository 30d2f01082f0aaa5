"""README: what it shows runs as it stands, each command in a process of its own."""

from pathlib import Path

from support.doc_session import true_page


def test_every_block_of_it_does_what_it_says(tmp_path: Path) -> None:
    true_page("README.md", tmp_path, here=False)
