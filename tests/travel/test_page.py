"""Page: one file with the life of every order, which asks nothing of any network."""

import re
import shutil
import subprocess
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.journal_commands import open_journal
from callboard.actors.adapters.travel.page import page
from callboard.actors.adapters.travel.trail import Trail, Verdict
from callboard.actors.adapters.travel.trail_collector import collected
from callboard.actors.system import make_codec
from callboard.messages.codec import loads
from callboard.messages.values import OrderState
from support.command_line import invoke
from support.runs import recorded_run

EVIL = "</script><script>alert(1)</script>&lt;<!--\u2028{{script}}"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Reader(HTMLParser):
    """Collects elements with their attributes, and the text of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        self.elements.append((tag, attributes))
        self._within = attributes.get("id") or tag

    def handle_endtag(self, tag: str) -> None:
        self._within = f"after {tag}"

    def handle_data(self, data: str) -> None:
        self.texts[self._within] = self.texts.get(self._within, "") + data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def data_of(text: str) -> dict[str, Any]:
    data: dict[str, Any] = loads(read(text).texts["data"])
    return data


@cache
def trails() -> list[Trail]:
    return collected(open_journal(recorded_run()), make_codec())


@cache
def whole() -> str:
    return page(trails(), title="Orders", run="a run")


def test_every_order_is_there_with_all_its_steps() -> None:
    data = data_of(whole())

    assert [trail.name for trail in trails()] == [order["name"] for order in data["orders"]]
    for trail, order in zip(trails(), data["orders"], strict=True):
        assert [entry.sequence for entry in trail.entries] == [each[0] for each in order["steps"]]
        assert [entry.message for entry in trail.entries] == [
            data["words"][each[4]] for each in order["steps"]
        ]
        assert (len(trail.wires), len(trail.moves)) == (len(order["wires"]), len(order["moves"]))


def test_nothing_in_the_file_refers_to_anything_outside() -> None:
    reader = read(whole())
    style, script = reader.texts["style"], reader.texts["script"]

    references = [
        value
        for _, attributes in reader.elements
        for key, value in attributes.items()
        if key in ("src", "href", "action", "data", "srcset", "poster")
    ]
    assert ["data:,"] == references
    assert not re.search(r"url\(|@import", style)
    assert {"http://www.w3.org/2000/svg"} == set(re.findall(r"https?://[^\"']+", script))
    assert not re.search(
        r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import)\b", script
    )


def test_the_policy_allows_its_own_script_and_style_and_no_request() -> None:
    reader = read(whole())

    (policy,) = [
        attributes["content"]
        for _, attributes in reader.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]

    assert policy.startswith("default-src 'none';")
    for name in ("style", "script"):
        digest = b64encode(sha256(reader.texts[name].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_what_a_message_says_cannot_become_markup() -> None:
    trail = trails()[0]
    evil = evolve(trail, name=EVIL, entries=[evolve(trail.entries[0], text=EVIL, error=EVIL)])

    text = page([evil], title=EVIL, run=EVIL)

    data = data_of(text)
    names = [element for element, _ in read(text).elements]
    assert (EVIL, EVIL) == (data["orders"][0]["name"], data["run"])
    assert EVIL in data["words"]
    assert [element for element, _ in read(whole()).elements] == names
    assert "alert(1)</script>" not in text


def test_the_page_never_makes_markup_of_a_text() -> None:
    script = read(whole()).texts["script"]

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)


def test_the_page_knows_every_state_and_every_verdict() -> None:
    script = read(whole()).texts["script"]

    for word in (*Verdict, *OrderState):
        assert re.search(rf'"?{word}"?: ', script), word


def test_a_word_stands_once_however_often_it_is_said() -> None:
    words = data_of(whole())["words"]

    assert len(words) == len(set(words))
    assert len(page(trails() * 20, title="", run="")) < 15 * len(whole())


def test_a_run_without_orders_gives_a_page_too() -> None:
    assert [] == data_of(page([], title="", run=""))["orders"]


def test_the_command_writes_one_file(tmp_path: Path) -> None:
    path = tmp_path / "orders.html"

    result = invoke("replay", recorded_run(), "--html", path)
    plain = loads(invoke("replay", recorded_run(), "--html", path, "--json").stdout)

    assert Exit.OK == result.exit_code
    assert f"{path}: {len(trails())} orders" in result.stdout
    assert [trail.name for trail in trails()] == [
        order["name"] for order in data_of(path.read_text(encoding="utf-8"))["orders"]
    ]
    assert (str(path), path.stat().st_size) == (plain["to"], plain["bytes"])


def test_the_command_names_a_folder_that_is_not_there(tmp_path: Path) -> None:
    result = invoke("replay", recorded_run(), "--html", tmp_path / "no" / "orders.html")
    both = invoke("replay", recorded_run(), "--html", tmp_path / "o.html", "--until", 5)

    assert Exit.FAILED == result.exit_code
    assert "orders.html" in result.stderr
    assert Exit.USAGE == both.exit_code


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_browser_draws_the_timeline_of_the_order_in_the_address(tmp_path: Path) -> None:
    path = tmp_path / "orders.html"
    path.write_text(whole(), encoding="utf-8")
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    words += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"

    done = subprocess.run(
        [str(CHROMIUM), *words, profile, "--dump-dom", f"{path.as_uri()}#cb1-1-e1"],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )

    drawn = read(done.stdout)
    classes = [attributes.get("class", "") for _, attributes in drawn.elements]
    trail = next(trail for trail in trails() if trail.name == "cb1-1-e1")
    steps = [each for each in classes if each.split(" ")[0] == "step"]
    assert "cb1-1-e1" in done.stdout.partition("<article")[2]
    assert len(trail.entries) == len(steps)
    assert len(trails()) <= sum(each == "row" for each in classes) + 20
