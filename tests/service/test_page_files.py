"""Page files: the dashboard asks nobody else, and misses no file of its own."""

import re
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

PAGE = Path(str(files("callboard.actors.adapters.http") / "page"))
VENDOR = PAGE / "vendor"
OURS = sorted(path for path in PAGE.iterdir() if path.is_file())
SCRIPTS = [path for path in OURS if path.suffix == ".js"]
NAMESPACE = "http://www.w3.org/2000/svg"


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.inline = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {key: value or "" for key, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] in ("script", "style"):
            self.inline += data.strip()


def elements() -> Elements:
    reader = Elements()
    reader.feed((PAGE / "index.html").read_text(encoding="utf-8"))
    return reader


def test_the_page_holds_no_inline_script_style_or_handler() -> None:
    page = elements()

    names = [name for _, attributes in page.found for name in attributes]
    assert "" == page.inline
    assert [] == [name for name in names if name == "style" or name.startswith("on")]
    assert "style" not in [tag for tag, _ in page.found]


def test_every_file_that_the_page_names_is_its_own_and_is_there() -> None:
    named = [
        attributes.get("src") or attributes["href"]
        for tag, attributes in elements().found
        if tag in ("script", "link")
    ]

    assert [] == [name for name in named if not name.startswith("/static/")]
    assert [] == [name for name in named if not (PAGE / name.removeprefix("/static/")).is_file()]


def test_every_import_of_a_module_leads_to_a_file_and_to_a_name_that_it_exports() -> None:
    lost: list[str] = []
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        for names, target in re.findall(r"^import (.+) from \"(.+)\";$", text, re.MULTILINE):
            source = (PAGE / target).read_text(encoding="utf-8")
            wanted = re.findall(r"\w+", names) if names.startswith("{") else []
            for name in wanted:
                exported = (
                    rf"^export (async )?(const|class|function) {name}\b|^export {{.*\b{name}\b"
                )
                if not re.search(exported, source, re.MULTILINE):
                    lost.append(f"{script.name}: {name} of {target}")

    assert [] == lost


def test_every_element_that_a_script_asks_for_by_its_id_is_in_the_page() -> None:
    there = {attributes["id"] for _, attributes in elements().found if "id" in attributes}

    asked = {
        name
        for script in SCRIPTS
        for name in re.findall(r"byId\(\"([\w-]+)\"\)", script.read_text(encoding="utf-8"))
    }

    assert set() == asked - there


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_file_names_a_place_outside_or_writes_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace(NAMESPACE, "")

    assert [] == re.findall(r"https?://\S+|//[a-z]+\.[a-z]+", text)
    assert [] == re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    assert len(text.splitlines()) <= 400


def test_the_vendored_files_are_those_of_the_list() -> None:
    rows = re.findall(r"^\| `(\S+)` .* `([0-9a-f]{64})` \|$", listed(), re.MULTILINE)

    kept = {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.suffix in (".js", ".css")
    }

    assert kept == dict(rows)
    assert "MIT License" in (VENDOR / "uPlot.LICENSE").read_text(encoding="utf-8")


def listed() -> str:
    return (VENDOR / "VENDORED.md").read_text(encoding="utf-8")
