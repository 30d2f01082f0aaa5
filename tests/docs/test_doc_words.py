"""DocWords: a page that shows what is not so is found, with its line."""

import re
from pathlib import Path

import pytest

from support.doc_blocks import Page, blocks_of
from support.doc_output import is_as_shown
from support.doc_session import Session, Untrue


def play(text: str, folder: Path) -> None:
    with Session(Page("p.md", text, tuple(blocks_of("p.md", text))), folder) as session:
        session.run()


def test_a_page_may_write_a_file_use_it_and_show_what_comes_of_it(tmp_path: Path) -> None:
    play(
        "<!-- test: file a.txt -->\n```text\none 1\n```\n"
        "```console\n$ cat a.txt\none …\n$ cat a.txt a.txt\n…\none 1\n```\n"
        "<!-- test: as false -> true -->\n```sh\nfalse\n```\n"
        "<!-- test: fails 3 -->\n```sh\nexit 3\n```\n",
        tmp_path,
    )


@pytest.mark.parametrize(
    "block",
    [
        "```console\n$ echo two\none\n```",
        "```sh\nfalse\ntrue\n```",
        "<!-- test: fails -->\n```sh\ntrue\n```",
        '```python\nprint("one")\n```\n<!-- test: output -->\n```text\ntwo\n```',
        "<!-- test: stays ready -->\n```sh\necho never\n```",
        "<!-- test: as 1 -> 2 -->\n```sh\ntrue\n```",
    ],
)
def test_what_is_not_so_is_told_with_page_and_line(block: str, tmp_path: Path) -> None:
    with pytest.raises(Untrue, match=r"^p\.md:\d+"):
        play(block + "\n", tmp_path)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ('```toml\n[callboard.risk]\ncooldown = "long"\n```', "unknown key"),
        ("```toml\nwings = 2\n```", "nobody reads a file with wings"),
        ('```json lines\n{"signal": "UP"}\n```', "signal"),
        ("```text\ncallboard dance\n```", "is no command"),
        ("```text\nsome words\n```", "is no usage line"),
    ],
)
def test_what_its_reader_refuses_is_told(block: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=re.escape(reason)) as refused:
        play(block + "\n", tmp_path)

    assert any("p.md:1" in note for note in refused.value.__notes__)


@pytest.mark.parametrize(
    "text",
    [
        "<!-- test: dance -->\n```sh\n```\n",
        "<!-- test: slow -->\nwords\n",
        "<!-- test: slow -->\n",
        "```yaml\na: 1\n```\n",
        "  ```sh\n  true\n  ```\n",
    ],
)
def test_a_word_or_a_block_that_nobody_knows_is_a_fault(text: str) -> None:
    with pytest.raises(ValueError, match=r"^p\.md"):
        list(blocks_of("p.md", text))


def test_a_command_that_stays_is_there_for_the_next_block_and_stopped_at_the_end(
    tmp_path: Path,
) -> None:
    play(
        "<!-- test: stays ready -->\n"
        "```sh\necho $$ > pid; echo ready; exec sleep 600\n```\n"
        "```sh\nkill -0 $(cat pid)\n```\n",
        tmp_path,
    )

    pid = (tmp_path / "pid").read_text().strip()
    assert not Path(f"/proc/{pid}/cmdline").exists()


def test_a_port_is_a_free_one_in_this_block_and_in_all_later_ones(tmp_path: Path) -> None:
    play(
        "<!-- test: port 8080 PORT -->\n```sh\ntest 8080 = $PORT; test 8080 -ge 20000\n```\n"
        "```sh\ntest 8080 = $PORT\n```\n",
        tmp_path,
    )


@pytest.mark.parametrize(
    ("shown", "printed", "is_so"),
    [
        ("a … c\n", "a b c\n", True),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n…\n", "a\n", True),
        ("a\n", "a\nb\n", False),
        ("b\n", "a\nb\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_dots_stand_for_what_varies(shown: str, printed: str, is_so: bool) -> None:
    assert is_so == is_as_shown(shown, printed)
