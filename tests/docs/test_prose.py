"""Prose: every link, file, command and setting that a page names is there."""

import re
import subprocess
import tomllib

import pytest

import source_tree as project
from callboard.actors.adapters.config_fields import fields, sections
from callboard.messages.topics import EVENT_NAMES
from support.doc_blocks import Page, page_names, read_page
from support.doc_readers import PROGRAM, check_usage

NAMES = page_names()
INDEX = "docs/README.md"
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FOLDERS = "|".join((*project.INSIDE, *project.OUTSIDE, "docs", "deploy"))
FILE = re.compile(rf"(?:{FOLDERS})/[\w/.-]*")


def code_of(name: str) -> list[str]:
    return CODE.findall(read_page(name).prose)


def links_of(page: Page) -> list[str]:
    return [link for link in LINK.findall(page.prose) if "://" not in link]


def anchors_of(name: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", read_page(name).prose, re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def target_of(page: Page, link: str) -> str:
    """Return what a link names, as a path below the root."""
    path = link.partition("#")[0]
    base = (project.ROOT / page.name).parent
    return (base / path).resolve().relative_to(project.ROOT).as_posix() if path else page.name


@pytest.mark.parametrize("name", NAMES)
def test_no_link_is_broken(name: str) -> None:
    page = read_page(name)

    for link in links_of(page):
        target, anchor = target_of(page, link), link.partition("#")[2]
        assert (project.ROOT / target).exists(), link
        assert not anchor or anchor in anchors_of(target), link


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_it_names_is_there(name: str) -> None:
    named = [code for code in code_of(name) if FILE.fullmatch(code)]

    assert [] == [path for path in named if not (project.ROOT / path).exists()]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_that_it_names_takes_these_options(name: str) -> None:
    for code in code_of(name):
        if code.startswith(f"{PROGRAM} "):
            check_usage(code)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_that_it_names_is_one(name: str) -> None:
    named = [code for code in code_of(name) if re.fullmatch(r"[a-z]+\.[a-z_0-9]+", code)]
    ours = [code for code in named if code.partition(".")[0] in sections()]

    assert [] == [key for key in ours if key not in fields() and key not in EVENT_NAMES]


def test_every_dev_command_that_a_page_names_is_one() -> None:
    said = subprocess.run(
        [project.ROOT / "dev", "help"], capture_output=True, text=True, check=True
    ).stdout
    named = {
        word for name in NAMES for word in re.findall(r"\./dev ([a-z]+)", read_page(name).text)
    }

    assert [] == sorted(word for word in named if f"\n  {word} " not in said)


def test_the_versions_that_it_runs_with_are_those_that_it_asks_for() -> None:
    project_table = tomllib.loads((project.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    told = read_page("docs/compatibility.md").text
    asked = [*project_table["dependencies"]]
    for extra in re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE):
        asked += project_table["optional-dependencies"][extra]

    split = [re.fullmatch(r"([\w-]+)(?:\[\w+\])?(.+)", each) for each in asked]
    lines = [f"{found[1]} {found[2]}" for found in split if found is not None]
    plain = re.sub(r"[`|]", "", told)

    assert len(asked) == len(lines)
    assert [] == [line for line in lines if line not in " ".join(plain.split())]


def test_a_command_that_is_none_and_an_option_that_is_none_are_found() -> None:
    for line in ("callboard dance D", "callboard run --wings"):
        with pytest.raises(ValueError, match="callboard"):
            check_usage(line)


def test_every_page_is_reached_from_the_index() -> None:
    reached, waiting = {"README.md"}, [INDEX]
    while waiting:
        name = waiting.pop()
        if name not in reached and name in NAMES:
            reached.add(name)
            page = read_page(name)
            waiting += [target_of(page, link) for link in links_of(page)]

    assert [] == sorted(set(NAMES) - reached)
    assert INDEX in {
        target_of(read_page("README.md"), each) for each in links_of(read_page("README.md"))
    }
