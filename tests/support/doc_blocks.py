"""DocBlocks: a page's code blocks, and the words that say how a test runs them.

Every block of README.md and docs/*.md is run, or read by the reader whose input it is:

    sh               the lines are one script of a shell in the page's own scratch folder
    console          each line after "$ " is a command; what stands below is what it prints
    python           a program
    toml, json,      read by the reader of the engine to which its first key belongs; a line of
    json lines       `json lines` is a signal
    text             a usage line that begins with "callboard", or see `output`
    mermaid          a picture: see `not run`

The blocks of a page run in their order and share the folder, so that one may use what another
wrote. A word in a comment right above a block, `<!-- test: WORD -->`, changes that:

    given COMMAND    COMMAND is run before it: what the page takes for granted
    file NAME        the block becomes the file NAME in the folder; a program is then not run
    output           the block is what the block before it printed
    fails [CODE]     its last command ends with CODE, by default 1
    stays TEXT       its command goes on, as in a terminal of its own, once it has printed TEXT;
                     it is stopped at the page's end
    as OLD -> NEW    OLD is replaced by NEW in it: a shorter run of the same command
    port N [NAME]    N is a free port instead, here and in all later blocks; the variable NAME is
                     set to it
    slow             it is run only where CALLBOARD_DOCS is `slow`
    not run: REASON  it cannot run here, and why

In what is printed, `…` stands for any text of a line, and a line of `…` for any lines. A word that
is not in this list, or that stands above no block, is a fault that names page and line.
"""

import re
from collections.abc import Iterator

from attrs import frozen

import source_tree as project

WORDS = ("given", "file", "output", "fails", "stays", "as", "port", "slow", "not run:")
LANGUAGES = ("sh", "console", "python", "toml", "json", "json lines", "text", "mermaid")
_COMMENT = re.compile(r"<!-- test: (.*?) -->")
_WORD = re.compile(rf"({'|'.join(WORDS)})(?:\s+(.*))?", re.DOTALL)


@frozen
class Block:
    """One code block; `line` is where its fence stands, `words` are those of its comments."""

    page: str
    line: int
    language: str
    body: str
    words: dict[str, tuple[str, ...]]

    def says(self, word: str) -> bool:
        """True where a comment above the block has the word."""
        return word in self.words

    def said(self, word: str) -> str:
        """Return what follows a word, empty where it is not there."""
        return self.words.get(word, ("",))[0]

    @property
    def where(self) -> str:
        """Page and line, as an editor takes them."""
        return f"{self.page}:{self.line}"


@frozen
class Page:
    """A Markdown page; `name` is its path below the root."""

    name: str
    text: str
    blocks: tuple[Block, ...]

    @property
    def prose(self) -> str:
        """The text without its blocks."""
        return re.sub(r"^```.*?^```$", "", self.text, flags=re.DOTALL | re.MULTILINE)


def page_names() -> tuple[str, ...]:
    """Return README.md and every page of docs."""
    docs = (path.relative_to(project.ROOT) for path in (project.ROOT / "docs").rglob("*.md"))
    return ("README.md", *sorted(path.as_posix() for path in docs))


def read_page(name: str) -> Page:
    """Return a page; raises `ValueError` for a word or a language that nobody knows."""
    text = (project.ROOT / name).read_text(encoding="utf-8")
    return Page(name, text, tuple(blocks_of(name, text)))


def blocks_of(name: str, text: str) -> Iterator[Block]:
    """Yield the code blocks of a text, each with the words right above it."""
    words: dict[str, tuple[str, ...]] = {}
    lines = iter(enumerate(text.splitlines(keepends=True), start=1))
    for number, line in lines:
        where = f"{name}:{number}"
        if line.startswith("```"):
            body = "".join(_until_the_fence(lines))
            yield Block(name, number, _language(line, where), body, words)
            words = {}
        elif found := _COMMENT.fullmatch(line.strip()):
            word, rest = _word(found[1], where)
            words[word] = (*words.get(word, ()), rest)
        elif "<!-- test" in line or line.lstrip().startswith("```"):
            raise ValueError(f"{where}: neither a block nor a word of its own line")
        elif line.strip() and words:
            raise ValueError(f"{where}: {', '.join(words)} stands above no block")
    if words:
        raise ValueError(f"{name}: {', '.join(words)} stands above no block")


def _until_the_fence(lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, line in lines:
        if line.rstrip() == "```":
            return
        yield line
    raise ValueError("a block without end")


def _language(fence: str, where: str) -> str:
    language = fence[3:].strip()
    if language not in LANGUAGES:
        raise ValueError(f"{where}: {language!r} is none of {', '.join(LANGUAGES)}")
    return language


def _word(text: str, where: str) -> tuple[str, str]:
    found = _WORD.fullmatch(text)
    if found is None:
        raise ValueError(f"{where}: {text!r} begins with none of {', '.join(WORDS)}")
    return found[1], (found[2] or "").strip()
